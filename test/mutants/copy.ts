import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestFile, TestOutcome } from './jest-process';
import { compiled } from './type-check';

/** A test that ends the process, or does not end, has failed too. */
export type Outcome = TestOutcome | 'process ended' | 'hang';

/** How often jest gets a new process: each test file leaves something in it. */
const TESTS_OF_A_PROCESS = 30;

/** A copy of the project in a folder of its own, in which a file can be changed and tests be run. */
export class Copy {
  private readonly root: string;
  private jest: ChildProcess | undefined;
  private tests = 0;
  private changed: string | undefined;
  private bundled = true;

  /**
   * @param project the project that is copied as it lies there, what is compiled included
   * @param folder an empty folder, for the copy and what its tests write
   */
  constructor(private readonly project: string, private readonly folder: string) {
    this.root = join(folder, 'project');
    mkdirSync(join(folder, 'temporary'));
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: project, encoding: 'utf8' });
    for (const file of [...files.trim().split('\n').filter((name) => existsSync(join(project, name))), 'build', '.jsii']) {
      cpSync(join(project, file), join(this.root, file), { recursive: true });
    }
    symlinkSync(join(project, 'node_modules'), join(this.root, 'node_modules'));
    // What was recorded on AWS, where it is there.
    symlinkSync(join(project, '..', 'shared'), join(folder, 'shared'));
  }

  /** Gives a file another text; the last one that was changed is again as it was. */
  change(file: string, text: string): void {
    this.undo();
    this.changed = file;
    this.write(file, text);
  }

  undo(): void {
    if (this.changed !== undefined) {
      this.write(this.changed, readFileSync(join(this.project, this.changed), 'utf8'));
      this.changed = undefined;
    }
  }

  /** @param patience milliseconds after which the test hangs */
  async run(test: TestFile, patience: number): Promise<Outcome> {
    if (!this.bundled && (test.part === 'local' || test.part === 'package')) {
      this.bundle();
    }
    if (this.tests++ % TESTS_OF_A_PROCESS === 0) {
      await this.end();
    }
    const jest = this.jest ??= this.start();
    const answer = once(jest, 'message').then(([outcome]) => outcome as TestOutcome);
    const ended = once(jest, 'exit').then((): Outcome => 'process ended');
    let timer: NodeJS.Timeout;
    const hang = new Promise<Outcome>((resolve) => timer = setTimeout(resolve, patience, 'hang'));
    jest.send(test);
    const outcome = await Promise.race([answer, ended, hang]).finally(() => clearTimeout(timer));
    if (typeof outcome === 'string') {
      await this.end();
    }
    return outcome;
  }

  /** Ends jest's process, and what its tests started. */
  async end(): Promise<void> {
    const { jest } = this;
    this.jest = undefined;
    if (jest !== undefined && jest.exitCode === null && jest.signalCode === null) {
      const exit = once(jest, 'exit');
      process.kill(-jest.pid!, 'SIGKILL');
      await exit;
    }
  }

  private write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text);
    writeFileSync(join(this.root, file.replace(/^lib\//, 'build/').replace(/\.ts$/, '.js')), compiled(this.root, file));
    this.bundled = false;
  }

  /** What the compile task makes one file of. */
  private bundle(): void {
    const { tasks } = JSON.parse(readFileSync(join(this.root, '.projen', 'tasks.json'), 'utf8'));
    const bundles = tasks.compile.steps.flatMap(({ exec }: { exec?: string }) => exec?.startsWith('esbuild ') ? exec : []);
    execFileSync('npm', ['exec', '--call', bundles.join(' && ')], { cwd: this.root, stdio: 'pipe' });
    this.bundled = true;
  }

  private start(): ChildProcess {
    return fork(join(__dirname, 'jest-process.ts'), {
      cwd: this.root,
      detached: true,
      env: { ...process.env, TMPDIR: join(this.folder, 'temporary') },
      execArgv: [...process.execArgv, '--require', 'ts-node/register/transpile-only'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }
}
