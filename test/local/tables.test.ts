import { Readable } from 'node:stream';
import { type DynamoDBClient, ResourceNotFoundException, type TableDescription } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { LocalApp, LocalMapping, LocalTable } from '../../lib/local/assembly/app';
import { withoutMissing } from '../../lib/local/missing';
import { clientOptions } from '../../lib/local/service/credentials';
import { changeKeptTable, FixedDifference } from '../../lib/local/service/kept-table';
import { Removals, type Removal } from '../../lib/local/service/removals';
import { creation } from '../../lib/local/service/table-creation';
import { tableStreams } from '../../lib/local/service/table-streams';
import { LocalTables } from '../../lib/local/service/tables';
import type { StreamRecord } from '../../lib/stream/record';
import { folderWith } from '../folder';

/** A client that answers each command as `answer` says, and keeps what it was sent. */
function clientWith(answer: (name: string) => object) {
  const sent: [string, any][] = [];
  const send = async ({ constructor: { name }, input: { TableName: _, AttributeDefinitions: __, ...input } }: any) => {
    const command = name.replace('Command', '');
    sent.push([command, input]);
    return answer(command);
  };
  return { client: { send } as unknown as DynamoDBClient, sent };
}

const KEY = [{ AttributeName: 'pk', KeyType: 'HASH' as const }];
const indexOf = (IndexName: string, projection: object = { ProjectionType: 'ALL' }) =>
  ({ IndexName, KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' as const }], Projection: projection }) as LocalTable['globalIndexes'][number];
const TABLE: LocalTable = {
  path: 'Shop/Orders', logicalId: 'Orders', name: 'orders', arn: 'arn:orders', region: 'us-east-1',
  keySchema: KEY,
  attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'name', AttributeType: 'S' }],
  globalIndexes: [indexOf('byName')],
  localIndexes: [indexOf('bySize')],
  streamViewType: 'NEW_IMAGE',
};
const KEPT = {
  TableStatus: 'ACTIVE',
  KeySchema: KEY,
  AttributeDefinitions: [...TABLE.attributeDefinitions].reverse(),
  GlobalSecondaryIndexes: [{ ...indexOf('byName'), IndexStatus: 'ACTIVE' }],
  LocalSecondaryIndexes: [indexOf('bySize')],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
} as unknown as TableDescription;

