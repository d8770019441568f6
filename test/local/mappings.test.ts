import { EventEmitter, once } from 'node:events';
import { AppAtWork } from '../../lib/local/app-at-work';
import type { LambdaFunction, LocalApp, LocalMapping, LocalTable } from '../../lib/local/assembly/app';
import type { LocalEvent } from '../../lib/local/events';
import type { LocalFunctions } from '../../lib/local/function/functions';
import { startMapping } from '../../lib/local/mapping-run';
import type { Mappings } from '../../lib/local/mappings';
import type { RunSetup } from '../../lib/local/run-setup';
import type { Services } from '../../lib/local/service/services';
import { NoStreamError } from '../../lib/local/stream';
import { StreamReadError, type StreamReader } from '../../lib/reader/stream-reader';
import { markValid } from '../../lib/rules/settings';
import { streamRecord } from '../../lib/testing';
import { DEFAULT_SETTINGS } from '../default-settings';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:failures';
const STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/1';
const FUNCTION = { name: 'on-order', path: 'Shop/OnOrder', arn: 'arn:on-order' } as LambdaFunction;
const MAPPING = {
  path: 'Shop/OnOrder/Mapping', function: FUNCTION, functionArn: 'arn:on-order:live', executedVersion: 'live', destinationArn: QUEUE,
  settings: markValid({ ...DEFAULT_SETTINGS, startingPosition: 'TRIM_HORIZON', retryAttempts: 0, reportBatchItemFailures: false, bisectBatchOnError: false, enabled: true, filters: [] }),
} as LocalMapping;

describe('a mapping at work', () => {
  const record = streamRecord({ newImage: { id: 'a' }, streamArn: STREAM, sequenceNumber: '7', createdAt: new Date() });
  /** Runs until an event of this type, and returns all events. */
  async function eventsUntil(last: LocalEvent['type'] | 'failure', { outcome = {} as object, deliver = async () => {}, ...stream }: {
    outcome?: object; deliver?: (...delivery: unknown[]) => Promise<void>; shards?: StreamReader['shards']; read?: StreamReader['read'];
  } = {}) {
    const told = new EventEmitter();
    const events: LocalEvent[] = [];
    const done: unknown[][] = [];
    const failures: Error[] = [];
    let isRead = false;
    const ended = once(told, last);
    const run = startMapping(MAPPING, {
      uuid: 'uuid', start: { startingPosition: 'TRIM_HORIZON', checkpoints: {} },
      stream: {
        streamArn: STREAM,
        shards: async () => [{ shardId: 'shard' }],
        read: async () => {
          const records = isRead ? [] : [record];
          isRead = true;
          return { records, end: false };
        },
        ...stream,
      },
      functions: {
        of: (target) => ({
          invoke: async (event, arn, chosen) => {
            done.push(['invoke', target, event, arn]);
            chosen?.(3);
            return { type: 'response', requestId: 'r', response: null, ...outcome } as never;
          },
        }),
      },
      destinations: {
        deliver: async (...delivery) => {
          done.push(['deliver', delivery[0]]);
          return deliver(...delivery);
        },
      },
      observer: (event) => {
        events.push(event);
        told.emit(event.type);
      },
      onCheckpoint: (...checkpoint) => done.push(['checkpoint', ...checkpoint]),
      onFailure: (error) => {
        failures.push(error);
        told.emit('failure');
      },
    });
    await ended;
    run.stop(new Error('over'));
    return { events, done, failures };
  }
  const trigger = MAPPING.path;

  test('reports its shards, its invocations and how far it is', async () => {
    const { events, done } = await eventsUntil('checkpoint');
    const invocation = { trigger, invocation: 1, functionName: 'on-order', shardId: 'shard', event: { Records: [record] } };
    expect(events.filter(({ type }) => type !== 'notice')).toEqual([
      { type: 'shards', trigger, shards: 1, lineage: [{ shardId: 'shard' }] },
      { type: 'invocationStarted', ...invocation },
      { type: 'invocationEnded', ...invocation, environment: 3, outcome: { type: 'response', requestId: 'r', response: null }, durationMs: expect.any(Number) },
      { type: 'checkpoint', trigger, shardId: 'shard', sequenceNumber: '7' },
    ]);
    expect(done).toEqual([['invoke', FUNCTION, { Records: [record] }, 'arn:on-order:live'], ['checkpoint', 'shard', '7']]);
  });

  const failed = { type: 'error', errorType: 'E', errorMessage: 'm', response: undefined };
  test('reports a failed batch that its destination has', async () => {
    const { events, done } = await eventsUntil('delivered', { outcome: failed });
    expect(events.find(({ type }) => type === 'delivered')).toEqual({
      type: 'delivered', trigger, destinationArn: QUEUE, message: expect.objectContaining({ version: '1.0' }), records: [record], accepted: true,
    });
    expect(done).toContainEqual(['deliver', QUEUE]);
    expect(events.some((event) => event.type === 'notice' && event.trigger === trigger)).toBe(true);
  });

  test('reports why its destination refuses one', async () => {
    const { events } = await eventsUntil('delivered', { outcome: failed, deliver: () => Promise.reject(new Error('too large')) });
    expect(events.find(({ type }) => type === 'delivered')).toMatchObject({ type: 'delivered', accepted: false, reason: 'too large' });
  });

  test('says once that its shards can\'t be listed, and nothing where its table has no stream', async () => {
    const answers: (Error | undefined)[] = [new NoStreamError(), new Error('The database is busy.'), new Error('The database is busy.'), undefined];
    jest.useFakeTimers();
    const events = eventsUntil('shards', {
      shards: async () => {
        const error = answers.shift();
        if (error) {
          throw error;
        }
        return [{ shardId: 'shard' }];
      },
    });
    for (let second = 0; answers.length > 0 && second < 600; second++) {
      await jest.advanceTimersByTimeAsync(1000);
    }
    jest.useRealTimers();
    expect((await events).events.filter(({ type }) => type === 'warning')).toEqual([
      { type: 'warning', message: 'Shop/OnOrder/Mapping: the shards of its stream can\'t be listed; trying again. The database is busy.' },
    ]);
  });

  test('ends the run where no other read can succeed', async () => {
    const { failures } = await eventsUntil('failure', { read: () => Promise.reject(new StreamReadError('denied', STREAM, new Error('no'))) });
    expect(failures).toEqual([expect.objectContaining({
      code: 'STREAM_UNREADABLE', message: expect.stringMatching(/^Shop\/OnOrder\/Mapping: Reading .+\nThe run ends, because no other read can succeed\.$/),
    })]);
  });
});

