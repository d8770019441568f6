import { count, newTally, type Tally } from '../../lib/cli/tally';
import type { LocalEvent } from '../../lib/local';

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const invocation = {
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

test.each<[string, LocalEvent[], Partial<Tally>]>([
  ['an invocation under way, and the age of its last record', [STARTED], { inFlight: 1, iteratorAge: 3000 }],
  ['an invocation that has ended', [STARTED, ended({ type: 'response', requestId: 'r', response: null })], { inFlight: 0, invocations: 1, errors: 0 }],
  ['an invocation that failed', [STARTED, ended({ type: 'error', requestId: 'r', errorType: 'E', errorMessage: '' })], { invocations: 1, errors: 1 }],
  ['a retry', [notice({ type: 'retrying', shardId: 'shard', records: 5, attempt: 2, at: NOW })], { retries: 1 }],
  ['filtered records', [notice({ type: 'count', shardId: 'shard', name: 'FilteredOutEventCount', value: 4 })], { filtered: 4 }],
  ['records on a failure destination', [delivered(true)], { failed: 2 }],
  ['not those that it refused', [delivered(false)], { failed: 0 }],
  ['lost records', [notice({ type: 'dropped', shardId: 'shard', records: [{}, {}, {}], reason: 'no destination' })], { lost: 3 }],
])('counts %s', (_, events, expected) => {
  const tally = newTally();
  events.forEach((event) => count(tally, event, NOW));
  expect(tally).toMatchObject(expected);
});