describe('a kept table', () => {
  /** What is changed where the app has the table so, and what is said of it. */
  async function changesOf(change: Partial<LocalTable>, timeToLive?: string) {
    const { client, sent } = clientWith((name) => name === 'DescribeTimeToLive' ? { TimeToLiveDescription: { AttributeName: timeToLive } } : { Table: KEPT });
    const { changes: words } = await changeKeptTable(client, { ...TABLE, ...change }, KEPT);
    return { words, changes: sent.filter(([name]) => name.startsWith('Update')).map(([, input]) => Object.values(input)[0]) };
  }

  test.each<[string, Partial<LocalTable>, object[], string]>([
    ['another index', { globalIndexes: [indexOf('byName'), indexOf('byPlace')] }, [[{ Create: indexOf('byPlace') }]], 'the index byPlace'],
    ['one index less', { globalIndexes: [] }, [[{ Delete: { IndexName: 'byName' } }]], 'no index byName'],
    ['an index with another projection', { globalIndexes: [indexOf('byName', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['b', 'a'] })] },
      [[{ Delete: { IndexName: 'byName' } }], [{ Create: indexOf('byName', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['b', 'a'] }) }]],
      'the index byName made anew'],
    ['another view', { streamViewType: 'KEYS_ONLY' }, [{ StreamEnabled: false }, { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' }], 'a new stream with KEYS_ONLY'],
    ['no stream', { streamViewType: undefined }, [{ StreamEnabled: false }], 'no stream'],
    ['time to live', { timeToLiveAttribute: 'expires' }, [{ AttributeName: 'expires', Enabled: true }], 'time to live by expires'],
  ])('gets %s', async (_, change, changes, what) => {
    expect(await changesOf(change)).toEqual({ changes, words: [what] });
  });

  test('gets another attribute for time to live, or none', async () => {
    expect((await changesOf({ timeToLiveAttribute: 'until' }, 'expires')).changes)
      .toEqual([{ AttributeName: 'expires', Enabled: false }, { AttributeName: 'until', Enabled: true }]);
    expect((await changesOf({}, 'expires')).words).toEqual(['no time to live']);
  });

  test('stays as it is where the app has it so', async () => {
    expect(await changesOf({})).toEqual({ changes: [], words: [] });
  });

  test.each<[string, Partial<LocalTable>]>([
    ['keys', { keySchema: [{ AttributeName: 'name', KeyType: 'HASH' }] }],
    ['keys', { attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'N' }, { AttributeName: 'name', AttributeType: 'S' }] }],
    ['local indexes', { localIndexes: [indexOf('bySize', { ProjectionType: 'KEYS_ONLY' })] }],
    ['local indexes', { localIndexes: [] }],
  ])('is refused with other %s', async (what, change) => {
    await expect(changesOf(change)).rejects
      .toThrow(new FixedDifference(what));
  });

  test('that is refused has all of its differences named, and the way out', async () => {
    await expect(changesOf({ keySchema: [], localIndexes: [] })).rejects.toThrow(
      'the folder of --data has it with other keys and local indexes, which can\'t be changed. Name another folder, or remove this one');
  });

  test('is changed step by step, each when the one before is done, and attributes are named with each change', async () => {
    const log: string[] = [];
    const states = [{ TableStatus: 'UPDATING' }, { TableStatus: 'ACTIVE', GlobalSecondaryIndexes: [{ IndexStatus: 'CREATING' }] }, { TableStatus: 'ACTIVE' }];
    const waiting = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((wake: () => void, milliseconds: number) => {
      log.push(`wait ${milliseconds}`);
      queueMicrotask(wake);
    }) as never);
    const send = async ({ constructor: { name }, input }: any) => {
      const change = input.GlobalSecondaryIndexUpdates ?? input.StreamSpecification ?? input.TimeToLiveSpecification;
      log.push(`${name} ${input.TableName}${change ? ` ${JSON.stringify(change)}` : ''}`);
      if (name === 'UpdateTableCommand') {
        expect(input.AttributeDefinitions).toEqual(TABLE.attributeDefinitions);
      }
      // Nothing else is sent meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      log.push('done');
      return { Table: name === 'DescribeTableCommand' && states.length > 1 ? states.shift() : states[0], TimeToLiveDescription: { AttributeName: 'old' } };
    };
    const { description } = await changeKeptTable(
      { send } as unknown as DynamoDBClient, { ...TABLE, globalIndexes: [], streamViewType: 'KEYS_ONLY', timeToLiveAttribute: 'new' }, KEPT);
    waiting.mockRestore();
    expect(description).toEqual({ TableStatus: 'ACTIVE' });
    expect(log.filter((line, at) => line !== 'done' || log[at - 1] === 'done' || log[at + 1] === 'done')).toEqual([
      'UpdateTableCommand orders [{"Delete":{"IndexName":"byName"}}]', 'DescribeTableCommand orders', 'wait 100', 'DescribeTableCommand orders', 'wait 100',
      'DescribeTableCommand orders',
      'UpdateTableCommand orders {"StreamEnabled":false}', 'DescribeTableCommand orders',
      'UpdateTableCommand orders {"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}', 'DescribeTableCommand orders',
      'DescribeTimeToLiveCommand orders',
      'UpdateTimeToLiveCommand orders {"AttributeName":"old","Enabled":false}', 'UpdateTimeToLiveCommand orders {"AttributeName":"new","Enabled":true}',
      'DescribeTableCommand orders',
    ]);
    expect(log.filter((line) => line !== 'done' && !line.startsWith('wait'))).toHaveLength(log.filter((line) => line === 'done').length);
  });
});

test('what becomes of a table is said once, to all of its triggers', async () => {
  const on = (LatestStreamArn: string, StreamViewType = 'NEW_IMAGE') => ({ ...KEPT, LatestStreamArn, StreamSpecification: { StreamEnabled: true, StreamViewType } });
  let table: object | undefined = on('arn:1');
  const { client } = clientWith(() => ({ Table: table }));
  const notes: string[] = [];
  const streams = tableStreams({ tables: client, streams: {} as never }, TABLE, 'arn:1', new Removals(), (note) => notes.push(note));
  const seen = [];
  for (const next of [
    on('arn:1'), { ...KEPT, LatestStreamArn: 'arn:1', StreamSpecification: undefined }, on('arn:2', 'KEYS_ONLY'), undefined,
    { ...KEPT, LatestStreamArn: 'arn:1', StreamSpecification: undefined }, { ...on('arn:3'), KeySchema: [] },
  ]) {
    table = next;
    const [first, second] = [await streams.latest(), await streams.latest()];
    expect(second).toEqual(first);
    seen.push(first);
  }
  expect(seen.map(({ streamArn, isOn }) => isOn ? streamArn : `${streamArn} off`)).toEqual(['arn:1', 'arn:1 off', 'arn:2', 'arn:2 off', 'arn:2 off', 'arn:3']);
  expect(notes).toEqual([
    'The stream of the table orders was disabled. Its triggers go on when it is enabled again.',
    'The table orders has a new stream. Its triggers go on with its first record. Its view is KEYS_ONLY, and NEW_IMAGE in the app.',
    'The table orders was deleted. Its triggers go on when it is created again.',
    'The table orders was created again without a stream. Its triggers go on when it has one.',
    'The table orders has a new stream. Its triggers go on with its first record. Its keys are not those of the app.',
  ]);
});

