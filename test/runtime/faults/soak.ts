import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runScenario } from './scenario';
import { createModel, page } from '../../../lib/view';

/** npm run soak -- [--hours N] [--scenarios N] [--seed N] [--records N, in a shard, at most] */
function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!(value > 0)) {
    throw new Error(`--${name} is ${process.argv[at + 1]}, but must be a number above 0`);
  }
  return value;
}

async function main(): Promise<void> {
  const began = Date.now();
  const until = began + option('hours', 1) * 60 * 60 * 1_000;
  const scenarios = option('scenarios', Infinity);
  const first = option('seed', randomInt(1, 2 ** 31));
  const most = option('records', 30);
  const total = { scenarios: 0, records: 0, invocations: 0, parked: 0, givenUp: 0 };
  const kinds = new Map<string, number>();
  const failed: number[] = [];
  const tell = () => console.log(JSON.stringify({
    ...total,
    aSecond: Math.round(total.scenarios / Math.max(0.001, (Date.now() - began) / 1000)),
    kinds: Object.fromEntries([...kinds].sort()),
    failed,
  }));
  console.log(`Scenarios from seed ${first} on. To see one that fails again, give its seed as --seed, with --scenarios 1 and the same --records.`);
  const goesOn = () => Date.now() < until && total.scenarios < scenarios && failed.length < MOST_FAILED;
  for (let seed = first, told = began; goesOn(); seed++) {
    total.scenarios++;
    try {
      const { records, invocations, parked, givenUp, kinds: met } = await runScenario(seed, most);
      total.records += records;
      total.invocations += invocations;
      total.parked += parked;
      total.givenUp += givenUp;
      met.forEach((kind) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
    } catch (error) {
      console.error(error);
      if (failed.push(seed) === 1) {
        console.error(`What happened until then: ${await draw(seed, most)}`);
      }
    }
    if (Date.now() - told > 60_000) {
      told = Date.now();
      tell();
    }
  }
  tell();
  process.exitCode = failed.length > 0 ? 1 : 0;
}

/** Further ones say little. */
const MOST_FAILED = 20;

/** Runs a scenario again, and writes what happened until it failed. */
async function draw(seed: number, most: number): Promise<string> {
  const model = createModel();
  await runScenario(seed, most, (notice) => model.add(notice)).catch(() => undefined);
  const file = resolve(`soak-${seed}.html`);
  writeFileSync(file, page(model.view, `Seed ${seed}`));
  return file;
}

void main().catch((error) => {
  console.error(error);
  process.exit(1);
});
