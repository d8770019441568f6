import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { queueSamples, type Sample, SimulatedCloudWatch } from './simulated-cloudwatch';
import { type DynamoStreamTriggerProps, NoFailureDestination, StreamTriggerMonitoring } from '../../lib';
import { streamHandler } from '../../lib/runtime';
import { now, type SimulationOptions, type SimulationRun, simulateTrigger, type StreamRecord, streamRecord } from '../../lib/testing';
import { ALARM_KINDS } from '../../lib/trigger/monitoring/alarm-kinds';
import { ENV, TestApp } from '../app';
import { START } from '../records';
import { never } from '../runtime/hanging';

// Every alarm is proven: incidents are simulated, and the alarms of the template judge what CloudWatch would have got.

const MINUTE = 60;
const HOUR = 3_600;
/** Seconds of healthy traffic before each incident. */
const BEFORE = 10 * MINUTE;

/** A trigger's template, with the alarms by their names. */
function deployed(props: Partial<DynamoStreamTriggerProps> = {}) {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger({
    handler: app.fn('Fn', { reservedConcurrentExecutions: 10, timeout: Duration.minutes(1) }), informHandler: true, ...props,
  });
  new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [trigger] });
  const template = app.template();
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => {
    const name = Object.keys(ALARM_KINDS).find((one) => id.toLowerCase().slice(0, -8).endsWith(one.toLowerCase()))!;
    return [name, Properties] as const;
  });
  return { template, alarms: new Map(alarms) };
}

type Deployed = ReturnType<typeof deployed>;
const ofRuntime = deployed();
/** A handler without the runtime, and one of which nothing takes what is given up. */
const plain = deployed({ informHandler: undefined });
const withoutDestination = deployed({ informHandler: undefined, onFailure: NoFailureDestination.INSTANCE });
const parallel = deployed({ parallelizationFactor: 10 });
const shortLived = deployed({ maxRecordAge: Duration.hours(4) });

/** One write every so many seconds, each of one of a hundred items. */
function traffic(seconds: number, every: number, from = 0): StreamRecord[] {
  return Array.from({ length: Math.ceil(seconds / every) }, (_, at) => streamRecord({
    keys: { id: `item-${at % 100}` }, newImage: { id: `item-${at % 100}`, tenant: at % 2 ? 'a' : 'b' },
    sequenceNumber: String(10n ** 22n + BigInt(from) * 100_000n + BigInt(at)), createdAt: START + from + at * every,
  }));
}

interface Incident {
  readonly on?: Deployed;
  readonly records: StreamRecord[];
  readonly options: Omit<SimulationOptions, 'shards' | 'mapping'>;
  /** Seconds until the look at the alarms ends, where that is later than the simulation. */
  readonly until?: number;
  /** Seconds after which the failure queue is emptied. */
  readonly redriven?: number;
}

const secondsOf = ({ at }: { readonly at: number }) => at / 1000 - START;
/** Since the start. */
const elapsed = () => now() / 1000 - START;
const isDuring = (from: number, seconds: number) => elapsed() >= from && elapsed() < from + seconds;
const refused = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const throwing = (error: () => Error, during: () => boolean = () => isDuring(BEFORE, Infinity)) => ({
  load: () => streamHandler({
    onRecord: () => {
      if (during()) {
        throw error();
      }
    },
    logger: { error: () => undefined },
  }),
});
const healthy = throwing(refused, () => false);
const indexOf = (record: StreamRecord) => Number(BigInt(record.dynamodb!.SequenceNumber!) - 10n ** 22n);
/** A handler without the runtime that throws at one record. */
const throwsAt = (poison: number) => async ({ Records }: { Records: StreamRecord[] }) => {
  if (Records.some((record) => indexOf(record) === poison)) {
    throw new TypeError('bad');
  }
};

