/**
 * What a record costs in a simulation: 16 shards, batches of 100, a handler that does nothing.
 *
 *     npx ts-node -T --project bench/tsconfig.json bench/engine/index.ts records
 *
 * Prints time and memory for 100,000 and 1,000,000 records, and the ratio of what a record costs: medians of three runs, each in a
 * process of its own. Memory is what the process had at most beyond what it had when the caller's records were there: its heap, garbage
 * included, looked at after each collection of any kind and at the end, and its resident set.
 */
import { fork } from 'node:child_process';
import { PerformanceObserver } from 'node:perf_hooks';
import { simulateTrigger, type StreamRecord } from '../../lib/testing';
import { median } from '../median';

const SHARDS = 16;
const RUNS = 3;

interface Sample {
  readonly seconds: number;
  /** Of all cores: the collector works beside. */
  readonly cpuSeconds: number;
  /** MB beyond the caller's records. */
  readonly heap: number;
  readonly resident: number;
}

function shards(total: number): { records: StreamRecord[] }[] {
  return Array.from({ length: SHARDS }, (_, shard) => ({
    records: Array.from({ length: total / SHARDS }, (__, index) => record(shard, index)),
  }));
}

function record(shard: number, index: number): StreamRecord {
  const id = { S: `order-${shard}-${index % 997}` };
  return {
    eventID: `${shard}-${index}`,
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_735_689_600,
      Keys: { id },
      NewImage: { id, total: { N: String(index) }, note: { S: 'x'.repeat(200) }, lines: { L: [{ S: 'a' }, { N: '1' }] } },
      SequenceNumber: String(100_000_000_000_000_000_000_000n + BigInt(index)),
      SizeBytes: 300,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2025-01-01T00:00:00.000',
  };
}

async function measure(total: number): Promise<Sample> {
  const input = shards(total);
  global.gc!();
  const before = process.memoryUsage();
  let [heap, resident] = [0, 0];
  const look = () => {
    const { heapUsed, rss } = process.memoryUsage();
    heap = Math.max(heap, heapUsed - before.heapUsed);
    resident = Math.max(resident, rss - before.rss);
  };
  const collections = new PerformanceObserver(look);
  collections.observe({ entryTypes: ['gc'] });
  const start = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const run = await simulateTrigger({ mapping: { batchSize: 100 }, handler: async () => ({ batchItemFailures: [] }), shards: input });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  look();
  collections.disconnect();
  if (run.metrics.InvokedEventCount !== total || run.lost.length > 0) {
    throw new Error(`${run.metrics.InvokedEventCount} of ${total} records were delivered, ${run.lost.length} lost.`);
  }
  return { seconds, cpuSeconds: (user + system) / 1e6, heap: heap / 1e6, resident: resident / 1e6 };
}

function measureInItsOwnProcess(total: number): Promise<Sample> {
  const execArgv = ['--expose-gc', '--max-old-space-size=6000', ...process.execArgv];
  return new Promise((resolve, reject) => {
    const child = fork(__filename, [String(total)], { execArgv });
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`The run of ${total} records ended with ${code}.`)));
  });
}


export async function benchRecords(): Promise<void> {
  const costs: number[] = [];
  for (const total of [100_000, 1_000_000]) {
    const samples: Sample[] = [];
    for (let run = 0; run < RUNS; run++) {
      samples.push(await measureInItsOwnProcess(total));
    }
    const middle = (name: keyof Sample) => median(samples.map((sample) => sample[name]));
    costs.push(middle('seconds') / total);
    console.log(`${total} records: ${middle('seconds').toFixed(2)} s (${middle('cpuSeconds').toFixed(2)} s of processor time), `
      + `heap ${middle('heap').toFixed(0)} MB, resident ${middle('resident').toFixed(0)} MB beyond the records`);
  }
  console.log(`A record at 1,000,000 costs ${(costs[1] / costs[0]).toFixed(2)} times one at 100,000`);
}

if (process.send) {
  void measure(Number(process.argv[2])).then((sample) => process.send!(sample));
}
