import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { viewOf } from './known-run';
import { PoisonRecordError, streamHandler, TransientError } from '../../lib/runtime';
import { itemKey } from '../../lib/stream/item-key';
import { elapsed, type SimulationRun, simulateTrigger, sleep, streamRecord, type StreamEvent } from '../../lib/testing';
import { type Axis, page, picture, type ViewNotice } from '../../lib/view';
import { World } from '../redrive/world';

/** What the documentation explains, as a simulation. */
export interface Incident {
  readonly title: string;
  readonly axis: Axis;
  readonly run: () => Promise<Pick<SimulationRun, 'notices'>>;
}

const START = Date.UTC(2026, 2, 1, 12) / 1000;
const record = (id: string, number: number, second: number) => streamRecord({
  keys: { id }, newImage: { id, number }, createdAt: START + Math.floor(second),
});
const listOf = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index));
const latency = () => 200;

/** The incidents, by the names of their pictures. */
export const INCIDENTS: Readonly<Record<string, Incident>> = {
  'outage.svg': {
    title: 'An outage of ten minutes: everything waits, and nothing is lost',
    axis: 'time',
    run: async () => simulateTrigger({
      handler: streamHandler(async () => {
        if (elapsed() > 300 && elapsed() < 900) {
          throw new TransientError('The warehouse is down');
        }
      }),
      shards: [{ records: listOf(100, (index) => record(`order-${index}`, index, index * 15)) }],
      faults: { latency },
    }),
  },
  'poison.svg': {
    title: 'A poison record: it is parked, and the shard goes on',
    axis: 'steps',
    run: async () => simulateTrigger({
      mapping: { batchSize: 6 },
      handler: streamHandler<{ number: number }>(async ({ newImage }) => {
        if (newImage!.number === 14) {
          throw new PoisonRecordError('An order without lines');
        }
      }),
      shards: [{ records: listOf(36, (index) => record(`order-${index % 4}`, index, index / 6)) }],
      faults: { latency },
    }),
  },
  'hot-key.svg': {
    title: 'A hot key: its batches follow each other, and fall behind',
    axis: 'time',
    run: async () => simulateTrigger({
      mapping: { batchSize: 5, parallelizationFactor: 3 },
      handler: streamHandler(async () => undefined),
      shards: [{ records: listOf(240, (index) => record(index % 4 === 0 ? `order-${index}` : 'counter', index, index / 6)) }],
      faults: { latency: () => 300 },
    }),
  },
  'reshard.svg': {
    title: 'A shard splits: the children begin when the parent is done',
    axis: 'time',
    run: async () => simulateTrigger({
      mapping: { batchSize: 8 },
      handler: streamHandler(async () => undefined),
      shards: [{ records: listOf(160, (index) => record(`order-${index % 16}`, index, index / 4)) }],
      faults: { latency, reshards: [{ at: 20 }] },
    }),
  },
  'sick-environment.svg': {
    title: 'A sick environment: its process ends, and another one takes over',
    axis: 'steps',
    run: async () => {
      let processes = 0;
      return simulateTrigger({
        mapping: { batchSize: 4 },
        timeout: 30,
        handler: {
          load: () => {
            const isSick = ++processes === 2;
            return streamHandler(async () => {
              // A dead connection pool: what waits for it waits for ever.
              await (isSick && elapsed() > 10 ? new Promise(() => undefined) : sleep(200));
            });
          },
        },
        shards: [{ records: listOf(48, (index) => record(`order-${index % 6}`, index, index / 2)) }],
      });
    },
  },
  'redrive.svg': {
    title: 'A redrive: what was given up is done, after the outage',
    axis: 'steps',
    run: async () => redriven(),
  },
};

/** The picture of an incident, as docs/pictures has it. */
export async function incidentPicture({ title, axis, run }: Incident): Promise<string> {
  return picture(viewOf(await run()), { title, axis });
}

/** Batches that an outage brought to the failure destination, and the redrive, when it is over. */
async function redriven(): Promise<{ notices: ViewNotice[] }> {
  const records = listOf(24, (index) => record(`order-${index}`, index, Math.floor(index / 6) * 60));
  const { failed, notices } = await simulateTrigger({
    mapping: { batchSize: 6, retryAttempts: 3, bisectBatchOnError: false },
    handler: async () => {
      if (elapsed() > 30 && elapsed() < 150) {
        throw new Error('The warehouse is down');
      }
      await sleep(200);
    },
    shards: [{ records }],
  });
  const all: ViewNotice[] = notices.map((notice) => ({ ...notice, trigger: 'mapping' }));
  const [{ DDBStreamBatchInfo: { streamArn, shardId } }] = failed;
  const world = new World();
  world.now = (START + 600) * 1000;
  failed.forEach((message, index) => world.send(`message ${index}`, message));
  world.streams.set(streamArn, { shards: [{ shardId, records }] });
  world.tables.set(streamArn.split('/stream/')[0], new Map(records.map(({ dynamodb }) => [itemKey(dynamodb!.Keys!), dynamodb!.NewImage!])));
  world.mappings = [{ streamArn, functionArn: failed[0].requestContext.functionArn }];
  let invocation = 0;
  world.invoke = ({ Records }: StreamEvent) => {
    const about = { trigger: 'redrive', invocation: ++invocation, shardId, records: Records.length };
    all.push({ at: world.now, type: 'invocationStarted', ...about });
    all.push({ at: world.now += 200, type: 'invocationEnded', ...about, outcome: { type: 'response' } });
    return { type: 'answer', response: null };
  };
  await world.redrive();
  return { notices: all };
}

async function main(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [name, { title, run }] of Object.entries(INCIDENTS)) {
    const file = join(folder, name.replace('.svg', '.html'));
    writeFileSync(file, page(viewOf(await run()), title));
    console.log(file);
  }
}

if (require.main === module) {
  void main(process.argv[2] ?? 'reports');
}
