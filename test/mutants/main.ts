import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Copy } from './copy';
import { drawMutants, type Mutant } from './draw';
import { Judge } from './judge';
import { importersOf } from './near-tests';
import { typeCheck } from './type-check';
import { beforeProcessEnds } from '../../lib/local/process/process-end';
import { seededRandom } from '../../lib/testing/random';
import { ROOMS } from '../../projenrc/rooms';
import checkCompiled from '../compiled';

const USAGE = `npm run mutants -- [options]

Shows how much of the code the tests hold. It changes one place after another of a random sample, each in a copy of the project, and runs
the tests near it. Before and after, these tests run without a change: if one fails, there is no score.

  --count <n>    how many places: 100 unless given
  --seed <n>     draws the same sample again: a new one unless given
  --room <name>  draws from this folder of lib/ only; can be repeated
  --list         prints the sample and runs nothing
`;

/** Of a hundred mutants, how many the tests must notice. */
const TARGET = 92;

const ROOT = join(__dirname, '..', '..');

interface Trial {
  readonly mutant: Mutant;
  /** How it was noticed, in words; undefined if it survived. */
  readonly killed: string | undefined;
}

const { values: given } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    room: { type: 'string', multiple: true, default: Object.keys(ROOMS) },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

void (given.help ? console.log(USAGE) : main());

async function main(): Promise<void> {
  checkCompiled();
  console.log(`${given.count} mutants of ${given.room.join(', ')}, seed ${given.seed}`);
  const sample = [...take(Number(given.count), drawMutants(ROOT, given.room, seededRandom(Number(given.seed)), typeCheck(ROOT, importersOf)))];
  if (given.list) {
    sample.forEach((mutant) => console.log(placeOf(mutant)));
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-stream-trigger-mutants-'));
  const copies: Copy[] = [];
  beforeProcessEnds(() => {
    copies.forEach((copy) => copy.kill());
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  for (let at = 0; at < availableParallelism(); at++) {
    copies.push(new Copy(ROOT, join(folder, `${at}`)));
  }
  const judge = new Judge(ROOT);
  console.log('The tests without a mutant, as a control');
  await judge.control(copies, sample);
  const trials = await tryAll(sample, copies, judge);
  console.log('The control again');
  await judge.control(copies, sample);
  await Promise.all(copies.map((copy) => copy.end()));
  report(trials, judge.unreliable);
}

async function tryAll(sample: readonly Mutant[], copies: readonly Copy[], judge: Judge): Promise<Trial[]> {
  const trials: Trial[] = [];
  const waiting = sample.values();
  await Promise.all(copies.map(async (copy) => {
    for (const mutant of waiting) {
      const trial = { mutant, killed: await judge.noticed(copy, mutant) };
      trials.push(trial);
      console.log(`${trials.length}. ${placeOf(mutant)}: ${trial.killed ?? 'SURVIVED'}`);
    }
  }));
  return trials;
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
  if (unreliable.size > 0) {
    console.log(`\nNo score: these tests failed without a mutant. Mend them first.\n${[...unreliable].join('\n')}`);
    process.exitCode = 1;
    return;
  }
  console.log('');
  for (const by of ['room', 'kind'] as const) {
    for (const name of new Set(trials.map(({ mutant }) => mutant[by]))) {
      console.log(score(name, trials.filter(({ mutant }) => mutant[by] === name)));
    }
  }
  console.log(score(`seed ${given.seed}`, trials));
  process.exitCode = survivors.length > trials.length * (1 - TARGET / 100) ? 1 : 0;
}

function score(name: string, trials: readonly Trial[]): string {
  const noticed = trials.filter((trial) => trial.killed !== undefined);
  const hangs = noticed.filter((trial) => trial.killed!.startsWith('hang'));
  return `${name}: killed ${noticed.length} of ${trials.length}${hangs.length === 0 ? '' : `, ${hangs.length} by a hang`}`;
}