const INCIDENTS: { readonly [name: string]: Incident } = {
  'a poison record': {
    records: traffic(HOUR / 2, 2),
    options: {
      handler: {
        load: () => streamHandler({
          onRecord: ({ raw }) => {
            if (indexOf(raw) === BEFORE / 2) {
              throw new TypeError('bad');
            }
          },
          logger: { error: () => undefined },
        }),
      },
    },
  },
  'a poison record, without the runtime': { on: plain, records: traffic(HOUR / 2, 5), options: { handler: throwsAt(BEFORE / 5) } },
  'the same, without a failure destination': { on: withoutDestination, records: traffic(HOUR / 2, 5), options: { handler: throwsAt(BEFORE / 5) } },
  'the same, and the destination refuses': { on: plain, records: traffic(HOUR / 2, 5), options: { handler: throwsAt(BEFORE / 5), faults: { refuse: 1 } } },
  'a slow handler': {
    records: traffic(HOUR / 2, 5),
    options: { handler: healthy, faults: { latency: (record) => indexOf(record) < BEFORE / 5 ? 50 : 55_000 } },
  },
  'calls of 40 seconds, ten at a time': {
    on: parallel, records: traffic(HOUR / 2, 2),
    options: { handler: healthy, faults: { latency: (record) => indexOf(record) < BEFORE / 2 ? 50 : 40_000 } },
  },
  'an outage of 2 hours': { records: traffic(2 * HOUR + 2 * BEFORE, 30), options: { handler: throwing(refused, () => isDuring(BEFORE, 2 * HOUR)) } },
  '1½ hours of it, with a `maxRecordAge` of 4 hours': {
    on: shortLived, records: traffic(1.5 * HOUR, 30), options: { handler: throwing(refused, () => isDuring(BEFORE, 1.5 * HOUR)) },
  },
  'throttling for an hour': {
    records: traffic(HOUR + 2 * BEFORE, 10),
    options: { handler: healthy, faults: { throttle: (subject) => secondsOf(subject) >= BEFORE && secondsOf(subject) < BEFORE + HOUR } },
  },
  'half of the tenants fail for an hour': {
    records: traffic(HOUR + BEFORE, 15),
    options: {
      handler: {
        load: () => streamHandler<{ tenant: string }>({
          onRecord: ({ newImage }) => {
            if (newImage?.tenant === 'a' && isDuring(BEFORE, HOUR)) {
              throw new Error('unknown');
            }
          },
          logger: { error: () => undefined },
        }),
      },
    },
  },
  'sick environments for an hour': {
    records: traffic(HOUR + BEFORE, 5),
    options: {
      handler: {
        load: () => {
          const isSick = isDuring(BEFORE, HOUR);
          return streamHandler({
            onRecord: async () => {
              if (isSick || isDuring(BEFORE, HOUR)) {
                await never();
              }
            },
            logger: { error: () => undefined },
          });
        },
      },
    },
  },
  'the mapping is disabled for 3 hours': {
    records: traffic(3 * HOUR + 2 * BEFORE, 30),
    options: { handler: healthy, switches: [{ at: BEFORE, enabled: false }, { at: BEFORE + 3 * HOUR, enabled: true }] },
  },
  'a queue forgotten for 23 hours': { on: plain, records: traffic(HOUR / 2, 5), options: { handler: throwsAt(BEFORE / 5) }, until: 24 * HOUR },
};

/** The minutes from the start of an incident after which each alarm fired first, and the largest values of Lambda's metrics. */
interface Outcome {
  readonly alarms: ReadonlyMap<string, number>;
  readonly most: (metric: string) => number;
}

async function simulated({ on = ofRuntime, records, options, until = 0, redriven }: Incident): Promise<Outcome> {
  const run = await simulateTrigger({ mapping: on.template, shards: [{ records }], ...options });
  const startedAt = START * 1000;
  const endedAt = Math.max(run.endedAt + 5 * MINUTE * 1000, startedAt + until * 1000);
  const cloudWatch = new SimulatedCloudWatch(samplesOf(run, records, endedAt, redriven), startedAt, endedAt);
  const alarms = new Map([...on.alarms].flatMap(([name, alarm]) => {
    const [first] = cloudWatch.firings(alarm);
    return first === undefined ? [] : [[name, (first - startedAt) / 60_000 - BEFORE / MINUTE] as const];
  }));
  return { alarms, most: (metric) => Math.max(...run.samples.filter(({ name }) => name === metric).map(({ value }) => value)) };
}

/** With those of the table and of the failure queue, which the simulation does not have. */
function samplesOf(run: SimulationRun, records: readonly StreamRecord[], endedAt: number, redriven?: number): Sample[] {
  const arrivals = [...run.deliveries.map(({ at }) => at), ...run.samples.filter(({ name }) => name === 'ParkedRecords').map(({ at }) => at)];
  const writes = records.map(({ dynamodb }) => ({
    at: dynamodb!.ApproximateCreationDateTime! * 1000, namespace: 'AWS/DynamoDB', name: 'ConsumedWriteCapacityUnits', value: 1,
  }));
  const removed = redriven === undefined ? undefined : (START + redriven) * 1000;
  return [...run.samples, ...writes, ...queueSamples(arrivals, START * 1000, endedAt, removed)];
}

/** Which alarm fires how many minutes after the start of each incident. */
const fired = new Map<string, ReadonlyMap<string, number>>();
beforeAll(async () => {
  for (const [name, incident] of Object.entries(INCIDENTS)) {
    fired.set(name, (await simulated(incident)).alarms);
  }
});

