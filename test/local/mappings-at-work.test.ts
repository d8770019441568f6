import type { LocalMapping } from '../../lib/local/assembly/app';
import type { LocalFunctions } from '../../lib/local/function/functions';
import { type MappingRun, startMapping } from '../../lib/local/mapping-run';
import { Mappings } from '../../lib/local/mappings';
import type { RunSetup } from '../../lib/local/run-setup';
import type { Services } from '../../lib/local/service/services';

jest.mock('../../lib/local/mapping-run', () => ({ startMapping: jest.fn() }));

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders';
const mapping = (id: string, change: object = {}, table = TABLE) => ({
  path: `Shop/${id}`, table: { arn: table }, functionArn: 'arn:f', executedVersion: '$LATEST', settings: { startingPosition: 'LATEST', batchSize: 1 }, ...change,
}) as unknown as LocalMapping;

/** A mapping at work that is played by the test. */
class PlayedRun implements Omit<MappingRun, 'invocations'> {
  readonly polling: Promise<void>;
  poll!: () => void;
  invocations = 0;
  readonly parts: Parameters<typeof startMapping>[1];
  readonly pause = jest.fn(async () => {});
  readonly goOn = jest.fn();
  readonly change = jest.fn(async () => {});
  readonly stop = jest.fn();
  readonly drained = jest.fn(async () => {});

  constructor(readonly started: LocalMapping, parts: Parameters<typeof startMapping>[1]) {
    this.parts = parts;
    this.polling = new Promise((resolve) => this.poll = resolve);
  }
}

/** The mappings of a run, with all that they have to do with. */
function mappingsOf() {
  const runs: PlayedRun[] = [];
  jest.mocked(startMapping).mockImplementation((started, parts) => {
    runs.push(new PlayedRun(started, parts));
    return runs.at(-1)!;
  });
  const checkpoints = { startOf: jest.fn(async () => ({ startingPosition: 'TRIM_HORIZON', checkpoints: {} }) as never), save: jest.fn(), restart: jest.fn() };
  let latest = 'stream 1';
  const reader = (streamArn: string, sourceArn?: string) => ({ streamArn, sourceArn, shards: async () => [] });
  const services = {
    endpoints: { streamLabels: new Map([[TABLE, 'label'], ['arn:other', 'other label']]) }, destinations: {},
    streamsOf: () => ({ first: 'stream 0', latest: async () => ({ streamArn: latest, isOn: true }), reader }),
  } as unknown as Services;
  const observer = () => {};
  const [functions, onFailure] = [{} as LocalFunctions, jest.fn()];
  const mappings = new Mappings({ checkpoints, observer } as unknown as RunSetup, services, functions, onFailure);
  /** Has the app's mappings be these. */
  const take = async (...all: LocalMapping[]) => {
    const taken = mappings.take(all);
    await settled();
    runs.forEach(({ poll }) => poll());
    await taken;
  };
  return { mappings, runs, checkpoints, services, observer, functions, onFailure, take, replaceStream: () => latest = 'stream 2' };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a new mapping starts where it is in the present stream of its table, and is there when it polls', async () => {
  const { mappings, runs, checkpoints, services, observer, functions, onFailure } = mappingsOf();
  const orders = mapping('Orders');
  let isTaken = false;
  const taken = mappings.take([orders]).then(() => isTaken = true);
  await settled();
  expect(checkpoints.startOf.mock.calls).toEqual([[orders, expect.objectContaining({ streamArn: 'stream 1', sourceArn: undefined })]]);
  expect(runs.map(({ started }) => started)).toEqual([orders]);
  const { stream, onCheckpoint, ...parts } = runs[0].parts;
  expect(parts).toEqual({
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/), start: { startingPosition: 'TRIM_HORIZON', checkpoints: {} }, functions, destinations: services.destinations, observer, onFailure,
  });
  expect(mappings.visible).toEqual([expect.objectContaining({ mapping: orders, uuid: parts.uuid, streamArn: `${TABLE}/stream/label` })]);
  expect([stream.streamArn, isTaken]).toEqual([`${TABLE}/stream/label`, false]);
  onCheckpoint('shard', '7');
  expect(checkpoints.save.mock.calls).toEqual([[orders, 'shard', '7']]);
  runs[0].poll();
  await taken;
});

test('a mapping goes on in another stream of its table, and notes that it has read nothing of it', async () => {
  const { runs, checkpoints, take, replaceStream } = mappingsOf();
  await take(mapping('Orders'));
  await runs[0].parts.stream.shards();
  expect(checkpoints.restart).not.toHaveBeenCalled();
  replaceStream();
  await runs[0].parts.stream.shards();
  expect(checkpoints.restart.mock.calls).toEqual([[mapping('Orders'), 'stream 2']]);
});

