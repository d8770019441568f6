import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Copy } from './copy';
import { drawMutants, type Mutant } from './draw';
import { Judge } from './judge';
import { importersOf } from './near-tests';
import { typeCheck } from './type-check';
import { beforeProcessEnds } from '../../lib/local/process/process-end';
import { seededRandom } from '../../lib/testing/random';
import { ROOMS } from '../../projenrc/rooms';
import checkCompiled from '../compiled';

/** Of a hundred mutants, how many the tests must notice. */
const TARGET = 92;

const ROOT = join(__dirname, '..', '..');

interface Trial {
  readonly mutant: Mutant;
  /** How it was noticed, in words; undefined if it survived. */
  readonly killed: string | undefined;
}

const given = new Command('npm run mutants --')
  .description('Shows how much of the code the tests hold. It changes one place after another of a random sample, each in a copy of the project, and runs '
    + 'the tests near it, until one fails that passes without the change. Stop it with Ctrl+C to have the score of those tried so far.')
  .option('--count <n>', 'how many places', wholeNumber, 100)
  .addOption(new Option('--seed <n>', 'draws the same sample again').argParser(wholeNumber).default(Math.floor(Math.random() * 1e9), 'a new one'))
  .addOption(new Option('--room <names...>', 'draws from these folders of lib/ only').choices(Object.keys(ROOMS)).default(Object.keys(ROOMS), 'all'))
  .option('--list', 'prints the sample and runs nothing')
  .parse()
  .opts<{ readonly count: number; readonly seed: number; readonly room: readonly string[]; readonly list?: boolean }>();

void main();

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

async function main(): Promise<void> {
  checkCompiled();
  console.log(`${given.count} mutants of ${given.room.join(', ')}, seed ${given.seed}`);
  const sample = take(given.count, drawMutants(ROOT, given.room, seededRandom(given.seed), typeCheck(ROOT, importersOf)));
  if (given.list) {
    for (const mutant of sample) {
      console.log(placeOf(mutant));
    }
    return;
  }
  const folder = newFolder();
  const copies: Copy[] = [];
  const trials: Trial[] = [];
  const judge = new Judge(ROOT);
  beforeProcessEnds(() => {
    copies.forEach((copy) => copy.kill());
    report(trials, judge.unreliable);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  for (let at = 0; at < availableParallelism(); at++) {
    copies.push(new Copy(ROOT, join(folder, `${at}`)));
  }
  await tryAll(sample, copies, judge, trials);
  await Promise.all(copies.map((copy) => copy.end()));
}

/** The same each time unless another run has it: jest's cache of what it has compiled knows files by their paths. */
function newFolder(): string {
  for (let at = 0; ; at++) {
    const folder = join(tmpdir(), `dynamo-stream-trigger-mutants-${at}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
  }
}

/**
 * @param sample is drawn from as it is tried: to check whether a mutant compiles takes a second
 * @param trials what has been tried: it grows
 */
async function tryAll(sample: Iterator<Mutant>, copies: readonly Copy[], judge: Judge, trials: Trial[]): Promise<void> {
  await Promise.all(copies.map(async (copy) => {
    for (let drawn = sample.next(); !drawn.done; drawn = sample.next()) {
      const mutant = drawn.value;
      const trial = { mutant, killed: await judge.noticed(copy, mutant) };
      trials.push(trial);
      const killed = trials.filter((one) => one.killed !== undefined).length;
      console.log(`${killed} of ${trials.length}. ${placeOf(mutant)}: ${trial.killed ?? `SURVIVED
- ${mutant.before}
+ ${mutant.after}`}`);
    }
  }));
}

function* take<T>(count: number, all: Iterable<T>): Generator<T> {
  for (const one of all) {
    if (count-- > 0) {
      yield one;
    } else {
      return;
    }
  }
}

function placeOf({ kind, file, line }: Mutant): string {
  return `${file}:${line} ${kind}`;
}

function report(trials: readonly Trial[], unreliable: ReadonlySet<string>): void {
  const survivors = trials.filter((trial) => trial.killed === undefined);
  for (const { mutant } of survivors) {
    console.log(`\nSURVIVED ${placeOf(mutant)}\n- ${mutant.before}\n+ ${mutant.after}`);
  }
  console.log('');
  for (const by of ['room', 'kind'] as const) {
    for (const name of new Set(trials.map(({ mutant }) => mutant[by]))) {
      console.log(score(name, trials.filter(({ mutant }) => mutant[by] === name)));
    }
  }
  console.log(score(`seed ${given.seed}`, trials));
  if (unreliable.size > 0) {
    console.log(`These tests failed without a mutant, so their failures do not count. Mend them.\n${[...unreliable].join('\n')}`);
  }
  process.exitCode = trials.length === 0 || unreliable.size > 0 || survivors.length > trials.length * (1 - TARGET / 100) ? 1 : 0;
}

function score(name: string, trials: readonly Trial[]): string {
  const noticed = trials.filter((trial) => trial.killed !== undefined);
  const hangs = noticed.filter((trial) => trial.killed!.startsWith('hang'));
  return `${name}: killed ${noticed.length} of ${trials.length}${hangs.length === 0 ? '' : `, ${hangs.length} by a hang`}`;
}
