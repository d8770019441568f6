import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

const DONE = 'the command has ended with';
/** Reads commands from descriptor 3, so that none of them can read the next one. Ctrl-C ends a command, and not the shell. */
const SHELL = `trap : INT; while IFS= read -r line <&3; do eval "$line" </dev/null; echo "${DONE} $?"; done`;

/** A shell in which one command is typed after another. */
export class Terminal {
  private readonly shell: ChildProcess;
  private text = '';
  private typed = 0;

  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.shell = spawn('bash', ['-c', SHELL], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.shell.stdout!, this.shell.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.text += stripVTControlCharacters(text);
      });
    }
  }

  /** What was printed since the last command was typed, or Ctrl-C was pressed. */
  get output(): string {
    return this.text.slice(this.typed);
  }

  /** What was printed from the start. */
  get all(): string {
    return this.text;
  }

  type(line: string): void {
    this.typed = this.text.length;
    (this.shell.stdio[3] as Writable).write(`${line}\n`);
  }

  /** Ctrl-C: a signal to whatever runs in the foreground. */
  interrupt(): void {
    this.typed = this.text.length;
    process.kill(-this.shell.pid!, 'SIGINT');
  }

  /** How the command ended. */
  async ended(within: number): Promise<number> {
    const pattern = new RegExp(`^${DONE} (\\d+)$`, 'm');
    await this.until(() => pattern.test(this.output), within);
    return Number(pattern.exec(this.output)?.[1] ?? NaN);
  }

  async until(condition: () => boolean, within: number): Promise<boolean> {
    for (const end = Date.now() + within; !condition() && Date.now() < end;) {
      await setTimeout(50);
    }
    return condition();
  }

  /** Ends the shell, and with it all that was started in it. */
  close(): void {
    try {
      process.kill(-this.shell.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}