test('no mapping begins before each can', async () => {
  const { mappings, runs, checkpoints } = mappingsOf();
  checkpoints.startOf.mockRejectedValueOnce(new Error('unreadable'));
  await expect(mappings.take([mapping('Orders'), mapping('Returns')])).rejects.toThrow('unreadable');
  expect([runs, mappings.visible]).toEqual([[], []]);
});

test.each<[string, object]>([
  ['settings', { settings: { startingPosition: 'LATEST', batchSize: 2 } }], ['function', { functionArn: 'arn:f:live' }], ['version', { executedVersion: 'live' }],
  ['destination', { destinationArn: 'arn:q' }],
])('a mapping with another %s goes on with it', async (_, change) => {
  const { mappings, runs, take } = mappingsOf();
  await take(mapping('Orders'));
  await take(mapping('Orders', change));
  expect(runs.map((run) => run.change.mock.calls)).toEqual([[[mapping('Orders', change)]]]);
  expect(mappings.visible).toEqual([expect.objectContaining({ mapping: mapping('Orders', change), uuid: runs[0].parts.uuid })]);
});

test('a mapping that is as it was notices nothing, wherever it would start', async () => {
  const { runs, take } = mappingsOf();
  await take(mapping('Orders'));
  await take(mapping('Orders', { settings: { startingPosition: 'TRIM_HORIZON', batchSize: 1 } }));
  expect([runs.length, runs[0].change.mock.calls, runs[0].pause.mock.calls]).toEqual([1, [], []]);
});

test.each<[string, LocalMapping[]]>([['that the app has no more', []], ['of another table', [mapping('Orders', {}, 'arn:other')]]])(
  'a mapping %s ends when what is under way has ended', async (_, next) => {
    const { mappings, runs, take } = mappingsOf();
    await take(mapping('Orders'));
    let end!: () => void;
    runs[0].pause.mockReturnValue(new Promise((resolve) => end = resolve));
    const taken = take(...next);
    await settled();
    expect([runs.length, runs[0].stop.mock.calls]).toEqual([1, []]);
    end();
    await settled();
    runs.forEach(({ poll }) => poll());
    await taken;
    expect(runs[0].stop.mock.calls).toEqual([[expect.objectContaining({ code: 'STOPPED', message: 'The trigger Shop/Orders is not in the app any more.' })]]);
    expect(mappings.visible.map(({ streamArn }) => streamArn)).toEqual(next.map(() => 'arn:other/stream/other label'));
  });

describe('drained', () => {
  test('means that all are, and that none of them did anything meanwhile', async () => {
    const { mappings, runs, take } = mappingsOf();
    await take(mapping('Orders'), mapping('Returns'));
    // What the second one does may be for the first one to read.
    runs[1].drained.mockImplementationOnce(async () => void runs[1].invocations++);
    await mappings.drained();
    expect(runs.map((run) => run.drained.mock.calls.length)).toEqual([2, 2]);
  });

  test.each<[string, (mappings: Mappings) => void]>([['is', () => {}], ['after a stop is not', (mappings) => mappings.stop(new Error('over'))]])(
    '%s said without one that has ended because the app has it no more', async (is, then) => {
      const { mappings, runs, take } = mappingsOf();
      await take(mapping('Orders'), mapping('Returns'));
      let fail!: (error: Error) => void;
      runs[0].drained.mockReturnValue(new Promise((_, reject) => fail = reject));
      const drained = mappings.drained();
      await take(mapping('Returns'));
      then(mappings);
      fail(new Error('It has ended.'));
      await (is === 'is' ? drained : expect(drained).rejects.toThrow('It has ended.'));
    });

  test('is never said of one that has failed', async () => {
    const { mappings, runs, take } = mappingsOf();
    await take(mapping('Orders'));
    runs[0].drained.mockRejectedValue(new Error('unreadable'));
    await expect(mappings.drained()).rejects.toThrow('unreadable');
  });
});

test('a stop ends all of them for its reason, and begins no others', async () => {
  const { mappings, runs, take } = mappingsOf();
  await take(mapping('Orders'), mapping('Returns'));
  const [over, again] = [new Error('over'), new Error('again')];
  mappings.stop(over);
  mappings.stop(again);
  expect(runs.map((run) => run.stop.mock.calls)).toEqual([[[over], [again]], [[over], [again]]]);
  await expect(mappings.take([mapping('Orders'), mapping('Returns'), mapping('New')])).rejects.toBe(over);
  expect(runs).toHaveLength(2);
});
