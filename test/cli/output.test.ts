import { PassThrough } from 'node:stream';
import { jsonLines, lines } from '../../lib/cli/output';
import { LocalRunError, type LocalEvent, type LocalRun } from '../../lib/local';

const run = {
  variables: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1', AWS_REGION: 'us-east-1' },
  endpoints: { dynamodb: 'http://127.0.0.1:1', lambda: 'http://127.0.0.1:3', sqs: 'http://127.0.0.1:2', sns: 'http://127.0.0.1:2', s3: 'http://127.0.0.1:2' },
  tables: [{ path: 'Shop/Orders', name: 'orders', arn: 'arn:orders', logicalId: 'Orders', region: 'us-east-1' }],
  queues: [],
  topics: [],
  buckets: [],
  triggers: [{ path: 'Shop/OrderEvents', tableName: 'orders', functionName: 'on-order', streamArn: 'arn:stream' }],
} as unknown as LocalRun;
const STARTED: LocalEvent = { type: 'invocationStarted', trigger: 'Shop/OrderEvents', functionName: 'on-order', shardId: 'shard', event: { Records: [] } };
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
  const out = new PassThrough({ highWaterMark: 2 ** 20 });
  show(Object.assign(out, properties) as unknown as NodeJS.WriteStream);
  return (out.read() as Buffer | null)?.toString() ?? '';
}

test.each([
  ['success', null, 'on-order > 1 record in 4 ms, done\n'],
  ['a partial failure', { batchItemFailures: [{ itemIdentifier: '17' }] }, 'on-order > 1 record in 4 ms, not done from 17\n'],
])('an invocation that ended with %s is a line', (_, response, line) => {
  expect(printedBy((out) => lines(out).happened(ended(response)))).toBe(line);
});

test('lines end with the totals of the run', () => {
  const text = printedBy((out) => {
    const output = lines(out);
    output.ready(run);
    output.happened(STARTED);
    output.ended();
  });
  expect(text).toMatch(/^DynamoDB +http:\/\/127\.0\.0\.1:1\n[\s\S]*Trigger +orders -> on-order {2}\(Shop\/OrderEvents\)\n[\s\S]*\nReady\./);
  expect(text).toContain('\nexport AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1\nexport AWS_REGION=us-east-1\n');
  expect(text.split('Ctrl-C ends the run.\n')[1]).toBe([
    'Invocations    0, 0 of them failed, 1 more interrupted',
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

  const statusAt = (columns: number, ...more: LocalEvent[]) => printedBy((out) => {
    const output = lines(out);
    output.ready(run);
    output.happened({ type: 'shards', trigger: 'Shop/OrderEvents', shards: 1 });
    output.happened(STARTED);
    output.happened(ended({ batchItemFailures: [{ itemIdentifier: '17' }] }));
    output.happened({ type: 'notice', trigger: 'Shop/OrderEvents', notice: { type: 'retrying', shardId: 'shard', records: 1, attempt: 2, at: 0 } });
    more.forEach(output.happened);
    jest.advanceTimersByTime(300);
  }, { isTTY: true, columns }).split('\r').at(-1);

  test('the status is below the lines, with shorter or fewer parts if the terminal has no room for all and a ^C', () => {
    expect(statusAt(80)).toBe('iterator age 0.0 s, 0 in flight, 1 invocation, 1 retry, 1 shard\u001b[K');
    expect(statusAt(63)).toBe('age 0.0 s, 0 in flight, 0/1 failed, 1 retry, 1 shard\u001b[K');
    expect(statusAt(40)).toBe('age 0.0 s, 0 in flight, 0/1 failed\u001b[K');
  });

  test('80 columns have room for the figures of a run with failures of every kind except lost records', () => {
    const failing = Array.from({ length: 1200 }, (): LocalEvent[] => [STARTED, {
      ...ended(null) as LocalEvent & { type: 'invocationEnded' }, outcome: { type: 'error', requestId: 'r', errorType: 'E', errorMessage: '' },
    }]).flat();
    const parked: LocalEvent = { type: 'parked', destinationArn: 'arn' };
    const givenUp: LocalEvent = {
      type: 'delivered', trigger: 'Shop/OrderEvents', destinationArn: 'arn', message: { requestContext: {} } as never, records: [{}, {}], accepted: true,
    };
    expect(statusAt(80, ...failing, parked, givenUp)).toMatch(/^age 0\.0 s, 0 in flight, 1200\/1201 failed, 1 retry, 2 given up, 1 parked\u001b/);
  });

  test('a line replaces the status, which follows in the same write', () => {
    const text = printedBy((out) => {
      const output = lines(out);
      output.ready(run);
      output.happened(ended(null));
    }, { isTTY: true, columns: 80 });
    expect(text).toMatch(/\r\u001b\[Kon-order > 1 record in 4 ms, done\niterator age [^\n]*$/);
  });

  test('the totals of the run replace the status', () => {
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

describe('JSON lines', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  const objects = (show: (out: NodeJS.WriteStream) => void) => printedBy(show).trim().split('\n').map((line) => JSON.parse(line));
  test('hold no item, and the code of an error', () => {
    const printed = objects((out) => {
      const output = jsonLines(out);
      output.ready(run);
      output.happened(ended(null));
      output.ended(new LocalRunError('SERVICE_ENDED', 'It ended.'));
    });
    expect(JSON.stringify(printed)).not.toContain('secret');
    expect(printed).toMatchObject([
      { type: 'ready', tables: [{ path: 'Shop/Orders', name: 'orders' }] },
      { type: 'invocationEnded', records: 1 },
      { type: 'error', code: 'SERVICE_ENDED', message: 'It ended.' },
      { type: 'summary', invocations: 1 },
    ]);
  });

  test('have the status once a second, if it has changed', () => {
    jest.setSystemTime(1_700_000_002_000);
    const statuses = objects((out) => {
      const output = jsonLines(out);
      output.ready(run);
      jest.advanceTimersByTime(1000);
      output.happened({ type: 'shards', trigger: 'Shop/OrderEvents', shards: 1 });
      output.happened({ ...STARTED, event: { Records: [{ dynamodb: { ApproximateCreationDateTime: 1_700_000_000 } }] } } as LocalEvent);
      jest.advanceTimersByTime(1000);
      output.happened(ended(null));
      output.happened({ type: 'parked', destinationArn: 'arn' });
      jest.advanceTimersByTime(5000);
      output.ended();
      jest.advanceTimersByTime(5000);
    }).filter(({ type }) => type === 'status' || type === 'summary');
    const idle = { invocations: 0, errors: 0, retries: 0, filtered: 0, parked: 0, failed: 0, lost: 0 };
    const after = { ...idle, shards: 1, inFlight: 0, iteratorAge: 0, highestIteratorAge: 4000, invocations: 1, parked: 1 };
    expect(statuses).toEqual([
      { type: 'status', ...idle, shards: 0, inFlight: 0, iteratorAge: 0, highestIteratorAge: 0 },
      { type: 'status', ...idle, shards: 1, inFlight: 1, iteratorAge: 4000, highestIteratorAge: 0 },
      { type: 'status', ...after },
      { type: 'summary', ...after },
    ]);
  });
});
