import { count, iteratorAge, newTally, sumOf, type Tally } from '../../lib/cli/tally';
import type { LocalEvent } from '../../lib/local';

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const invocation = {
  invocation: 1,
  trigger: 'Shop/OrderEvents',
  functionName: 'on-order',
  shardId: 'shard',
  event: { Records: [{}, { dynamodb: { ApproximateCreationDateTime: NOW / 1000 - 3 } }] },
};
const STARTED: LocalEvent = { type: 'invocationStarted', ...invocation };
const ended = (outcome: (LocalEvent & { type: 'invocationEnded' })['outcome']): LocalEvent =>
  ({ type: 'invocationEnded', ...invocation, outcome, durationMs: 1 });
const notice = (of: (LocalEvent & { type: 'notice' })['notice']): LocalEvent => ({ type: 'notice', trigger: 'Shop/OrderEvents', notice: of });
const delivered = (accepted: boolean): LocalEvent =>
  ({ type: 'delivered', trigger: 'Shop/OrderEvents', destinationArn: 'arn', message: {} as never, records: [{}, {}], accepted });

const tallyOf = (...events: LocalEvent[]) => {
  const tally = newTally();
  events.forEach((event) => count(tally, event, NOW));
  return tally;
};
const DONE = ended({ type: 'response', requestId: 'r', response: { batchItemFailures: [] } });
const FAILED = ended({ type: 'error', requestId: 'r', errorType: 'E', errorMessage: '' });
const PARTLY = ended({ type: 'response', requestId: 'r', response: { batchItemFailures: [{ itemIdentifier: '1' }] } });
const THROTTLED = ended({ type: 'throttled' });

test.each<[string, LocalEvent[], Partial<Tally>]>([
  ['an invocation that has ended', [STARTED, DONE], { invocations: 1, errors: 0 }],
  ['an invocation that failed', [STARTED, FAILED], { invocations: 1, errors: 1 }],
  ['not one that was throttled', [STARTED, THROTTLED], { invocations: 0, errors: 0 }],
  ['a retry', [notice({ type: 'retrying', shardId: 'shard', records: 5, attempt: 2, at: NOW })], { retries: 1 }],
  ['filtered records', [notice({ type: 'count', shardId: 'shard', name: 'FilteredOutEventCount', value: 4 })], { filtered: 4 }],
  ['parked records', [{ type: 'parked', destinationArn: 'arn' }, { type: 'parked', destinationArn: 'arn' }], { parked: 2, failed: 0 }],
  ['records on a failure destination', [delivered(true)], { failed: 2 }],
  ['not those that it refused', [delivered(false)], { failed: 0 }],
  ['lost records', [notice({ type: 'dropped', shardId: 'shard', records: [{}, {}, {}], reason: 'no destination' })], { lost: 3 }],
  ['the highest iterator age', [STARTED, DONE], { highestAge: 3000 }],
])('counts %s', (_, events, expected) => {
  expect(tallyOf(...events)).toMatchObject(expected);
});

test('shards and invocations in flight are those of all triggers', () => {
  const other = { ...STARTED, trigger: 'Shop/ReturnEvents' } as LocalEvent;
  const shards = (trigger: string, number: number): LocalEvent => ({ type: 'shards', trigger, shards: number, lineage: [] });
  const tally = tallyOf(shards('Shop/OrderEvents', 2), shards('Shop/ReturnEvents', 1), shards('Shop/OrderEvents', 4), STARTED, STARTED, other, DONE);
  expect([sumOf(tally, 'shards'), sumOf(tally, 'inFlight')]).toEqual([5, 2]);
});

test.each<[string, LocalEvent[], number]>([
  ['grows while a batch is worked on', [STARTED], 8000],
  ['grows while it waits for a retry', [STARTED, FAILED], 8000],
  ['grows while what is left of it waits', [STARTED, PARTLY], 8000],
  ['grows while it is throttled', [STARTED, THROTTLED], 8000],
  ['grows while another batch of the shard is under way', [STARTED, STARTED, DONE], 8000],
  ['is 0 when the batch is done', [STARTED, DONE], 0],
  ['is 0 when the batch is given up', [STARTED, FAILED, delivered(true)], 0],
  ['is 0 when the batch is lost', [STARTED, FAILED, notice({ type: 'dropped', shardId: 'shard', records: [{}], reason: 'no destination' })], 0],
])('the iterator age %s', (_, events, age) => {
  expect(iteratorAge(tallyOf(...events), NOW + 5000)).toBe(age);
});
