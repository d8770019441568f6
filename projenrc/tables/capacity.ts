/* How much a trigger can do: the engine is asked, with what the settings and the handler are. */
import { streamHandler } from '../../lib/runtime';
import { simulateTrigger, sleep, streamRecord, type StreamRecord } from '../../lib/testing';

/** A trigger under load: its settings, and what it must do. */
export interface Load {
  /** Writes to the shard in a second. */
  readonly writes: number;
  /** Of how many items, one after another. */
  readonly items: number;
  /** Milliseconds that the handler takes for a record. */
  readonly call: number;
  readonly concurrency: number;
  readonly batchSize: number;
  /** Seconds. */
  readonly window: number;
  readonly factor: number;
}

/** What the engine makes of it. */
export interface Capacity {
  /** Records in a second, as long as there are enough. */
  readonly most: number;
  /** Seconds: how old the oldest record of a batch is when the function gets it, at the end of the load. */
  readonly age: number;
  /** Of 1,000 records. */
  readonly invocations: number;
  /** Seconds of the function's time, of 1,000 records. */
  readonly billed: number;
}

/** Milliseconds of each invocation that are not for a record: Lambda's way to the function and back, and reading the event. */
export const PER_INVOCATION = 20;

/** Seconds of load. */
export const LASTS = 10;

const USUAL: Load = { writes: 50, items: 1_000, call: 50, concurrency: 10, batchSize: 100, window: 0, factor: 1 };

/** By what differs from the first. */
export const LOADS: { readonly [what: string]: Load } = {
  'the defaults; a record takes 50 ms': USUAL,
  'one record at a time': { ...USUAL, concurrency: 1 },
  'one record at a time, `parallelizationFactor: 10`': { ...USUAL, concurrency: 1, factor: 10 },
  'a record takes 500 ms': { ...USUAL, call: 500 },
  'a record takes 500 ms, `concurrency: 50`': { ...USUAL, call: 500, concurrency: 50 },
  '`batchSize: 10`': { ...USUAL, batchSize: 10 },
  '`batchSize: 500`, `concurrency: 50`': { ...USUAL, batchSize: 500, concurrency: 50 },
  '`maxBatchingWindow` of 5 s': { ...USUAL, window: 5 },
  '`maxBatchingWindow` of 5 s, `batchSize: 500`': { ...USUAL, window: 5, batchSize: 500 },
  '250 writes a second': { ...USUAL, writes: 250 },
  '250 writes a second, `parallelizationFactor: 4`': { ...USUAL, writes: 250, factor: 4 },
  'all writes to one item': { ...USUAL, items: 1 },
};

/** What the engine makes of each, by the same names. */
export async function capacities(): Promise<ReadonlyMap<string, Capacity>> {
  const found = new Map<string, Capacity>();
  for (const [what, load] of Object.entries(LOADS)) {
    found.set(what, await capacityOf(load));
  }
  return found;
}

/** A table of docs/operate/capacity.md. */
export function capacityTable(found: ReadonlyMap<string, Capacity>): string {
  return ['| trigger | most records a second | age | invocations | function time |', '|---|---|---|---|---|', ...[...found].map(([what, { most, age, invocations, billed }]) => (
    `| ${what} | ${most.toFixed(0)} | ${age.toFixed(1)} s${most < LOADS[what].writes ? ', and growing' : ''} | ${invocations.toFixed(0)} | ${billed.toFixed(1)} s |`
  ))].join('\n');
}

async function capacityOf(load: Load): Promise<Capacity> {
  const { writes, items } = load;
  const backlog = await simulated(load, recordsOf(BACKLOG, items, 0));
  const run = await simulated(load, recordsOf(LASTS * writes, items, 1 / writes));
  const ages = run.invocations.filter(({ at }) => at <= run.startedAt + LASTS * 1_000)
    .map(({ at, event: { Records: [{ dynamodb }] } }) => at / 1_000 - dynamodb!.ApproximateCreationDateTime!);
  const ofThousand = (sum: number) => sum / (LASTS * writes / 1_000);
  return {
    most: BACKLOG / ((backlog.endedAt - backlog.startedAt) / 1_000),
    age: Math.max(...ages.slice(-load.factor)),
    invocations: ofThousand(run.invocations.length),
    billed: ofThousand(run.invocations.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1_000),
  };
}

/** Records that wait when the trigger begins. */
const BACKLOG = 500;

function recordsOf(count: number, items: number, every: number): StreamRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const record = streamRecord({ keys: { id: at % items }, sequenceNumber: String(10n ** 21n + BigInt(at)) });
    // Not in whole seconds, as AWS has it: a record can be read when it is written.
    return { ...record, dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: START + at * every } };
  });
}

const START = 1_800_000_000;

function simulated({ call, concurrency, batchSize, window, factor }: Load, records: StreamRecord[]) {
  const handler = streamHandler({ concurrency, onRecord: () => sleep(call) });
  return simulateTrigger({
    mapping: { batchSize, maxBatchingWindow: window, parallelizationFactor: factor },
    timeout: 900,
    handler: async (event, context) => {
      await sleep(PER_INVOCATION);
      return handler(event, context);
    },
    shards: [{ records }],
  });
}
