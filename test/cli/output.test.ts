import { PassThrough } from 'node:stream';
import { failureLines } from '../../lib/cli/failure-lines';
import { createFold } from '../../lib/cli/fold';
import { Happenings } from '../../lib/cli/happenings';
import { jsonLines, lines } from '../../lib/cli/output';
import { shortNames } from '../../lib/cli/short-names';
import { takenOver } from '../../lib/cli/taken-over';
import { visible, visibleInLine } from '../../lib/cli/visible';
import { LocalRunError, type LocalChange, type LocalEvent, type LocalRun } from '../../lib/local';

const run = {
  variables: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1', AWS_REGION: 'us-east-1' },
  endpoints: { dynamodb: 'http://127.0.0.1:1', lambda: 'http://127.0.0.1:3', sqs: 'http://127.0.0.1:2', sns: 'http://127.0.0.1:2', s3: 'http://127.0.0.1:2' },
  tables: [{ path: 'Shop/Orders', name: 'orders', arn: 'arn:orders', logicalId: 'Orders', region: 'us-east-1' }],
  queues: [],
  topics: [],
  buckets: [],
  triggers: [{ path: 'Shop/OrderEvents', tableName: 'orders', functionName: 'on-order', streamArn: 'arn:stream' }],
} as unknown as LocalRun;
const STARTED: LocalEvent = { type: 'invocationStarted', trigger: 'Shop/OrderEvents', invocation: 1, functionName: 'on-order', shardId: 'shard', event: { Records: [] } };
const ended = (response: unknown): LocalEvent => ({
  type: 'invocationEnded',
  trigger: 'Shop/OrderEvents',
  invocation: 1,
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

const notice = (of: object): LocalEvent => ({ type: 'notice', trigger: 'Shop/OrderEvents', notice: { shardId: 'shard', ...of } }) as LocalEvent;

test.each<[LocalEvent, string]>([
  [{ type: 'debugger', functionName: 'on-order', port: 9229, waits: true }, 'on-order > waits for a debugger at 127.0.0.1:9229\n'],
  [{ type: 'debugger', functionName: 'on-order', port: 9230, waits: false }, 'on-order > a debugger can attach at 127.0.0.1:9230\n'],
  [{ ...ended(null), outcome: { type: 'throttled' } } as LocalEvent, 'on-order > 1 record in 4 ms, throttled\n'],
  [{ type: 'warning', message: 'A port is taken.' }, 'Note: A port is taken.\n'],
  [{ type: 'parked', destinationArn: 'arn' }, 'Parked 1 record on arn\n'],
  [{ type: 'log', functionName: 'on-order', stream: 'stdout', line: 'two\nlines' }, 'on-order | two\non-order | lines\n'],
  [notice({ type: 'tooLarge', records: 2 }), 'Shop/OrderEvents > not invoked: the event of 2 records is larger than the 6 MB that Lambda takes\n'],
  [notice({ type: 'trimmed' }), 'Shop/OrderEvents > LOST what the stream no longer holds, after its start\n'],
  [notice({ type: 'trimmed', after: '17' }), 'Shop/OrderEvents > LOST what the stream no longer holds, after 17\n'],
  [{ type: 'shards', trigger: 'Shop/OrderEvents', shards: 1, lineage: [] }, ''],
  [{ type: 'checkpoint', trigger: 'Shop/OrderEvents', shardId: 'shard', sequenceNumber: '1' }, ''],
])('%j is "%s"', (event, line) => {
  expect(printedBy((out) => lines(out).happened(event))).toBe(line);
});

const change = (kind: LocalChange['kind'], path: string, how: LocalChange['change'], ...what: string[]): LocalChange => ({ kind, path, change: how, what });
test.each<[LocalChange[], string]>([
  [[], 'nothing that runs here has changed'],
  [[change('function', 'Shop/OnOrder', 'new'), change('table', 'Shop/Orders', 'new')], 'the function OnOrder is new; the table Shop/Orders is new'],
  [[change('function', 'Shop/OnOrder', 'changed', 'code')], 'OnOrder has new code'],
  [[change('function', 'Shop/OnOrder', 'changed', 'code', 'environment', 'timeout')], 'OnOrder has new code, environment and timeout'],
  [[change('trigger', 'Shop/OnOrder', 'changed', 'batchSize', 'destination')], 'OnOrder has new settings (batchSize, destination)'],
  [[change('trigger', 'Shop/OnOrder', 'removed'), change('function', 'Shop/OnOrder', 'removed')], 'the trigger OnOrder has ended; the function OnOrder has ended'],
  [[change('queue', 'Shop/Failed', 'removed')], 'the queue Shop/Failed is no longer in the app, and keeps what it holds'],
  [Array(6).fill(change('table', 'T', 'new')), 'the table T is new; the table T is new; the table T is new; the table T is new; the table T is new; the table T is new'],
  [Array(7).fill(change('table', 'T', 'new')), 'the table T is new; the table T is new; the table T is new; the table T is new; the table T is new; the table T is new; and 1 more'],
])('of %j is shown as "%s"', (changes, text) => {
  expect(takenOver(changes, (path) => path.replace('Shop/', ''))).toBe(`Taken over: ${text}.`);
});

test('what is done with an app that changes is a line', () => {
  expect(printedBy((out) => {
    const output = lines(out);
    output.starting();
    output.synthesizing([]);
    output.synthesizing(['app.ts']);
    output.synthesizing(['app.ts', 'lib/a.ts']);
    output.synthesizing(['app.ts', 'lib/a.ts', 'lib/b.ts']);
    output.newer('cdk.out', 'Enter takes it over.');
    output.notTakenOver(new Error('No trigger.'));
  })).toBe(`Starting. Ctrl-C ends it.
Synthesizing the app.
Synthesizing: app.ts has changed.
Synthesizing: app.ts and 1 other file have changed.
Synthesizing: app.ts and 2 other files have changed.
cdk.out is newer than what runs. Enter takes it over.
Not taken over, the old app goes on: No trigger.
`);
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
    'Splits         0',
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
    output.happened({ type: 'shards', trigger: 'Shop/OrderEvents', shards: 1, lineage: [] });
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

  test('what is not zero is a part of the status, from one on', () => {
    const failed: LocalEvent = {
      ...ended(null) as LocalEvent & { type: 'invocationEnded' }, outcome: { type: 'error', requestId: 'r', errorType: 'E', errorMessage: '' },
    };
    const status = statusAt(
      500, STARTED, failed, STARTED, { type: 'parked', destinationArn: 'arn' },
      { type: 'delivered', trigger: 'Shop/OrderEvents', destinationArn: 'arn', message: { requestContext: {} } as never, records: [{}], accepted: true },
      notice({ type: 'split', first: 1, second: 1 }), notice({ type: 'count', name: 'FilteredOutEventCount', value: 1 }),
      notice({ type: 'dropped', records: [{}], reason: 'none' }),
    );
    expect(status).toBe('1 LOST, iterator age 0.0 s, 1 in flight, 2 invocations (1 failed), 1 retry, 1 split, 1 given up, 1 parked, 1 shard, '
      + '1 filtered out\u001b[K');
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

describe('what a terminal would obey', () => {
  test('is shown, and only colours are kept', () => {
    const title = '\u001b]0;pwned\u0007';
    const clipboard = '\u001b]52;c;cm0=\u001b\\';
    expect(visible(`${title}\u001b[2J${clipboard}\rover\u009b2J\u007f\b`)).toBe('␛]0;pwned␇␛[2J␛]52;c;cm0=␛\\␍over\\x9b2J␡␈');
    expect(visible('\u001b[31mred\u001b[0m\tand\n\u001b[1;38;5;9mbold é 日')).toBe('\u001b[31mred\u001b[0m\tand\n\u001b[1;38;5;9mbold é 日');
    expect(visible(Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join(''))).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  test('does not forge a line', () => {
    expect(visibleInLine('no\nOther > 9 records in 1 ms, done\n')).toBe('no\n    Other > 9 records in 1 ms, done');
  });

  test.each<[string, LocalEvent]>([
    ['a line', { type: 'log', functionName: 'on-order', requestId: 'r', stream: 'stdout', line: '\u001b[2J' }],
    ['the message of an error', { ...ended(null) as LocalEvent & { type: 'invocationEnded' }, outcome: { type: 'error', requestId: 'r', errorType: 'E\u001b[2J', errorMessage: '\u001b[2J' } }],
    ['an identifier', ended({ batchItemFailures: [{ itemIdentifier: '\u001b[2J' }] })],
    ['a note', { type: 'warning', message: '\u001b[2J' }],
  ])('is shown in %s of the run', (_, event) => {
    const text = printedBy((out) => lines(out).happened(event));
    expect(text).toContain('␛[2J');
    expect(text).not.toContain('\u001b');
  });
});

test('a construct has the last part of its path as its name, with what distinguishes it from others, and never that of a mapping', () => {
  expect(Object.fromEntries(shortNames([
    'Shop/OrderEvents/EventSourceMapping', 'Shop/OnOrder/DynamoDBEventSource:ShopOrdersA8B1F509', 'Shop/A/On', 'Shop/B/On', 'Other/B/On',
    'Shop/Two/DynamoDBEventSource:ShopA', 'Shop/Two/DynamoDBEventSource:ShopB',
  ]))).toEqual({
    'Shop/OrderEvents/EventSourceMapping': 'OrderEvents',
    'Shop/OnOrder/DynamoDBEventSource:ShopOrdersA8B1F509': 'OnOrder',
    'Shop/A/On': 'A/On',
    'Shop/B/On': 'Shop/B/On',
    'Other/B/On': 'Other/B/On',
    'Shop/Two/DynamoDBEventSource:ShopA': 'Shop/Two/DynamoDBEventSource:ShopA',
    'Shop/Two/DynamoDBEventSource:ShopB': 'Shop/Two/DynamoDBEventSource:ShopB',
  });
});

describe('a run with two functions, of which one fails', () => {
  const failure = (requestId: string, id: number): LocalEvent[] => [
    STARTED,
    ...['Invoke Error Error: too big', `    at check (/shop/src/on-order.ts:${7}:11)`, `    request ${requestId}`].map((line): LocalEvent =>
      ({ type: 'log', functionName: 'Shop-OnOrder5D6E7F', requestId, stream: 'stderr', line })),
    { type: 'used', functionName: 'Shop-OnOrder5D6E7F', requestId, memorySize: 512, memoryUsed: 70 + id, ...(id === 1 && { loadMs: 211.4 }) },
    {
      ...ended(null) as LocalEvent & { type: 'invocationEnded' },
      functionName: 'Shop-OnOrder5D6E7F',
      outcome: { type: 'error', requestId, errorType: 'Error', errorMessage: 'too big' },
    },
  ];
  const parked = {
    level: 'ERROR',
    message: 'dynamo-stream-trigger: record failed',
    outcome: 'parked',
    sequenceNumber: '000000000000000000017',
    eventName: 'INSERT',
    tries: 3,
    thrown: { name: 'TypeError', message: 'no name\nOnMail > done', stack: 'TypeError: no name\n    at trim (/shop/src/on-mail.ts:3:9)\n    at a (b.ts:1:1)\n    at c (d.ts:1:1)' },
  };
  const happened: LocalEvent[] = [
    {
      type: 'app',
      functions: [{ name: 'Shop-OnOrder5D6E7F', path: 'Shop/OnOrder' }, { name: 'Shop-OnMail11AA22', path: 'Shop/OnMail' }],
      triggers: ['Shop/OrderEvents/EventSourceMapping'],
    },
    ...failure('11111111-0000', 1),
    { type: 'notice', trigger: 'Shop/OrderEvents/EventSourceMapping', notice: { type: 'split', shardId: 'shard', first: 1, second: 1, at: 0 } as never },
    ...failure('22222222-0000', 2),
    { type: 'log', functionName: 'Shop-OnMail11AA22', requestId: 'm', stream: 'stderr', line: JSON.stringify(parked) },
  ];
  const longNames = {
    ...run,
    tables: [{ ...run.tables[0], name: 'Shop-Orders4A7B3C' }],
    queues: [{ path: 'Shop/OrderEvents/FailureQueue', name: 'q', url: 'http://127.0.0.1:42643/000000000000/Shop-OrderEventsFailureQueue12AB34CD' }],
  } as unknown as LocalRun;
  const shownAt = (columns: number | undefined) => {
    jest.useFakeTimers();
    delete process.env.NO_COLOR;
    const text = printedBy((out) => {
      const output = lines(out);
      happened.slice(0, 1).forEach(output.happened);
      output.ready(longNames);
      happened.slice(1).forEach(output.happened);
      output.ended();
    }, columns === undefined ? {} : { isTTY: true, columns });
    jest.useRealTimers();
    // The status is drawn anew after each line.
    return text.replace(/(iterator )?age [^\r\n]*\r/g, '\r').replace(/\r\u001b\[K/g, '').replaceAll('\u001b', '␛');
  };

  test.each([80, 120, undefined])('is shown so with %s columns', (columns) => {
    expect(shownAt(columns)).toMatchSnapshot();
  });

  test('breaks no URL where it fits into a line', () => {
    const lines80 = shownAt(80).split('\n');
    expect(lines80).toContain(longNames.queues[0].url);
    expect(lines80.filter((line) => line.includes('http')).every((line) => line.length <= 80)).toBe(true);
  });
});

test.each([[1, 'once'], [2, '2 times']])('a record that failed after %d tries is written out with the two places that are nearest', (tries, text) => {
  const thrown = { name: 'E', message: 'm', stack: 'E: m\n    at a (a.ts:1:1)\n    at b (b.ts:1:1)\n    at c (c.ts:1:1)' };
  const line = { message: 'dynamo-stream-trigger: record failed', outcome: 'parked', eventName: 'INSERT', sequenceNumber: '17', tries, thrown };
  expect(failureLines(JSON.stringify(line))).toEqual([
    'record failed (parked): E: m', '    at a (a.ts:1:1)', '    at b (b.ts:1:1)', `    INSERT 17, tried ${text}`,
  ]);
});

describe('what a function prints when it fails as before', () => {
  const failed = () => {
    const fold = createFold();
    ['a r1', 'b'].forEach((line) => fold.printed('f', 'r1', line));
    fold.ended('f', 'r1', true);
    return fold;
  };

  test('is counted, and not shown', () => {
    const fold = failed();
    expect(['a r2', 'b'].map((line) => fold.printed('f', 'r2', line))).toEqual([[], []]);
    expect(fold.ended('f', 'r2', true)).toEqual({ shown: [], folded: 2 });
  });

  test('is shown as soon as it differs', () => {
    const fold = failed();
    expect(['a r2', 'c', 'b'].map((line) => fold.printed('f', 'r2', line))).toEqual([[], ['a r2', 'c'], ['b']]);
    expect(fold.ended('f', 'r2', true)).toEqual({ shown: [], folded: 0 });
  });

  test('is shown if it did not fail this time', () => {
    const fold = failed();
    fold.printed('f', 'r2', 'a r2');
    expect(fold.ended('f', 'r2', false)).toEqual({ shown: ['a r2'], folded: 0 });
  });

  test('is of one function, and of one invocation', () => {
    const fold = failed();
    expect(fold.printed('g', 'r2', 'a r2')).toEqual(['a r2']);
    // The id again, as of another invocation.
    expect(['a r1', 'b'].map((line) => fold.printed('f', 'r1', line))).toEqual([[], []]);
    expect(fold.ended('f', undefined, true)).toEqual({ shown: [], folded: 0 });
  });
});

test('a line is shown with the invocation that printed it where a function has several under way', () => {
  const log: LocalEvent = { type: 'log', functionName: 'on-order', requestId: '11111111-0000', stream: 'stdout', line: 'one' };
  const events = [STARTED, log, STARTED, log, { ...log, requestId: undefined }, ended(null), log] as LocalEvent[];
  expect(printedBy((out) => {
    const output = lines(out);
    events.forEach(output.happened);
  })).toBe('on-order | one\non-order 11111111 | one\non-order | one\non-order > 1 record in 4 ms, done\non-order | one\n');
});

test('on a terminal each function has a colour of its own, which is not red, until there are none left', () => {
  const functions = Array.from({ length: 9 }, (_, n) => ({ name: `f${n}`, path: `Shop/F${n}` }));
  const printed = new Happenings(true);
  printed.lines({ type: 'app', functions, triggers: [] });
  const started = functions.map(({ name }) => printed.lines({ type: 'log', functionName: name, stream: 'stdout', line: '' })[0].split(' | ')[0].replaceAll('\u001b', '␛'));
  expect(started).toEqual([36, 33, 35, 32, 34, 96, 93, 95, 36].map((colour, n) => `␛[${colour}mF${n}␛[39m`));
});

test('a change is shown by the short names of what has changed', () => {
  const printed = new Happenings(false);
  printed.lines({ type: 'app', functions: [{ name: 'f', path: 'Shop/OnOrder' }], triggers: ['Shop/Orders/EventSourceMapping'] });
  expect(printed.lines({ type: 'takenOver', changes: [change('function', 'Shop/OnOrder', 'new'), change('trigger', 'Shop/Orders/EventSourceMapping', 'removed')] }))
    .toEqual(['Taken over: the function OnOrder is new; the trigger Orders has ended.']);
});

test('what an invocation used is shown once, at its end', () => {
  const printed = new Happenings(false);
  printed.lines({ type: 'used', functionName: 'on-order', requestId: 'r', memorySize: 512, memoryUsed: 70, loadMs: 211.4 });
  expect([ended(null), ended(null)].map((event) => printed.lines(event))).toEqual([
    ['on-order > 1 record in 4 ms, done (70 of 512 MB, cold start 211 ms, r)'], ['on-order > 1 record in 4 ms, done'],
  ]);
  printed.lines({ type: 'used', functionName: 'on-order', requestId: 'r', memorySize: 512 });
  expect(printed.lines(ended(null))).toEqual(['on-order > 1 record in 4 ms, done (r)']);
});

test('only the runtime\'s own line of a failed record is written out', () => {
  const line = { message: 'dynamo-stream-trigger: record failed', outcome: 'parked', error: 'Error' };
  expect(failureLines(JSON.stringify(line))).toBeUndefined();
  expect(failureLines('dynamo-stream-trigger: record failed')).toBeUndefined();
  expect(failureLines('{"message":"other"}')).toBeUndefined();
});

describe('JSON lines', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  const secretItem = { dynamodb: { Keys: { pk: { S: 'secret' } } } };
  const batch = { requestContext: { condition: 'RetryAttemptsExhausted' }, payload: JSON.stringify({ Records: [secretItem] }) };
  test.each<LocalEvent>([
    { ...STARTED as LocalEvent & { type: 'invocationStarted' }, event: { Records: [secretItem] } },
    ended(null),
    { type: 'delivered', trigger: 't', destinationArn: 'arn:aws:s3:::b', message: batch as never, records: [secretItem as never], accepted: true },
    { type: 'delivered', trigger: 't', destinationArn: 'arn', message: batch as never, records: [secretItem as never], accepted: false, reason: 'r' },
    { type: 'notice', trigger: 't', notice: { type: 'dropped', shardId: 's', records: [secretItem], reason: 'r', at: 0 } as never },
    { type: 'parked', destinationArn: 'arn' },
    { type: 'shards', trigger: 't', shards: 1, lineage: [] },
    { type: 'checkpoint', trigger: 't', shardId: 's', sequenceNumber: '1' },
  ])('hold no item in %o', (event) => {
    const text = printedBy((out) => jsonLines(out).happened(event));
    expect(JSON.parse(text)).toMatchObject({ type: event.type });
    expect(text).not.toContain('secret');
  });

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
      output.happened({ type: 'shards', trigger: 'Shop/OrderEvents', shards: 1, lineage: [] });
      output.happened({ ...STARTED, event: { Records: [{ dynamodb: { ApproximateCreationDateTime: 1_700_000_000 } }] } } as LocalEvent);
      jest.advanceTimersByTime(1000);
      output.happened(ended(null));
      output.happened({ type: 'parked', destinationArn: 'arn' });
      jest.advanceTimersByTime(5000);
      output.ended();
      jest.advanceTimersByTime(5000);
    }).filter(({ type }) => type === 'status' || type === 'summary');
    const idle = { invocations: 0, errors: 0, retries: 0, splits: 0, filtered: 0, parked: 0, failed: 0, lost: 0 };
    const after = { ...idle, shards: 1, inFlight: 0, iteratorAge: 0, highestIteratorAge: 4000, invocations: 1, parked: 1 };
    expect(statuses).toEqual([
      { type: 'status', ...idle, shards: 0, inFlight: 0, iteratorAge: 0, highestIteratorAge: 0 },
      { type: 'status', ...idle, shards: 1, inFlight: 1, iteratorAge: 4000, highestIteratorAge: 0 },
      { type: 'status', ...after },
      { type: 'summary', ...after },
    ]);
  });
});