describe('the app at work', () => {
  const TABLE = { path: 'Shop/Orders', name: 'orders', arn: 'arn:orders', globalIndexes: [], localIndexes: [] } as unknown as LocalTable;
  const mapping = { ...MAPPING, table: TABLE };
  const APP = {
    mappings: [mapping], functions: [FUNCTION], tables: [TABLE], queues: [], topics: [], buckets: [], notRunning: [], notes: [],
    storedValues: () => ({ parameters: [{ name: 'p' }], secrets: [] }),
  } as unknown as LocalApp;

  function atWork() {
    const log: unknown[] = [];
    const events: LocalEvent[] = [];
    const facts = { code: 'a' };
    const missing = { tables: [] as object[], functions: [] as object[] };
    const services = {
      endpoints: { streamLabels: new Map([['arn:orders', '1']]) }, tableOf: (table: LocalTable) => table, destinations: { refused: new Set() },
      take: async ({ tables }: LocalApp) => {
        log.push(`services ${tables.length}`);
        return missing.tables;
      },
    } as unknown as Services;
    const functions = {
      take: async (targets: LambdaFunction[]) => {
        log.push(`functions ${targets.length}`);
        return missing.functions;
      },
      keep: (targets: LambdaFunction[]) => log.push(`keep ${targets.length}`),
      traitsOf: () => ({ ...facts }),
    } as unknown as LocalFunctions;
    const mappings = { take: async (all: LocalMapping[]) => log.push(`mappings ${all.length}`) } as unknown as Mappings;
    const app = new AppAtWork({ observer: (event: LocalEvent) => events.push(event) } as unknown as RunSetup, services, functions, mappings);
    return { app, log, events, facts, missing };
  }

  test('is nothing before the first one is taken, and has the parts of that one then', async () => {
    const { app, log, events } = atWork();
    expect([app.storedValues(), app.overview]).toEqual([
      { parameters: [], secrets: [] }, { triggers: [], tables: [], queues: [], topics: [], buckets: [] },
    ]);
    const changes = await app.takeOver(() => APP);
    expect(changes.map(({ kind, change }) => `${change} ${kind}`)).toEqual(['new function', 'new trigger', 'new table']);
    expect(log).toEqual(['services 1', 'functions 1', 'mappings 1', 'keep 1']);
    expect(events).toEqual([{ type: 'app', functions: [{ name: 'on-order', path: 'Shop/OnOrder' }], triggers: [MAPPING.path] }]);
    expect(app.streams).toEqual([{ table: TABLE, streamArn: 'arn:orders/stream/1' }]);
    expect([app.overview.triggers.length, app.storedValues().parameters.length]).toEqual([1, 1]);
  });

  test('reports what a newer one changes, and keeps the streams where they are', async () => {
    const { app, events } = atWork();
    await app.takeOver(() => APP);
    expect(await app.takeOver(() => APP)).toEqual([]);
    expect(events.at(-1)).toEqual({ type: 'takenOver', changes: [] });
    expect(app.streams).toHaveLength(1);
  });

  test('goes on as it is where the newer one can\'t be read, and takes the next one', async () => {
    const { app, events } = atWork();
    const order: number[] = [];
    const taken = [
      app.takeOver(() => {
        throw new Error('broken');
      }),
      app.takeOver(() => {
        order.push(1);
        return APP;
      }),
      app.takeOver(() => {
        order.push(events.length);
        return APP;
      }),
    ];
    await expect(taken[0]).rejects.toThrow('broken');
    await Promise.all(taken.slice(1));
    // One after another.
    expect(order).toEqual([1, 1]);
  });

  test('takes new sources of a function over once, and reports only changes', async () => {
    const { app, log, events, facts } = atWork();
    await app.takeSources('Shop/OnOrder');
    await app.takeOver(() => APP);
    log.length = events.length = 0;
    facts.code = 'b';
    await Promise.all([app.takeSources('Shop/OnOrder'), app.takeSources('Shop/OnOrder'), app.takeSources('Shop/Other')]);
    expect(log).toEqual(['functions 1']);
    expect(events).toEqual([{ type: 'takenOver', changes: [{ kind: 'function', path: 'Shop/OnOrder', change: 'changed', what: ['code'] }] }]);
    await app.takeSources('Shop/OnOrder');
    expect(events).toHaveLength(1);
    expect(log).toEqual(['functions 1', 'functions 1']);
  });

  test('starts a function with its triggers when its sources load', async () => {
    const { app, log, events, missing } = atWork();
    const other = { ...FUNCTION, name: 'other', path: 'Shop/Other', arn: 'arn:other' };
    const both = { ...APP, functions: [FUNCTION, other], mappings: [mapping, { ...mapping, path: 'Shop/Other/Mapping', function: other }] };
    missing.functions = [{ message: 'It does not load.', stops: (one: LocalMapping) => one.function === other }];
    await app.takeOver(() => both);
    expect(events.at(-1)).toEqual({ type: 'warning', message: 'It does not load. The trigger Shop/Other/Mapping does not run.' });
    expect(log.slice(2)).toEqual(['mappings 1', 'keep 1']);
    missing.functions = [];
    await app.takeSources('Shop/Other');
    expect(log.slice(6)).toEqual(['mappings 2', 'keep 2']);
    expect(events.at(-1)).toMatchObject({ type: 'takenOver', changes: [{ kind: 'function', path: 'Shop/Other', change: 'new' }, { kind: 'trigger', change: 'new' }] });
  });

  test.each(['tables', 'functions'] as const)('does not run where all %s are missing', async (part) => {
    const { app, missing } = atWork();
    missing[part] = [{ message: 'None.', stops: () => true }];
    await expect(app.takeOver(() => APP)).rejects.toMatchObject({ code: part === 'tables' ? 'TABLE_REFUSED' : 'FUNCTION_NOT_LOADED' });
  });
});
