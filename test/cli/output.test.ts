import { PassThrough } from 'node:stream';
import { jsonLines, lines } from '../../lib/cli/output';
import type { LocalEvent, LocalRun } from '../../lib/local';

const run = {
  endpoints: { dynamodb: 'http://127.0.0.1:1', sqs: 'http://127.0.0.1:2', sns: 'http://127.0.0.1:2', s3: 'http://127.0.0.1:2' },
  tables: [{ path: 'Shop/Orders', name: 'orders', arn: 'arn:orders', logicalId: 'Orders', region: 'us-east-1' }],
  queues: [],
  topics: [],
  buckets: [],
  triggers: [{ path: 'Shop/OrderEvents', tableName: 'orders', functionName: 'on-order', streamArn: 'arn:stream' }],
} as unknown as LocalRun;
const ended = (response: unknown): LocalEvent => ({
  type: 'invocationEnded',
  trigger: 'Shop/OrderEvents',
  functionName: 'on-order',
  shardId: 'shard',
  event: { Records: [{ dynamodb: { Keys: { pk: { S: 'secret' } } } }] },
  outcome: { type: 'response', requestId: 'r', response },
  durationMs: 4.4,
});

function printedBy(show: (out: NodeJS.WriteStream) => void, properties: Partial<NodeJS.WriteStream> = {}): string {
  const out = new PassThrough();
  show(Object.assign(out, properties) as unknown as NodeJS.WriteStream);
  return (out.read() as Buffer | null)?.toString() ?? '';
}

test.each([
  ['success', null, 'on-order > 1 record(s) in 4 ms, done\n'],
  ['a partial failure', { batchItemFailures: [{ itemIdentifier: '17' }] }, 'on-order > 1 record(s) in 4 ms, not done from 17\n'],
])('an invocation that ended with %s is a line', (_, response, line) => {
  expect(printedBy((out) => lines(out).happened(ended(response)))).toBe(line);
});

test('lines end with the sum of the run', () => {
  const text = printedBy((out) => {
    const output = lines(out);
    output.ready(run);
    output.happened({ type: 'invocationStarted', trigger: 'Shop/OrderEvents', functionName: 'on-order', shardId: 'shard', event: { Records: [] } });
    output.ended();
  });
  expect(text).toMatch(/^DynamoDB +http:\/\/127\.0\.0\.1:1\n[\s\S]*Trigger +orders -> on-order {2}\(Shop\/OrderEvents\)\nReady\./);
  expect(text.trim().split('\n').at(-1)).toBe('0 invocations (0 failed, 1 under way), 0 retries, 0 records on a failure destination, iterator age 0.0 s');
});

test('on a terminal the status is drawn below the lines, no wider than the terminal', () => {
  jest.useFakeTimers();
  const text = printedBy((out) => {
    const output = lines(out);
    output.ready(run);
    jest.advanceTimersByTime(300);
    output.happened(ended(null));
    output.ended();
  }, { isTTY: true, columns: 21 });
  jest.useRealTimers();
  expect(text).toContain('\r\u001b[K0 invocations (0 fai\r\u001b[Kon-order > 1 record(s)');
});

test('JSON lines hold no item', () => {
  const text = printedBy((out) => {
    const output = jsonLines(out);
    output.ready(run);
    output.happened(ended(null));
    output.ended(new Error('It ended.'));
  });
  expect(text).not.toContain('secret');
  expect(text.trim().split('\n').map((line) => JSON.parse(line))).toMatchObject([
    { type: 'ready', tables: [{ path: 'Shop/Orders', name: 'orders' }] },
    { type: 'invocationEnded', records: 1 },
    { type: 'error', message: 'It ended.' },
    { type: 'summary', invocations: 1 },
  ]);
});