/** What takes longer than 10 minutes to be known, and why. */
const LATE: { readonly [name: string]: number } = {
  // Three periods of 5 minutes.
  'the mapping is disabled for 3 hours': 20,
};

test.each(Object.keys(INCIDENTS))('%s: an alarm fires in time', (name) => {
  const first = Math.min(...fired.get(name)!.values());

  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(LATE[name] ?? 10);
});

test.each(Object.keys(ALARM_KINDS))('%s fires in an incident, and not in all', (name) => {
  const firing = [...fired.values()].filter((alarms) => alarms.has(name)).length;

  expect(firing).toBeGreaterThan(0);
  expect(firing).toBeLessThan(fired.size);
});

test('on a healthy day with a burst in the night, no alarm fires', async () => {
  const burst = Array.from({ length: 3_000 }, (_, at) => streamRecord({
    keys: { id: `burst-${at % 500}` }, sequenceNumber: String(10n ** 22n + 3n * 3_600n * 100_000n + BigInt(at)), createdAt: START + 3 * HOUR + at / 50,
  }));
  const records = [...traffic(3 * HOUR, 120), ...burst, ...traffic(21 * HOUR, 120, 3 * HOUR + 121)];
  const { alarms, most } = await simulated({ records, options: { handler: healthy, faults: { latency: () => 300 } } });

  expect([...alarms.keys()]).toEqual([]);
  expect(most('IteratorAge')).toBeGreaterThan(10_000);
});

describe('below its threshold no alarm fires:', () => {
  test('an outage of 5 minutes, 30 seconds of throttling, calls of three quarters of the timeout, 10 minutes without the mapping, a crash', async () => {
    const between = (from: number, to: number) => (subject: { at: number }) => secondsOf(subject) >= from && secondsOf(subject) < to;
    const crashes = (from: number) => {
      let crashed = false;
      return (subject: { at: number }) => !crashed && secondsOf(subject) >= from && (crashed = true);
    };
    const { alarms, most } = await simulated({
      records: traffic(2 * HOUR, 20),
      options: {
        handler: throwing(refused, () => isDuring(10 * MINUTE, 5 * MINUTE)),
        faults: {
          throttle: between(40 * MINUTE, 40 * MINUTE + 30),
          latency: ({ dynamodb }) => dynamodb!.ApproximateCreationDateTime! >= START + 100 * MINUTE ? 44_000 : 50,
          crash: crashes(50 * MINUTE),
        },
        switches: [{ at: 25 * MINUTE, enabled: false }, { at: 35 * MINUTE, enabled: true }],
      },
    });

    expect([...alarms.keys()]).toEqual([]);
    expect(most('IteratorAge')).toBeGreaterThan(4 * MINUTE * 1000);
    expect(most('Duration')).toBeGreaterThan(40_000);
    expect([most('Throttles'), most('Errors')]).toEqual([1, 1]);
  });

  test('eight of ten reserved invocations at the same time', async () => {
    const { alarms, most } = await simulated({
      on: deployed({ parallelizationFactor: 8 }), records: traffic(HOUR / 4, 2), options: { handler: healthy, faults: { latency: 40_000 } },
    });

    expect([...alarms.keys()]).toEqual([]);
    expect(most('ConcurrentExecutions')).toBe(8);
  });

  test('a failure queue that somebody empties within an hour', async () => {
    const { alarms } = await simulated({ ...INCIDENTS['a queue forgotten for 23 hours'], redriven: HOUR });

    expect(alarms.has('failureQueue')).toBe(true);
    expect(alarms.has('expiringPointers')).toBe(false);
  });
});

test('docs/operate/operations.md has the table (UPDATE_DOCS=1 writes it)', () => {
  const path = join(__dirname, '..', '..', 'docs', 'operate', 'operations.md');
  const page = readFileSync(path, 'utf8');
  const rows = [...fired].map(([name, alarms]) => {
    const sorted = [...alarms].sort(([, a], [, b]) => a - b);
    return `| ${name} | ${sorted.map(([alarm, minutes]) => `\`${alarm}\` ${minutes}`).join(', ')} |`;
  });
  const written = page.replace(/(\| incident \| .* \|\n\|---\|---\|\n)(?:\|.*\n)*/, (_, head) => `${head}${rows.join('\n')}\n`);
  expect(written).toContain(rows[0]);
  if (process.env.UPDATE_DOCS) {
    writeFileSync(path, written);
  }

  expect(readFileSync(path, 'utf8')).toBe(written);
});
