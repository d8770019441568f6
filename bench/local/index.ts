/**
 * Local runs beside serverless-offline-dynamodb-streams, on the same DynamoDB Local: which of a mapping's behaviours hold, how many records
 * a second get through, how long a record takes, and what the runner itself needs. Needs Java.
 *
 *     npx projen compile && cd bench/local && npm install && npm run bench
 */
import { behaviours } from './behaviours';
import { latency } from './latency';
import { loop } from './loop';
import { rates } from './rates';
import { runner } from './runner';

async function main(): Promise<void> {
  await behaviours();
  await rates();
  await latency();
  await runner();
  await loop();
  process.exit();
}

void main();
