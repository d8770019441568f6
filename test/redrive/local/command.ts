import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { REDRIVE_VARIABLE, type RedriveFacts } from '../../../lib/stream/boundary';

const BUILD = resolve(__dirname, '..', '..', '..', 'build');
const COMMAND = resolve(BUILD, 'bin', 'dynamo-stream-trigger.js');
const FUNCTION = resolve(BUILD, 'redrive', 'function.lambda.bundle', 'index.js');

/** The command line, started as a user starts it. */
export class RedriveCommand {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  private readonly closed: Promise<unknown[]>;

  constructor(args: readonly string[], variables: NodeJS.ProcessEnv, cwd?: string) {
    this.child = spawn(process.execPath, [COMMAND, 'redrive', ...args], { cwd, env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.closed = once(this.child, 'close');
    this.child.stdout!.on('data', (text) => this.stdout += text);
    this.child.stderr!.on('data', (text) => this.stderr += text);
  }

  /** Its exit code; null: it was killed. */
  async end(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  /** The last object that it printed with --json. */
  get summary(): any {
    return JSON.parse(this.stdout.trim().split('\n').at(-1)!);
  }
}

/** The function of a `StreamRedrive`, as the construct deploys it. */
export class RedriveFunction {
  constructor(private readonly facts: RedriveFacts, private readonly variables: NodeJS.ProcessEnv) {}

  /** What it logs, if it has so many milliseconds. */
  async invoke(remaining = 900_000): Promise<any> {
    const code = `require(${JSON.stringify(FUNCTION)}).handler(undefined, { getRemainingTimeInMillis: () => ${remaining} })`;
    const env = { ...process.env, ...this.variables, [REDRIVE_VARIABLE]: JSON.stringify(this.facts) };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], { env });
    return JSON.parse(stdout);
  }
}
