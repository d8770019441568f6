import { drive, failed, records, sequenceNumber } from './drive';

const settings = { retryAttempts: 1, bisectBatchOnError: false };
const run = (response: unknown, report = true) => drive({
  settings: { ...settings, reportBatchItemFailures: report },
  shards: [{ shardId: 'shard', records: records(3) }],
  respond: (_, nth) => (nth === 1 ? response : null),
});

test.each([
  [null], [undefined], [''], [[]], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }],
  // Not documented: an answer without a list of failures is a success.
  ['done'], [42], [true], [[1]], [{ statusCode: 500 }],
])('%j is success', (response) => {
  expect(run(response).batches).toEqual([[1, 2, 3]]);
});

test.each([
  ['empty', { itemIdentifier: '' }],
  ['null', { itemIdentifier: null }],
  ['missing', {}],
  ['under a wrong key', { foo: sequenceNumber(2) }],
  ['a number', { itemIdentifier: 123 }],
  ['of no record of the batch', { itemIdentifier: sequenceNumber(4) }],
  ['in no object', sequenceNumber(2)],
  ['in null', null],
])('an identifier that is %s fails the whole batch', (_, failure) => {
  expect(run({ batchItemFailures: [failure] }).batches).toEqual([[1, 2, 3], [1, 2, 3]]);
});

test('one wrong identifier beside a right one fails the whole batch', () => {
  expect(run({ batchItemFailures: [{ itemIdentifier: sequenceNumber(3) }, { itemIdentifier: '' }] }).batches).toEqual([[1, 2, 3], [1, 2, 3]]);
});

test.each([['x'], [{}], [0], [true]])('%j instead of the list of failures fails the whole batch', (batchItemFailures) => {
  expect(run({ batchItemFailures }).batches).toEqual([[1, 2, 3], [1, 2, 3]]);
});

test('of several failures the lowest is the checkpoint, in any order', () => {
  expect(run(failed(3, 2)).batches).toEqual([[1, 2, 3], [2, 3]]);
});

test('a partial response is ignored where the mapping does not report batch item failures', () => {
  expect(run(failed(2), false).batches).toEqual([[1, 2, 3]]);
});

test('a throw fails the whole batch, reported or not', () => {
  expect(run(new Error('no')).batches).toEqual([[1, 2, 3], [1, 2, 3]]);
  expect(run(new Error('no'), false).batches).toEqual([[1, 2, 3], [1, 2, 3]]);
});