describe('while the run itself changes a table', () => {
  const on = (LatestStreamArn: string) => ({ ...KEPT, LatestStreamArn });
  const streamsOf = (table: () => object, notes: string[] = [], streams: object = {}) =>
    tableStreams({ tables: clientWith(() => ({ Table: table() })).client, streams: streams as never }, TABLE, 'arn:1', new Removals(), (note) => notes.push(note));

  test('its triggers wait, and what happens to the table adds no note', async () => {
    const notes: string[] = [];
    let table = on('arn:1');
    const streams = streamsOf(() => table, notes);
    let changed!: () => void;
    const change = streams.change({ ...TABLE, streamViewType: 'KEYS_ONLY' }, () => new Promise((resolve) => changed = () => {
      table = { ...on('arn:2'), StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } };
      resolve(table as TableDescription);
    }));
    let isKnown = false;
    const latest = streams.latest().finally(() => isKnown = true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isKnown).toBe(false);
    changed();
    await change;
    expect(await latest).toEqual({ streamArn: 'arn:2', isOn: true });
    table = { ...table, LatestStreamArn: 'arn:3' };
    await streams.latest();
    expect(notes).toEqual(['The table orders has a new stream. Its triggers go on with its first record.']);
  });

  test('and fails, they go on with it as it was', async () => {
    const streams = streamsOf(() => on('arn:1'));
    await expect(streams.change(TABLE, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(await streams.latest()).toEqual({ streamArn: 'arn:1', isOn: true });
  });

  test('records of expired items are read as DynamoDB Local writes them', async () => {
    const removals = new Removals();
    await removals.perform([{ tableName: 'orders', keys: { pk: { S: 'a' } }, attribute: 'expires', expired: '1', at: Date.now() / 1000 }], async () => true);
    const record = (pk: string) => ({ eventName: 'REMOVE', dynamodb: { Keys: { pk: { S: pk } }, SequenceNumber: pk === 'a' ? '1' : '2' } });
    const asked: object[] = [];
    const answer = Buffer.from(JSON.stringify({ ShardIterator: 'i', Records: [record('a'), record('b')] }));
    const handle = async ({ body }: { body: Uint8Array }) => {
      asked.push(JSON.parse(new TextDecoder().decode(body)));
      return { response: { statusCode: 200, headers: {}, body: Readable.from([answer]) } };
    };
    const streams = new DynamoDBStreamsClient({ ...clientOptions('http://127.0.0.1:1'), requestHandler: { handle } as never });
    const { reader } = tableStreams({ tables: {} as never, streams }, TABLE, 'arn:1', removals, () => {});
    const { records, end } = await reader('arn:2', 'arn:source').read('shard', { type: 'TRIM_HORIZON' }, 7);
    expect(asked).toEqual([{ StreamArn: 'arn:2', ShardId: 'shard', ShardIteratorType: 'TRIM_HORIZON' }, { ShardIterator: 'i', Limit: 7 }]);
    expect(records).toMatchObject([{ eventName: 'UNKNOWN_TO_SDK_VERSION', eventSourceARN: 'arn:source' }, { eventName: 'REMOVE' }]);
    expect(end).toBe(true);
  });
});

describe('the tables of a run', () => {
  /** Tables on a DynamoDB Local that has these. */
  function tablesOn(present: Record<string, object>, refusing?: string) {
    const sent: string[] = [];
    const notes: string[] = [];
    const send = async ({ constructor: { name }, input }: any) => {
      const { TableName } = input;
      if (name !== 'DescribeTableCommand' && name !== 'DescribeTimeToLiveCommand') {
        sent.push(`${name} ${TableName}`);
      }
      if (TableName === refusing) {
        throw new Error('too many indexes');
      }
      if (name === 'CreateTableCommand') {
        present[TableName] = { ...input, ...KEPT, LatestStreamArn: `arn/stream/${sent.length}` };
        return { TableDescription: present[TableName] };
      }
      if (name === 'DescribeTableCommand' && present[TableName] === undefined) {
        throw new ResourceNotFoundException({ message: 'none', $metadata: {} });
      }
      return { Table: present[TableName] };
    };
    const clients = { tables: { send } as unknown as DynamoDBClient, streams: {} as never };
    const tables = new LocalTables(clients, new Removals(), (note) => notes.push(note));
    return { tables, sent, notes };
  }
  const RETURNS = { ...TABLE, path: 'Shop/Returns', name: 'returns', arn: 'arn:returns', streamViewType: undefined, timeToLiveAttribute: 'expires' };

  test('are made, with their time to live, and have the label of their first stream', async () => {
    const { tables, sent, notes } = tablesOn({});
    expect((await tables.take([TABLE, RETURNS])).size).toBe(0);
    expect(sent).toEqual(['CreateTableCommand orders', 'CreateTableCommand returns', 'UpdateTimeToLiveCommand returns']);
    expect([...tables.known]).toEqual([['arn:orders', TABLE], ['arn:returns', RETURNS]]);
    expect([...tables.streamLabels]).toEqual([['arn:orders', '1']]);
    expect(tables.streamsOf(TABLE).first).toBe('arn/stream/1');
    expect(await tables.take([TABLE, RETURNS])).toEqual(new Map());
    expect([sent.length, notes]).toEqual([3, []]);
  });

  test('that were kept are given what they have in the app now, and a note says so', async () => {
    const { tables, sent, notes } = tablesOn({ orders: { ...KEPT, GlobalSecondaryIndexes: [], LatestStreamArn: 'arn/stream/kept' } });
    await tables.take([{ ...TABLE, timeToLiveAttribute: 'expires' }]);
    expect(sent).toEqual(['UpdateTableCommand orders', 'UpdateTimeToLiveCommand orders']);
    expect(notes).toEqual(['The kept table orders now has the index byName, time to live by expires, as in the app.']);
    expect(tables.streamLabels.get('arn:orders')).toBe('kept');
  });

  test('that are refused are named with the reason, and keep no other from being made', async () => {
    const { tables } = tablesOn({}, 'orders');
    expect([...await tables.take([TABLE, RETURNS])]).toEqual([[TABLE, 'too many indexes']]);
    expect([...tables.known.keys()]).toEqual(['arn:returns']);
  });

  test('change with the app, keep their label, and go on as they were where nothing can change', async () => {
    const present: Record<string, object> = {};
    const { tables, sent, notes } = tablesOn(present);
    await tables.take([TABLE]);
    const changed: LocalTable = { ...TABLE, streamViewType: 'KEYS_ONLY' };
    await tables.take([changed]);
    expect(sent.slice(1)).toEqual(['UpdateTableCommand orders', 'UpdateTableCommand orders']);
    expect(tables.known.get('arn:orders')).toBe(changed);
    expect((await tables.take([{ ...changed, keySchema: [] }])).size).toBe(0);
    expect(tables.known.get('arn:orders')).toBe(changed);
    expect(notes).toEqual([
      'The table orders goes on with its old keys, which can\'t be changed. Start the run again for the new ones, with another folder if it has --data.',
    ]);
    // Somebody has deleted it.
    delete present.orders;
    await tables.take([TABLE]);
    expect(sent.slice(3)).toEqual(['CreateTableCommand orders']);
    expect(tables.streamLabels.get('arn:orders')).toBe('1');
  });

  test('that fail to change are refused', async () => {
    const { tables } = tablesOn({});
    await tables.take([TABLE]);
    const changed = { ...TABLE, name: 'refused' };
    const { tables: refusing } = tablesOn({}, 'refused');
    await refusing.take([TABLE]);
    expect([...(await refusing.take([changed])).values()]).toEqual(['too many indexes']);
  });

  test('are made on demand, with the indexes and the stream of the app', () => {
    expect(creation(TABLE)).toEqual({
      TableName: 'orders', KeySchema: KEY, AttributeDefinitions: TABLE.attributeDefinitions, BillingMode: 'PAY_PER_REQUEST',
      GlobalSecondaryIndexes: [indexOf('byName')], LocalSecondaryIndexes: [indexOf('bySize')],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
    expect(Object.keys(creation({ ...TABLE, globalIndexes: [], localIndexes: [], streamViewType: undefined })))
      .toEqual(['TableName', 'KeySchema', 'AttributeDefinitions', 'BillingMode']);
  });
});

describe('an expired item that the run has removed', () => {
  const AT = Date.now() / 1000;
  const removal = (change: Partial<Removal> = {}): Removal => ({ tableName: 'orders', keys: { pk: { S: 'a' } }, attribute: 'expires', expired: '17', at: AT, ...change });
  const record = (change: Partial<StreamRecord['dynamodb']> = {}, eventName: StreamRecord['eventName'] = 'REMOVE'): StreamRecord =>
    ({ eventName, dynamodb: { Keys: { pk: { S: 'a' } }, SequenceNumber: '5', ApproximateCreationDateTime: Math.floor(AT / 60) * 60, ...change } });

  test('is known by its record, and only by that one', async () => {
    const removals = new Removals();
    await removals.perform([removal()], async () => true);
    for (const other of [
      record({}, 'MODIFY'), record({ Keys: { pk: { S: 'b' } } }), record({ ApproximateCreationDateTime: AT - 120 }), record({ OldImage: { expires: { N: '18' } } }),
    ]) {
      expect(await removals.has('orders', other)).toBe(false);
    }
    expect(await removals.has('returns', record())).toBe(false);
    expect(await removals.has('orders', record({ OldImage: { expires: { N: '17' } } }))).toBe(true);
    // Every trigger of the table reads it.
    expect(await removals.has('orders', record())).toBe(true);
    expect(await removals.has('orders', record({ SequenceNumber: '6' }))).toBe(false);
  });

  test.each([[true], [false]])('is known before DynamoDB Local has answered (%s)', async (isRemoved) => {
    const removals = new Removals();
    let answer!: (isRemoved: boolean) => void;
    const performing = removals.perform([removal()], () => new Promise((resolve) => answer = resolve));
    const known = removals.has('orders', record());
    answer(isRemoved);
    await performing;
    expect(await known).toBe(isRemoved);
    expect(await removals.has('orders', record())).toBe(isRemoved);
  });

  test('is known to the next run too, for as long as a stream keeps records', async () => {
    const file = `${folderWith({})}/expired.json`;
    const removals = new Removals(file);
    await removals.perform([removal(), removal({ keys: { pk: { S: 'old' } }, at: AT - 25 * 60 * 60 })], async () => true);
    expect(await new Removals(file).has('orders', record())).toBe(true);
    expect(await new Removals(file).has('orders', record({ Keys: { pk: { S: 'old' } } }))).toBe(false);
    expect(await new Removals(`${folderWith({ broken: '[' })}/broken`).has('orders', record())).toBe(false);
  });
});

describe('a part of the app that is missing', () => {
  const [a, b, c] = ['A', 'B', 'C'].map((id) => ({ path: `Shop/${id}`, function: { name: id } }) as LocalMapping);
  const app = { mappings: [a, b, c] } as unknown as LocalApp;

  test('stops the triggers that need it, and is named with them', () => {
    const notes: unknown[] = [];
    const left = withoutMissing(app, [
      { message: 'No table.', stops: (mapping) => mapping === a },
      { message: 'No code.', stops: (mapping) => mapping !== c },
      { message: 'No queue.', stops: () => false },
    ], 'TABLE_REFUSED', (event) => notes.push(event));
    expect(left).toEqual({ mappings: [c], functions: [{ name: 'C' }] });
    expect(notes).toEqual([
      'No table. The trigger Shop/A does not run.', 'No code. These triggers do not run: Shop/A, Shop/B.', 'No queue. No trigger needs it.',
    ].map((message) => ({ type: 'warning', message })));
  });

  test('ends the run if no trigger is left', () => {
    expect(() => withoutMissing(app, [{ message: 'No table.', stops: () => true }], 'TABLE_REFUSED', () => {}))
      .toThrow(expect.objectContaining({ code: 'TABLE_REFUSED', message: 'No table. These triggers do not run: Shop/A, Shop/B, Shop/C.' }));
    expect(() => withoutMissing(app, [a, b, c].map((one) => ({ message: 'No code.', stops: (mapping) => mapping === one })), 'FUNCTION_NOT_LOADED', () => {}))
      .toThrow('No code. The trigger Shop/A does not run.\nNo code. The trigger Shop/B does not run.\nNo code. The trigger Shop/C does not run.');
  });
});
