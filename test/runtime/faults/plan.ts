import type { StreamEvent, StreamRecord } from '../../../lib/stream/record';
import { record } from '../records';

const KINDS = ['poison', 'bad', 'odd', 'flaky', 'transient', 'long', 'hangs', 'heeds', 'changes'] as const;

/** A record, how a handler fares with it, and what has become of it. */
export interface Step {
  readonly shard: number;
  readonly at: number;
  readonly item: number;
  readonly record: StreamRecord;
  readonly kind: typeof KINDS[number] | 'ok';
  /** How long a call takes, and how many calls fail. */
  readonly wait: number;
  readonly times: number;
  calls: number;
  failures: number;
  firstFailedAt?: number;
  /** Whether the last error named it as poison. */
  poison: boolean;
  done: boolean;
  parked: boolean;
  givenUp: boolean;
}

/** All that happens in a scenario, by its seed. */
export interface Plan {
  readonly random: () => number;
  readonly shards: readonly (readonly Step[])[];
  readonly byId: ReadonlyMap<string, Step>;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly timeout: number;
  readonly environments: number;
  readonly managed: boolean;
  readonly report: boolean;
  readonly bisect: boolean;
  /** After how many of them Lambda gives a batch up. */
  readonly retries: number;
  /** Shares of the environments, of the invocations, and of what is sent. */
  readonly sick: number;
  readonly crashes: number;
  readonly losesAnswers: number;
  readonly refuses: number;
  /** Whether the calls of a sick environment end when the signal aborts. */
  readonly heedsSignal: boolean;
  /** Something that is hard to handle when it is thrown. */
  readonly oddity: () => unknown;
  readonly change: (event: StreamEvent) => void;
}

/** @param longest how many records a shard has at most */
export function planOf(seed: number, longest: number): Plan {
  const random = mulberry32(seed);
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const oneOf = <T>(...values: T[]) => values[whole(0, values.length - 1)];
  const timeout = oneOf(3_000, 10_000, 60_000);
  const badness = oneOf(0, 0.05, 0.2, 0.6);
  const items = whole(1, 12);
  const shards = Array.from({ length: whole(1, 2) }, (_, shard) => Array.from({ length: whole(1, longest) }, (__, at): Step => {
    const item = whole(1, items);
    return {
      shard,
      at,
      item,
      record: { ...record(at, `${shard}-${item}`), eventID: `${shard}/${at}` },
      kind: random() < badness ? oneOf(...KINDS) : 'ok',
      wait: oneOf(0, 0, 1, whole(1, 100), whole(1, timeout / 2)),
      times: whole(1, 6),
      calls: 0,
      failures: 0,
      poison: false,
      done: false,
      parked: false,
      givenUp: false,
    };
  }));
  const managed = random() < 0.25;
  return {
    random,
    shards,
    byId: new Map(shards.flat().map((step) => [step.record.eventID!, step])),
    batchSize: oneOf(1, 5, 100),
    concurrency: oneOf(1, 3, 10),
    timeout,
    environments: managed ? 1 : whole(1, 3),
    managed,
    report: random() < 0.85,
    bisect: random() < 0.5,
    retries: oneOf(5, 20, 50),
    // What never ends by itself would go on for ever where nobody ends the process.
    sick: managed ? 0 : oneOf(0, 0, 0.3),
    crashes: oneOf(0, 0, 0.1),
    losesAnswers: oneOf(0, 0, 0.05),
    refuses: oneOf(0, 0, 0.2),
    heedsSignal: random() < 0.5,
    oddity: () => oneOf<() => unknown>(
      () => undefined, () => null, () => 7, () => 'text', () => Symbol('s'), () => Object.freeze(new Error('frozen')), () => Object.create(null),
    () => Proxy.revocable({}, {}).proxy, () => ({
      get message() {
        throw new Error('in the getter');
      },
    }), () => () => undefined,
    )(),
    change: ({ Records }) => oneOf<() => void>(
      () => Records.splice(0), () => Records.reverse(), () => Records.shift(),
    () => Records.forEach((one) => delete one.dynamodb?.SequenceNumber),
    () => Records.forEach((one) => delete one.eventID),
    () => Records.forEach((one) => one.dynamodb = undefined),
    () => Records.forEach((one) => one.dynamodb && (one.dynamodb.Keys = { pk: { S: 'other' } })),
    () => Records.forEach((one) => one.eventName = undefined),
    )(),
  };
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6D2B79F5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}
