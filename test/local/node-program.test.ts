import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { LambdaFunction } from '../../lib/local/assembly/app';
import { nodeProgram, versionWarning } from '../../lib/local/function/node-program';
import { folderWith } from '../folder';
import { onLinux } from '../needing';

const WAY_OUT = 'Give the path of the program itself to --node, such as /usr/local/bin/node.';

test('the Node.js that runs this is one', () => {
  expect(nodeProgram()).toEqual({ path: process.execPath, version: process.versions.node });
});

test('a program that is not there is refused', () => {
  expect(() => nodeProgram('/nothing')).toThrow(expect.objectContaining({
    code: 'NO_NODE', message: `/nothing is not Node.js: spawnSync /nothing ENOENT.\n${WAY_OUT}`,
  }));
});

onLinux('a program that is something else is refused, with what it prints', () => {
  for (const [script, prints, exits] of [['echo v1', '"v1"', 0], ['echo 20.1.2; exit 3', '"20.1.2"', 3]]) {
    const path = join(folderWith({ program: `#!/bin/sh\n${script}\n` }), 'program');
    chmodSync(path, 0o755);
    expect(() => nodeProgram(path)).toThrow(`${path} is not Node.js: \`${path} -p process.versions.node\` prints ${prints} and exits with ${exits}.\n${WAY_OUT}`);
  }
});

test.each([['nodejs24.x', true], ['nodejs22.x', false], ['nodejs20.x', false], ['python3.13', false]])('a function on %s is warned about on Node.js 22: %s', (runtime, isWarned) => {
  expect(versionWarning({ path: 'node', version: '22.1.0' }, { path: 'Shop/OnOrder', runtime } as LambdaFunction)).toBe(isWarned
    ? 'Shop/OnOrder runs on Node.js 24 on AWS but on 22.1.0 here, where newer features fail. Choose another one with --node.' : undefined);
});
