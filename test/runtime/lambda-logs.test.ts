import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const RECORDS = 9;

const code = buildSync({
  entryPoints: [join(__dirname, 'lambda-logs', 'function.ts')], bundle: true, platform: 'node', write: false,
}).outputFiles[0].text;

/** What an invocation prints in which records fail with errors that hold data, in the order of the records, and what it answers. */
function run(logger: string, format: 'JSON' | 'Text', logErrors = false): { readonly lines: string[]; readonly answer: unknown } {
  const { stdout, stderr } = spawnSync(process.execPath, ['-', logger, logErrors ? 'logErrors' : ''], {
    input: code, encoding: 'utf8', env: { AWS_LAMBDA_LOG_FORMAT: format, AWS_LAMBDA_FUNCTION_NAME: 'orders' },
  });
  const lines = stdout.trim().split('\n');
  const answer = JSON.parse(lines.pop()!);
  const positionOf = (line: string) => Number(/"event-(\d+)"/.exec(line)?.[1] ?? -1);
  return { lines: [...lines, ...stderr.split('\n').filter((line) => line !== '')].sort((one, other) => positionOf(one) - positionOf(other)), answer };
}

const FIRST = { batchItemFailures: [{ itemIdentifier: '100000000000000000000' }] };

/** The fields of a failed record's entry. */
const entry = (at: number) => ({
  message: 'dynamo-stream-trigger: record failed',
  outcome: 'not known to be poison',
  eventId: `event-${at}`,
  sequenceNumber: String(100000000000000000000n + BigInt(at)),
  eventName: 'MODIFY',
  streamArn: expect.stringContaining('table/Orders/stream/'),
  requestId: 'request-1',
  tries: 1,
  error: expect.any(String),
});
const ENTRIES = [{ message: 'dynamo-stream-trigger: observer failed', error: 'Error' }, ...Array.from({ length: RECORDS }, (_, at) => entry(at))];
const ERRORS = ['Error', 'TypeError', 'RangeError', 'Error', 'Error', 'AggregateError', 'Error', 'object', 'string', 'object'];

test('with Lambda\'s JSON format, console makes one object of a failure, by the rule of aws-lambda-ric, whose fields can be queried', () => {
  const { lines, answer } = run('console', 'JSON');
  const entries = lines.map((line) => JSON.parse(line));
  expect(entries).toMatchObject(ENTRIES.map((message) => ({ level: 'ERROR', requestId: 'request-1', message })));
  expect(entries.map(({ message }) => message.error)).toEqual(ERRORS);
  expect(answer).toEqual(FIRST);
});

test('with its text format, console makes one line of a failure, by the rule of aws-lambda-ric, which ends with the same as JSON', () => {
  const { lines, answer } = run('console', 'Text');
  expect(lines.map((line) => line.split('\t').slice(1, 3))).toEqual(ENTRIES.map(() => ['request-1', 'ERROR']));
  expect(lines.map((line) => JSON.parse(line.split('\t')[3]))).toMatchObject(ENTRIES.map((fields) => ({ level: 'ERROR', ...fields })));
  expect(answer).toEqual(FIRST);
});

test.each(['JSON', 'Text'] as const)('Powertools Logger writes one line a failure, with its own keys, in the format %s', (format) => {
  const { lines, answer } = run('powertools', format);
  const own = { level: 'ERROR', service: 'orders', team: 'shop', function_request_id: 'request-1', cold_start: expect.any(Boolean), timestamp: expect.any(String) };
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(ENTRIES.map((fields) => ({ ...own, ...fields })));
  expect(answer).toEqual(FIRST);
});

test('pino writes one line a failure', () => {
  const { lines, answer } = run('pino', 'JSON');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(ENTRIES.map((fields) => ({ level: 50, service: 'orders', ...fields })));
  expect(answer).toEqual(FIRST);
});

test.each(['console', 'powertools', 'pino'])('%s gets nothing of an item, unless logErrors is set', (logger) => {
  expect(run(logger, 'JSON').lines.join('\n')).not.toContain('jane_doe');
  const { lines } = run(logger, 'JSON', true);
  expect(lines.join('\n')).toContain('no such customer: jane_doe_4111');
  expect(lines).toHaveLength(ENTRIES.length);
});

test.each([['throwing', 0], ['rejecting', 0], ['forgetful', ENTRIES.length]])('a %s logger changes nothing of the answer', (logger, count) => {
  const { lines, answer } = run(logger, 'JSON');
  expect(answer).toEqual(FIRST);
  expect(lines).toHaveLength(count);
});
