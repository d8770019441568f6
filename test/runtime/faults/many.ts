import { randomInt } from 'node:crypto';
import { runScenario } from './scenario';

/** In a shard, at most. */
const RECORDS = 8;

/** Runs as many scenarios as the argument says, with new seeds, and ends with 1 at the first that fails. */
async function main(): Promise<void> {
  const count = Number(process.argv[2]);
  const first = randomInt(1, 2 ** 31);
  let done = 0;
  // Where nothing is left to wait for, a scenario that hangs ends the process.
  process.once('exit', () => {
    if (done < count) {
      console.error(`Seed ${first + done} failed or did not end. To see it again: npm run soak -- --scenarios 1 --seed ${first + done} --records ${RECORDS}`);
      process.exitCode = 1;
    }
  });
  for (; done < count; done++) {
    await runScenario(first + done, RECORDS);
  }
  console.log(done);
}

void main().catch(console.error);
