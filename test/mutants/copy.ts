import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TestFile, TestOutcome } from './jest-process';
import { compiled } from './type-check';
import { killGroup } from '../../lib/local/process/children';

/** A test that ends the process, or does not end, has failed too. */
export type Outcome = TestOutcome | 'process ended' | 'hang';

/** How often jest gets a new process: each test file leaves something in it. */
const TESTS_OF_A_PROCESS = 30;

/** A copy of the project in a folder of its own, in which a file can be changed and tests be run. */
export class Copy {
  private readonly root: string;
  private readonly temporary: string;
  private jest: ChildProcess | undefined;
  private tests = 0;
  private changed: { readonly file: string; readonly original: string } | undefined;
  private bundled = true;

  /**
   * @param project the project that is copied as it lies there, what is compiled included
   * @param folder a new folder, for the copy and what its tests write
   */
  constructor(project: string, folder: string) {
    this.root = join(folder, 'project');
    this.temporary = join(folder, 'temporary');
    mkdirSync(this.temporary, { recursive: true });
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
    this.changed = { file, original: readFileSync(join(this.root, file), 'utf8') };
    this.write(file, text);
  }

  undo(): void {
    if (this.changed !== undefined) {
      this.write(this.changed.file, this.changed.original);
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
    const over = new AbortController();
    const { signal } = over;
    jest.send(test);
    const outcome = await Promise.race<Outcome>([
      once(jest, 'message', { signal }).then(([answer]) => answer),
      once(jest, 'exit', { signal }).then(() => 'process ended' as const),
      setTimeout(patience, 'hang' as const, { signal }),
    ]);
    over.abort();
    if (typeof outcome === 'string') {
      await this.end();
    }
    return outcome;
  }

  /** As kill(), and waits until the process has ended. */
  async end(): Promise<void> {
    const { jest } = this;
    const exit = jest !== undefined && jest.exitCode === null && jest.signalCode === null ? once(jest, 'exit') : undefined;
    this.kill();
    await exit;
  }

  /** Ends jest's process, and what its tests started: some of that is in process groups of its own. */
  kill(): void {
    killGroup(this.jest?.pid);
    this.jest = undefined;
    // A run's folder is named by a process id and the run's own id, which its processes have among their arguments. `find` follows no
    // link: tests link to whole node_modules.
    const runs = execFileSync('find', [this.temporary, '-type', 'd', '-name', '[0-9]*-*-*-*-*-*'], { encoding: 'utf8' }).trim().split('\n');
    runs.filter(Boolean).forEach((folder) => spawnSync('pkill', ['-KILL', '-f', basename(folder).replace(/^\d+-/, 'dynamo-stream-trigger-run=')]));
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
      // As jest's own command sets NODE_ENV. Without it, the CDK wraps the functions of `fs` for good with a counter of its own, which jest
      // cleans away after a test file: every use of `fs` then ends the process.
      env: { ...process.env, NODE_ENV: 'test', TMPDIR: this.temporary },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }
}
