import { randomInt } from 'node:crypto';
import { runScenario } from './scenario';

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
  const until = Date.now() + option('hours', 1) * 60 * 60 * 1_000;
  const scenarios = option('scenarios', Infinity);
  const first = option('seed', randomInt(1, 2 ** 31));
  const most = option('records', 30);
  const total = { scenarios: 0, records: 0, invocations: 0, parked: 0, givenUp: 0 };
  console.log(`Scenarios from seed ${first} on. The first one that fails ends the run: give its seed as --seed to see it again, with the same --records.`);
  for (let seed = first, told = Date.now(); Date.now() < until && total.scenarios < scenarios; seed++) {
    const { records, invocations, parked, givenUp } = await runScenario(seed, most);
    total.scenarios++;
    total.records += records;
    total.invocations += invocations;
    total.parked += parked;
    total.givenUp += givenUp;
    if (Date.now() - told > 60_000) {
      told = Date.now();
      console.log(JSON.stringify(total));
    }
  }
  console.log(JSON.stringify(total));
}

void main().catch((error) => {
  console.error(error);
  process.exit(1);
});
