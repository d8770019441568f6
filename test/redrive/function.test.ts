import { FUNCTION, History, STREAM, TABLE } from './history';
import { World } from './world';
import { MessagesInFlight, type Ports, type Source } from '../../lib/redrive';
import { handler } from '../../lib/redrive/function.lambda';
import { REDRIVE_VARIABLE, type RedriveFacts } from '../../lib/stream/boundary';
import { numberOf } from '../records';

const mockEnded: string[] = [];
let mockPorts: (spool: Ports['spool']) => Ports;
let mockSource: (options: object) => Partial<Source>;
jest.mock('../../lib/redrive/aws', () => ({
  clientsOf: () => ({ sqs: () => 'SQS', s3: () => 'S3', destroy: () => mockEnded.push('clients') }),
  queueSource: (_client: unknown, options: object) => mockSource(options),
  bucketSource: (_client: unknown, bucket: string) => mockSource({ bucket }),
  awsPorts: ({ source, spool }: Ports) => {
    const ports = mockPorts(spool);
    return { ...ports, source: { ...ports.source, ...source } };
  },
}));
jest.mock('../../lib/redrive/spool-file', () => {
  const { spoolFile } = jest.requireActual('../../lib/redrive/spool-file');
  return {
    spoolFile: (folder: string) => {
      const spool = spoolFile(folder);
      return { ...spool, close: () => mockEnded.push('spool') && spool.close() };
    },
  };
});

const URL = 'https://sqs.eu-west-1.amazonaws.com/123456789012/failures';
const FACTS: RedriveFacts = { v: 1, queueUrl: URL, functionArn: FUNCTION, tableArn: TABLE, superseded: 'send', filters: [], parallelizationFactor: 1 };

let world: World;
/** What the source was made of, and asked for. */
let asked: { [name: string]: unknown }[];
let collect: Source['collect'] | undefined;
beforeEach(() => {
  world = new World();
  [asked, collect] = [[], undefined];
  mockEnded.length = 0;
  mockPorts = (spool) => world.ports(spool);
  mockSource = (options) => {
    asked.push({ ...options });
    return collect ? { collect } : {};
  };
  jest.spyOn(console, 'log').mockImplementation();
});
afterEach(() => {
  delete process.env[REDRIVE_VARIABLE];
  jest.restoreAllMocks();
});

function invoke(remaining = 900_000, facts: Partial<RedriveFacts> = {}): ReturnType<typeof handler> {
  process.env[REDRIVE_VARIABLE] = JSON.stringify({ ...FACTS, ...facts });
  return handler(undefined, { getRemainingTimeInMillis: () => remaining });
}

test('it redrives what its trigger gave up, by the filter that it is given, and logs what came of it', async () => {
  const history = new History();
  world.tables.set(TABLE, history.table);
  const [first, , last] = [1, 2, 3].map((item) => history.write(item, item)!);
  world.streams.set(STREAM, { shards: history.shards() });
  world.send('batch', history.batch(first, last, 2));

  const answer = await invoke(900_000, { filters: [{ Pattern: '{"dynamodb":{"Keys":{"id":{"S":["item-1","item-3"]}}}}' }] });

  expect(answer).toMatchObject({ removed: 1, givenBack: 0, tally: { done: 2 } });
  expect(world.events.map(({ Records }) => Records.map(numberOf))).toEqual([[first, last].map(numberOf)]);
  expect(jest.mocked(console.log).mock.calls).toEqual([[JSON.stringify(answer)]]);
});

test.each<[string, Partial<RedriveFacts>, object]>([
  ['a queue, whose messages others don\'t see for as long as it may run', {}, { url: URL, visibility: 900 }],
  ['a bucket', { queueUrl: undefined, bucket: 'failures' }, { bucket: 'failures' }],
])('it reads %s, and waits 4 minutes for others', async (_, facts, source) => {
  let options = {};
  collect = async (given) => {
    options = given;
    return { left: 0 };
  };
  await invoke(900_000, facts);
  expect([asked, options]).toEqual([[expect.objectContaining(source)], expect.objectContaining({ wait: true, patience: 240_000 })]);
});

test('it begins nothing in the last minute, nor what would not end before', async () => {
  jest.useFakeTimers();
  try {
    let stop!: AbortSignal;
    collect = async (given) => new Promise((resolve) => {
      stop = given.stop;
      stop.addEventListener('abort', () => resolve({ left: 0 }));
    });
    world.timeout = 100_000;
    const answer = invoke(900_000);
    await jest.advanceTimersByTimeAsync(739_999);
    expect(stop.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await answer).toMatchObject({ stopped: 'it was asked to stop' });
  } finally {
    jest.useRealTimers();
  }
});

test.each<[string, Error | undefined, object]>([
  ['that is done', undefined, { resolved: expect.objectContaining({ removed: 0 }) }],
  ['that finds others at work', new MessagesInFlight('5 messages are in flight'), { resolved: { inFlight: '5 messages are in flight' } }],
  ['that fails', new Error('no'), { rejected: new Error('no') }],
])('a redrive %s leaves neither a timer, nor a file, nor a connection', async (_, error, expected) => {
  jest.useFakeTimers();
  try {
    collect = async () => error ? Promise.reject(error) : { left: 0 };
    expect(await invoke().then((resolved) => ({ resolved }), (rejected) => ({ rejected }))).toEqual(expected);
    expect([mockEnded.sort(), jest.getTimerCount()]).toEqual([['clients', 'spool'], 0]);
  } finally {
    jest.useRealTimers();
  }
});
