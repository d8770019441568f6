import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import type { LocalApp, LocalMapping, LocalTable } from '../../lib/local/assembly/app';
import { withoutMissing } from '../../lib/local/missing';
import { changeKeptTable } from '../../lib/local/service/kept-table';
import { Removals, type Removal } from '../../lib/local/service/removals';
import { tableStreams } from '../../lib/local/service/table-streams';
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
    await expect(changesOf(change)).rejects.toThrow(`the folder of --data has it with other ${what}, which can't be changed.`);
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
    ], 'TABLE_REFUSED', (event) => notes.push((event as { message: string }).message));
    expect(left).toEqual({ mappings: [c], functions: [{ name: 'C' }] });
    expect(notes).toEqual(['No table. The trigger Shop/A does not run.', 'No code. These triggers do not run: Shop/A, Shop/B.', 'No queue. No trigger needs it.']);
  });

  test('ends the run if no trigger is left', () => {
    expect(() => withoutMissing(app, [{ message: 'No table.', stops: () => true }], 'TABLE_REFUSED', () => {}))
      .toThrow(expect.objectContaining({ code: 'TABLE_REFUSED', message: 'No table. These triggers do not run: Shop/A, Shop/B, Shop/C.' }));
  });
});
