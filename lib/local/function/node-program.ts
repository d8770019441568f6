import { spawnSync } from 'node:child_process';
import type { LambdaFunction } from '../assembly/app';
import { LocalRunError } from '../errors';

/** The Node.js that runs the functions. */
export interface NodeProgram {
  readonly path: string;
  /** Such as `20.20.2`. */
  readonly version: string;
}

/** @throws LocalRunError NO_NODE */
export function nodeProgram(path = process.execPath): NodeProgram {
  const { error, status, stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  const version = stdout?.trim() ?? '';
  if (error || status !== 0 || !/^\d+\.\d+\.\d+/.test(version)) {
    const problem = error?.message ?? `\`${path} -p process.versions.node\` prints ${JSON.stringify(version)} and exits with ${status}`;
    throw new LocalRunError('NO_NODE', `${path} is not Node.js: ${problem}.\nGive the path of the program itself to --node, such as /usr/local/bin/node.`);
  }
  return { path, version };
}

/** The warning for a function that runs on a newer Node.js on AWS than here; undefined for others. */
export function versionWarning({ version }: NodeProgram, { path, runtime }: LambdaFunction): string | undefined {
  const wanted = Number(/^nodejs(\d+)/.exec(runtime)?.[1]);
  return wanted > Number.parseInt(version)
    ? `${path} runs on Node.js ${wanted} on AWS but on ${version} here, where newer features fail. Choose another one with --node.`
    : undefined;
}
