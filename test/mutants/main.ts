import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Copy } from './copy';
import { drawMutants, type Mutant } from './draw';
import { judge } from './judge';
import { importersOf } from './near-tests';
import { typeCheck } from './type-check';
import { beforeProcessEnds } from '../../lib/local/process/process-end';
import { seededRandom } from '../../lib/testing/random';
import { ROOMS } from '../../projenrc/rooms';

const USAGE = `npm run mutants -- [options]

Shows how much of the code the tests hold. It changes one place after another of a random sample, each in a copy of the project, and runs
the tests near it.

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
  if (!existsSync(join(ROOT, 'build', 'index.js'))) {
    throw new Error('Some tests run what is compiled, but build/ is missing. Run `npx projen compile` first.');
  }
  console.log(`${given.count} mutants of ${given.room.join(', ')}, seed ${given.seed}`);
  const sample = take(Number(given.count), drawMutants(ROOT, given.room, seededRandom(Number(given.seed)), typeCheck(ROOT, importersOf)));
  if (given.list) {
    [...sample].forEach((mutant) => console.log(placeOf(mutant)));
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-stream-trigger-mutants-'));
  beforeProcessEnds(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const killed = judge(ROOT);
  const trials: Trial[] = [];
  await Promise.all(Array.from({ length: availableParallelism() }, async (_, at) => {
    mkdirSync(join(folder, `${at}`));
    const copy = new Copy(ROOT, join(folder, `${at}`));
    for (const mutant of sample) {
      const trial = { mutant, killed: await killed(copy, mutant) };
      trials.push(trial);
      console.log(`${trials.length}. ${placeOf(mutant)}: ${trial.killed ?? 'SURVIVED'}`);
    }
    await copy.end();
  }));
  report(trials);
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

function report(trials: readonly Trial[]): void {
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
  process.exitCode = survivors.length > trials.length * (1 - TARGET / 100) ? 1 : 0;
}

function score(name: string, trials: readonly Trial[]): string {
  const noticed = trials.filter((trial) => trial.killed !== undefined);
  const hangs = noticed.filter((trial) => trial.killed!.startsWith('hang'));
  return `${name}: killed ${noticed.length} of ${trials.length}${hangs.length === 0 ? '' : `, ${hangs.length} by a hang`}`;
}
