import { join } from 'node:path';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as fc from 'fast-check';
import { onChange, type Told } from './handlers/on-change';
import { DynamoStreamTrigger, StreamFunction } from '../../lib';
import type { LocalApp } from '../../lib/local/assembly/app';
import { readApp } from '../../lib/local/assembly/read-app';
import { queueUrl } from '../../lib/local/assembly/resource-names';
import { type LocalFunction, startFunction } from '../../lib/local/function/function';
import { type Children, recordChildren } from '../../lib/local/process/children';
import { type Destinations, startDestinations } from '../../lib/local/service/destinations';
import type { ParkedRecord } from '../../lib/stream/parked-record';
import type { BatchResponse, StreamEvent, StreamRecord } from '../../lib/stream/record';
import { type Handler, simulateTrigger, streamRecord } from '../../lib/testing';
import { folderWith } from '../folder';
import { ordersTable, synthesize } from '../local/fixture-app';
import { numberOf } from '../records';

/** Seconds. The part of it that the runtime keeps for its answer is half a second: enough on a machine that is busy. */
const TIMEOUT = 10;

let children: Children;
let app: LocalApp;
let destinations: Destinations;
let started: LocalFunction[] = [];
let calls: [id: string, sequenceNumber: string, attempt: number][] = [];
let printed: string[] = [];

beforeAll(async () => {
  children = recordChildren(folderWith({}));
  app = readApp(synthesize((stack) => {
    const entry = join(__dirname, 'handlers', 'on-change.ts');
    const functionOf = (id: string, environment: Record<string, string>) => new StreamFunction(stack, id, {
      entry, environment, runtime: lambda.Runtime.NODEJS_22_X, timeout: Duration.seconds(TIMEOUT),
    });
    const table = ordersTable(stack);
    new DynamoStreamTrigger(stack, 'Parking', { table, handler: functionOf('OnChange', {}) });
    new DynamoStreamTrigger(stack, 'Holding', { table, handler: functionOf('OnChangeWithoutParking', { PARK: 'no' }) });
  }));
  destinations = await startDestinations(children, process.cwd());
  await destinations.take(app);
});

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(started.map((one) => one.stop()));
  started = [];
  calls = [];
  printed = [];
});

afterAll(async () => {
  await destinations?.stop();
  children.killAll();
});

/** Starts the bundled function in a process, behind a Runtime API of its own. */
async function start(trigger: 'Parking' | 'Holding'): Promise<LocalFunction> {
  const { function: target } = mappingOf(trigger);
  const endpoints = { dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3', destinations: destinations.endpoint, streamLabels: new Map([[mappingOf(trigger).table.arn, LABEL]]) };
  const running = await startFunction(children, target, {
    variables: target.environment(endpoints).variables,
    access: { endpoints: {} },
    endpoints,
    sdkFolders: [process.cwd()],
    node: process.execPath,
    onDebuggerPort: () => {},
    onUsage: () => {},
    onCodeGone: () => {},
    onLog: (line, stream) => {
      stream === 'stdout' ? calls.push(JSON.parse(line)) : printed.push(line);
    },
  });
  started.push(running);
  return running;
}

const LABEL = '2026-01-01T00:00:00.000';
const mappingOf = (trigger: string) => app.mappings.find(({ path }) => path.startsWith(`Shop/${trigger}/`))!;

function recordsOf(...told: Told[]): StreamRecord[] {
  const streamArn = `${mappingOf('Parking').table.arn}/stream/${LABEL}`;
  return told.map((newImage, at) => streamRecord({ sequenceNumber: String(10n ** 22n + BigInt(at)), streamArn, newImage: { ...newImage } }));
}

async function invoke(target: LocalFunction, Records: StreamRecord[]): Promise<BatchResponse> {
  const outcome = await target.invoke({ Records }, mappingOf('Parking').functionArn);
  if (outcome.type !== 'response') {
    throw new Error(JSON.stringify(outcome));
  }
  return outcome.response as BatchResponse;
}

/** All that is on the trigger's failure queue; takes it away. */
async function parked(): Promise<ParkedRecord[]> {
  const queues = new SQSClient({ endpoint: destinations.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
  const QueueUrl = queueUrl(mappingOf('Parking').destinationArn!.split(':')[5], { destinations: destinations.endpoint });
  const all: ParkedRecord[] = [];
  for (;;) {
    const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3_600 }));
    if (Messages.length === 0) {
      return all;
    }
    all.push(...Messages.map(({ Body }) => JSON.parse(Body!)));
  }
}

test('records of an item run in order, items side by side, and nothing is printed', async () => {
  const target = await start('Parking');
  // Twenty calls at a time that all listen to the signal: Node.js must not warn of them.
  const records = recordsOf(...Array.from({ length: 60 }, (_, at) => ({ id: `item-${at % 20}`, takes: 10 })));
  expect(await invoke(target, records)).toEqual({ batchItemFailures: [] });
  expect(calls.slice(0, 20).map(([id]) => id).sort()).toEqual(Array.from({ length: 20 }, (_, item) => `item-${item}`).sort());
  for (let item = 0; item < 20; item++) {
    expect(calls.filter(([id]) => id === `item-${item}`).map(([, number]) => number)).toEqual([item, item + 20, item + 40].map((at) => numberOf(records[at])));
  }
  expect(printed).toEqual([]);
});

