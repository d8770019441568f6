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
  ['success', null, 'on-order > 1 record in 4 ms, done\n'],
  ['a partial failure', { batchItemFailures: [{ itemIdentifier: '17' }] }, 'on-order > 1 record in 4 ms, not done from 17\n'],
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
  expect(text.split('Ctrl-C ends the run.\n')[1]).toBe([
    'Invocations    0, 0 of them failed, 1 more broken off',
    'Retries        0',
    'Filtered out   0 records',
    'Parked         0 records, by the runtime',
    'Given up       0 records, to a failure destination',
    'Lost           0 records',
    'Iterator age   0.0 s at most',
    '',
  ].join('\n'));
});

describe('on a terminal', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const statusAt = (columns: number) => printedBy((out) => {
    const output = lines(out);
    output.ready(run);
    output.happened({ type: 'shards', trigger: 'Shop/OrderEvents', shards: 1 });
    output.happened({ type: 'invocationStarted', trigger: 'Shop/OrderEvents', functionName: 'on-order', shardId: 'shard', event: { Records: [] } });
    output.happened(ended({ batchItemFailures: [{ itemIdentifier: '17' }] }));
    output.happened({ type: 'notice', trigger: 'Shop/OrderEvents', notice: { type: 'retrying', shardId: 'shard', records: 1, attempt: 2, at: 0 } });
    jest.advanceTimersByTime(300);
  }, { isTTY: true, columns }).split('\r').at(-1);

  test('the status is drawn below the lines, in as many parts as the terminal has room for beside a ^C', () => {
    expect(statusAt(120)).toBe('1 shard, iterator age 0.0 s, 0 in flight, 1 retry, 1 invocation\u001b[K');
    expect(statusAt(60)).toBe('1 shard, iterator age 0.0 s, 0 in flight, 1 retry\u001b[K');
    expect(statusAt(40)).toBe('1 shard, iterator age 0.0 s, 1 retry\u001b[K');
  });

  test('a line takes the place of the status, which follows it at once', () => {
    const text = printedBy((out) => {
      const output = lines(out);
      output.ready(run);
      output.happened(ended(null));
    }, { isTTY: true, columns: 80 });
    expect(text).toMatch(/\r\u001b\[Kon-order > 1 record in 4 ms, done\n0 shards, [^\n]*$/);
  });

  test('the status gives way to the sum of the run', () => {
    const text = printedBy((out) => {
      const output = lines(out);
      output.ready(run);
      jest.advanceTimersByTime(300);
      output.ended();
      jest.advanceTimersByTime(300);
    }, { isTTY: true, columns: 80 });
    expect(text).toMatch(/\r\u001b\[KInvocations[^\r]*at most\n$/);
  });
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
