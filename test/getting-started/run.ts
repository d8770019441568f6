/**
 * Does what the getting-started pages say, as it is typed there: in an empty folder, with nothing but the packed package.
 *
 *     npm run getting-started                  # in every language
 *     npm run getting-started -- python        # in one
 *
 * The project must be compiled. npm and pip fetch what the pages install.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isPrinted, type Step, stepsOf } from './page';
import { Terminal } from './terminal';

const ROOT = join(__dirname, '..', '..');
/** Of commands that install, on a slow network. */
const PATIENCE = 600_000;
/** Of what a command that goes on prints. */
const WAIT = 120_000;

/** The pages, and how each one's package is packed into a folder as it is in a clone. */
export const PAGES: Readonly<Record<string, { readonly page: string; readonly pack: (clone: string) => void }>> = {
  typescript: {
    page: 'docs/getting-started.md',
    pack: (clone) => execute('npm', 'pack', '--silent', '--pack-destination', clone),
  },
  python: {
    page: 'docs/getting-started-python.md',
    pack: (clone) => execute('npx', 'jsii-pacmak', '--target', 'python', '--outdir', join(clone, 'dist')),
  },
};

async function main(languages: readonly string[]): Promise<void> {
  const unknown = languages.filter((language) => !(language in PAGES));
  if (unknown.length > 0) {
    throw new Error(`There is no page for ${unknown.join(', ')}. There are pages for ${Object.keys(PAGES).join(', ')}.`);
  }
  for (const language of languages.length > 0 ? languages : Object.keys(PAGES)) {
    const { page, pack } = PAGES[language];
    const folder = mkdtempSync(join(tmpdir(), 'getting-started-'));
    try {
      const clone = join(folder, 'dynamo-stream-trigger');
      mkdirSync(clone);
      pack(clone);
      console.log(`\n${page}`);
      const started = Date.now();
      await new Reader(folder).follow(stepsOf(readFileSync(join(ROOT, page), 'utf8')));
      console.log(`${page}: works, in ${((Date.now() - started) / 60_000).toFixed(1)} minutes`);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** Somebody who follows a page, in one terminal, and in a second one while the first is busy. */
class Reader {
  private readonly terminals: Terminal[];
  private project: string;
  /** The last command, and when it was typed. */
  private last = { line: '', at: 0 };

  constructor(folder: string) {
    this.project = folder;
    this.terminals = [new Terminal(folder, cleanEnvironment())];
  }

  async follow(steps: readonly Step[]): Promise<void> {
    try {
      for (const step of steps) {
        await this.do(step);
      }
    } finally {
      this.terminals.forEach((terminal) => terminal.close());
    }
  }

  private async do(step: Step): Promise<void> {
    if (step.kind === 'file') {
      mkdirSync(dirname(join(this.project, step.path)), { recursive: true });
      writeFileSync(join(this.project, step.path), step.content);
    } else if (step.kind === 'output') {
      await this.sees(step.lines);
    } else if (/^export \S+…$/.test(step.line)) {
      await this.copy(step.line.slice(0, -1));
    } else {
      await this.run(step.line, step.exitCode);
    }
  }

  private async run(line: string, exitCode: number): Promise<void> {
    const terminal = this.terminals.at(-1)!;
    this.last = { line, at: Date.now() };
    terminal.type(line);
    if (/^(npx )?dynamo-stream-trigger local$/.test(line)) {
      this.terminals.push(new Terminal(this.project, cleanEnvironment()));
      return;
    }
    const ended = await terminal.ended(PATIENCE);
    console.log(`${((Date.now() - this.last.at) / 1000).toFixed(1).padStart(7)} s  ${line}`);
    if (ended !== exitCode) {
      throw new Error(`${line}\nended with ${ended}, and the page says ${exitCode}:\n${terminal.output}`);
    }
    const entered = /^cd (\S+)$/.exec(line)?.[1];
    this.project = entered ? join(this.project, entered) : this.project;
  }

  /** Pastes the lines that begin so from the first terminal into the second. */
  private async copy(beginning: string): Promise<void> {
    for (const line of this.terminals[0].all.split('\n').filter((printed) => printed.startsWith(beginning))) {
      await this.run(line, 0);
    }
  }

  private async sees(lines: readonly string[]): Promise<void> {
    const [first] = this.terminals;
    const isInterrupt = lines[0] === '^C';
    if (isInterrupt) {
      first.interrupt();
    }
    const expected = isInterrupt ? lines.slice(1) : lines;
    const isThere = () => this.terminals.some(({ output }) => isPrinted(expected, output));
    if (!await first.until(isThere, WAIT)) {
      throw new Error(`After ${this.last.line}, the page says\n${lines.join('\n')}\nThe terminals say\n${this.terminals.map(({ output }) => output).join('\n---\n')}`);
    }
    const ended = isInterrupt ? await first.ended(WAIT) : 0;
    // npx ends with the signal, whatever its command ends with.
    if (ended !== 0 && ended !== 130) {
      throw new Error(`After Ctrl-C, the first terminal's command ended with ${ended}.`);
    }
    console.log(`${((Date.now() - this.last.at) / 1000).toFixed(1).padStart(7)} s  … ${lines.at(-1)!.slice(0, 80)}`);
  }
}

/** That of somebody who has neither this project nor AWS credentials, answers npx with yes, and has a Node.js that nobody warns about. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|AWS_|CDK_|JSII_|NODE_|INIT_CWD|VIRTUAL_ENV)/.test(name));
  return {
    ...Object.fromEntries(own),
    PATH: process.env.PATH!.split(delimiter).filter((entry) => !entry.includes('node_modules')).join(delimiter),
    npm_config_yes: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20',
  };
}

function execute(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
