import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const COMMAND = resolve(__dirname, '..', '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');

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
