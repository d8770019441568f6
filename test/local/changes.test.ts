import type { LocalApp, LocalMapping, LocalTable } from '../../lib/local/assembly/app';
import { changesBetween, EMPTY_APP, type LocalChange, shapeOf } from '../../lib/local/changes';
import type { FunctionTraits } from '../../lib/local/function/function-traits';

const named = (path: string) => ({ path, logicalId: path, name: path, arn: `arn:${path}`, region: 'us-east-1' });
const TABLE = {
  ...named('Table'), keySchema: [], attributeDefinitions: [], globalIndexes: [], localIndexes: [], streamViewType: 'NEW_IMAGE', timeToLiveAttribute: 'expires',
} as unknown as LocalTable;
const FUNCTION = named('Function') as LocalApp['functions'][number];
const MAPPING = { path: 'Trigger', settings: { startingPosition: 'LATEST', batchSize: 7 }, functionArn: 'arn:Function', table: TABLE, destinationArn: 'arn:Queue' } as unknown as LocalMapping;
const APP = {
  tables: [TABLE], functions: [FUNCTION], mappings: [MAPPING],
  queues: [{ ...named('Queue'), attributes: { DelaySeconds: '1' } }],
  topics: [{ ...named('Topic'), attributes: {}, subscriptions: [] }],
  buckets: [{ ...named('Bucket'), notifications: [] }],
} as unknown as LocalApp;

const shape = (app: Partial<LocalApp> = {}, facts: Partial<FunctionTraits> = { code: 'a', memory: 128 }, table = (one: LocalTable): LocalTable | undefined => one) =>
  shapeOf({ ...APP, ...app }, { table, functionTraits: () => facts as FunctionTraits });
const parts = (change: LocalChange['change'], ...kinds: LocalChange['kind'][]) =>
  kinds.map((kind) => ({ kind, path: kind[0].toUpperCase() + kind.slice(1), change, what: [] }));
const KINDS = ['function', 'trigger', 'table', 'queue', 'topic', 'bucket'] as const;

test('parts that come are new, and those that go are removed, functions first', () => {
  expect(changesBetween(EMPTY_APP, shape())).toEqual(parts('new', ...KINDS));
  expect(changesBetween(shape(), EMPTY_APP)).toEqual(parts('removed', ...KINDS));
  expect(changesBetween(shape(), shape())).toEqual([]);
});

test('a table that was refused is not there', () => {
  expect(changesBetween(shape(), shape({}, undefined, () => undefined))).toEqual(parts('removed', 'table'));
});

test.each<[LocalChange['kind'], string, string[], Partial<LocalApp>]>([
  ['table', 'Table', ['indexes'], { tables: [{ ...TABLE, globalIndexes: [{}] as never }] }],
  ['table', 'Table', ['indexes'], { tables: [{ ...TABLE, localIndexes: [{}] as never }] }],
  ['table', 'Table', ['keys'], { tables: [{ ...TABLE, keySchema: [{}] as never }] }],
  ['table', 'Table', ['stream', 'time to live'], { tables: [{ ...TABLE, streamViewType: 'KEYS_ONLY', timeToLiveAttribute: undefined }] }],
  ['table', 'Table', ['name'], { tables: [{ ...TABLE, arn: 'arn:other' }] }],
  ['queue', 'Queue', ['settings'], { queues: [{ ...APP.queues[0], attributes: {} }] }],
  ['topic', 'Topic', ['settings', 'subscriptions'], { topics: [{ ...APP.topics[0], attributes: { DisplayName: 'x' }, subscriptions: [{ queueArn: 'arn:Queue', attributes: {} }] }] }],
  ['bucket', 'Bucket', ['notifications'], { buckets: [{ ...APP.buckets[0], notifications: [{ arn: 'arn:Queue', prefix: '', suffix: '' }] }] }],
  ['trigger', 'Trigger', ['batchSize'], { mappings: [{ ...MAPPING, settings: { ...MAPPING.settings, batchSize: 8 } }] }],
  ['trigger', 'Trigger', ['function', 'table', 'destination'], { mappings: [{ ...MAPPING, functionArn: 'arn:Function:live', table: { ...TABLE, arn: 'arn:x' }, destinationArn: undefined }] }],
])('of a %s %s, %j has changed', (kind, path, what, app) => {
  expect(changesBetween(shape(), shape(app))).toEqual([{ kind, path, change: 'changed', what }]);
});

test('of a function, what it has now or had before has changed', () => {
  expect(changesBetween(shape({}, { code: 'a', memory: 1, handler: 'x' }), shape({}, { code: 'b', memory: 1, timeout: 3 })))
    .toEqual([{ kind: 'function', path: 'Function', change: 'changed', what: ['code', 'handler', 'timeout'] }]);
});

test('where a trigger starts in its stream counts only at its start', () => {
  expect(changesBetween(shape(), shape({ mappings: [{ ...MAPPING, settings: { ...MAPPING.settings, startingPosition: 'TRIM_HORIZON' } }] }))).toEqual([]);
});
