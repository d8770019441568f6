/**
 * Local runs beside serverless-offline-dynamodb-streams, on the same DynamoDB Local: which of a mapping's behaviours hold, how many records
 * a second get through, and how long a record takes. Needs Java.
 *
 *     npx projen compile && cd bench/local && npm install && npm run bench
 */
import { behaviours } from './behaviours';
import { latency } from './latency';
import { rates } from './rates';

async function main(): Promise<void> {
  await behaviours();
  await rates();
  await latency();
  process.exit();
}

void main();
