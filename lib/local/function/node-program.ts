import { spawnSync } from 'node:child_process';
import type { LambdaFunction } from '../assembly/app';
import { NodeProgramError } from '../errors';

/** The Node.js that runs the functions. */
export interface NodeProgram {
  readonly path: string;
  /** Such as `20.20.2`. */
  readonly version: string;
}

/** @throws NodeProgramError */
export function nodeProgram(path = process.execPath): NodeProgram {
  const { error, status, stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  const version = stdout?.trim() ?? '';
  if (error || status !== 0 || !/^\d+\.\d+\.\d+/.test(version)) {
    const problem = error?.message ?? `\`${path} -p process.versions.node\` prints ${JSON.stringify(version)} and exits with ${status}`;
    throw new NodeProgramError(`${path} is no Node.js: ${problem}.\nName the program itself with --node, such as /usr/local/bin/node.`);
  }
  return { path, version };
}

/** What a function should know that runs on a newer Node.js on AWS than here; undefined if it does not. */
export function versionWarning({ version }: NodeProgram, { path, runtime }: LambdaFunction): string | undefined {
  const wanted = Number(/^nodejs(\d+)/.exec(runtime)?.[1]);
  return wanted > Number.parseInt(version)
    ? `${path} runs on Node.js ${wanted} on AWS and on ${version} here, where what is newer fails. --node PATH runs it on another one.`
    : undefined;
}