test('a record is tried again in place, and a poison one is parked whole on the queue of its trigger', async () => {
  const target = await start('Parking');
  const records = recordsOf({ id: 'a', failures: 2 }, { id: 'b' }, { id: 'c', poison: true }, { id: 'c' });
  expect(await invoke(target, records)).toEqual({ batchItemFailures: [] });
  const attempts = (id: string) => calls.filter(([item]) => item === id).map(([, , attempt]) => attempt);
  expect([attempts('a'), attempts('b'), attempts('c')]).toEqual([[1, 2, 3], [1], [1, 1]]);
  expect((await parked()).sort((a, b) => numberOf(a.record) < numberOf(b.record) ? -1 : 1)).toMatchObject([
    {
      record: records[2],
      tries: 1,
      error: { name: 'PoisonRecordError', message: 'poison of c' },
      streamArn: records[2].eventSourceARN,
      functionArn: mappingOf('Parking').functionArn,
    },
  ]);
  const lines = printed.map((line) => JSON.parse(line));
  expect(lines.map(({ outcome, sequenceNumber }) => [outcome, sequenceNumber]).sort())
    .toEqual([['parked', numberOf(records[2])]]);
});

test('without parking the lowest record not done is answered, and what was done beyond it is not done again', async () => {
  const target = await start('Holding');
  const records = recordsOf({ id: 'a' }, { id: 'b', failures: 4 }, { id: 'c' }, { id: 'b' }, { id: 'd' });
  expect(await invoke(target, records)).toEqual({ batchItemFailures: [{ itemIdentifier: numberOf(records[1]) }] });
  expect(await invoke(target, records.slice(1))).toEqual({ batchItemFailures: [] });
  expect(calls.map(([id]) => id).sort()).toEqual(['a', 'b', 'b', 'b', 'b', 'b', 'b', 'c', 'd']);
  // What a process remembers ends with it.
  expect(await invoke(await start('Holding'), records.slice(2))).toEqual({ batchItemFailures: [] });
  expect(calls).toHaveLength(12);
});

test('before the timeout it answers with the first record not done; an abandoned call is waited for when the process thaws', async () => {
  const target = await start('Parking');
  const slow = { id: 'slow', takes: 900, heedsSignal: true };
  const records = recordsOf({ id: 'deaf', takes: TIMEOUT * 1_000 }, ...Array<Told>(13).fill(slow), { id: 'deaf' });
  let rest = records;
  let invocations = 0;
  for (; rest.length > 0; invocations++) {
    const { batchItemFailures: [failure] } = await invoke(target, rest);
    rest = failure ? rest.slice(rest.findIndex((record) => numberOf(record) === failure.itemIdentifier)) : [];
  }
  expect(invocations).toBeGreaterThan(1);
  expect(calls.filter(([id]) => id === 'deaf').map(([, number]) => number)).toEqual([numberOf(records[0]), numberOf(records[14])]);
  // The call that the signal ended comes again.
  expect([...new Set(calls.filter(([id]) => id === 'slow').map(([, number]) => number))]).toEqual(records.slice(1, 14).map(numberOf));
  expect(await parked()).toEqual([]);
});

test('behind a simulated mapping the process behaves as the handler does in the test\'s own', async () => {
  const told = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    failures: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 7 }) }),
    poison: fc.constantFrom(false, false, false, false, true),
  });
  const plans = fc.record({
    told: fc.array(told, { minLength: 5, maxLength: 25 }),
    trigger: fc.constantFrom('Parking' as const, 'Holding' as const),
    batchSize: fc.integer({ min: 3, max: 25 }),
    bisectBatchOnError: fc.boolean(),
    crashes: fc.array(fc.constantFrom(false, false, true), { maxLength: 5 }),
  });
  await fc.assert(fc.asyncProperty(plans, async ({ told: all, trigger, crashes, ...settings }) => {
    const records = recordsOf(...all);
    const simulate = async (load: () => Handler | Promise<Handler>) => {
      let invocation = 0;
      const run = await simulateTrigger({
        mapping: { ...settings, retryAttempts: 4 }, shards: [{ records }], handler: { load }, environments: 1,
        faults: { crash: () => crashes[invocation++] ?? false },
      });
      return {
        parkedThere: run.parked.map(({ record }) => numberOf(record)),
        invocations: run.invocations.map(({ event, response, error }) => [event.Records.map(numberOf), response, error?.errorType]),
        givenUp: run.deliveries.map((delivery) => delivery.records.map(numberOf)),
      };
    };
    const callsHere: typeof calls = [];
    const here = await simulate(() => onChange((call) => callsHere.push(JSON.parse(call)), trigger === 'Parking'));
    calls = [];
    const inProcess = await simulate(async () => {
      const target = await start(trigger);
      return async ({ Records }: StreamEvent) => {
        // What a simulation does not see of work elsewhere: that it must be waited for.
        const waiting = setInterval(() => undefined, 60_000);
        return invoke(target, Records).finally(() => clearInterval(waiting));
      };
    });
    expect(inProcess.invocations).toEqual(here.invocations);
    expect(inProcess.givenUp).toEqual(here.givenUp);
    expect((await parked()).map(({ record }) => numberOf(record)).sort()).toEqual(here.parkedThere.sort());
    const ofItem = (list: typeof calls, item: string) => list.filter(([id]) => id === item);
    for (const item of ['a', 'b', 'c']) {
      expect(ofItem(calls, item)).toEqual(ofItem(callsHere, item));
    }
  }), { numRuns: 8, seed: 1 });
});
