import * as fc from 'fast-check';
import { FUNCTION, History, parked, STREAM, TABLE } from './history';
import { World } from './world';
import type { RecordOutcome, SupersededPolicy } from '../../lib/redrive';
import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { itemKey } from '../../lib/stream/item-key';
import type { StreamRecord } from '../../lib/stream/record';
import { compareSequenceNumbers } from '../../lib/stream/sequence-number';
import { numberOf } from '../records';
import { runs } from '../runs';

beforeEach(() => {
  jest.spyOn(console, 'error').mockReturnValue();
});

const writes = fc.record({ item: fc.nat({ max: 4 }), value: fc.option(fc.nat({ max: 3 }), { nil: undefined }) });
const plans = fc.record({
  shardCount: fc.constantFrom(1, 2),
  /** Each write, and what became of its record. */
  writes: fc.array(fc.tuple(writes, fc.constantFrom<Fate>('done', 'done', 'done', 'parked', 'batch', 'batch', 'both', 'foreign')), { minLength: 1, maxLength: 40 }),
  isFiltered: fc.boolean(),
  /** Some messages name an alias of the function, others do not. */
  hasAliases: fc.boolean(),
  superseded: fc.constantFrom<SupersededPolicy>('hold', 'hold', 'send', 'skip', 'refresh'),
  inexact: fc.constantFrom('hold', 'send'),
  batchSize: fc.integer({ min: 1, max: 6 }),
  concurrency: fc.constantFrom(1, 1, 2, 3),
  /** What the live trigger gets meanwhile: by invocation, before or after the handler has done its part. */
  meanwhile: fc.array(fc.record({ at: fc.nat({ max: 8 }), isBefore: fc.boolean(), write: writes }), { maxLength: 4 }),
  failing: fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 4 }),
  /** What happens to an invocation beside its handler. */
  troubles: fc.array(fc.constantFrom<Trouble>('none', 'none', 'none', 'none', 'error', 'no answer', 'throttled', 'no answer, not invoked'), { maxLength: 8 }),
  tableIsUnreadable: fc.constantFrom(false, false, false, false, true),
  stopAfter: fc.option(fc.nat({ max: 5 })),
  order: fc.nat(),
});
/** `foreign`: it was done, but lies in the range of a batch. */
type Fate = 'done' | 'parked' | 'batch' | 'both' | 'foreign';
type Trouble = 'none' | 'error' | 'no answer' | 'throttled' | 'no answer, not invoked';

type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

/** The items of which a redrive under this plan may send records, and the messages with the records that they are about. */
function failures(plan: Plan, history: History, world: World): Map<string, StreamRecord[]> {
  const fates = plan.writes.flatMap(([{ item, value }, fate]) => {
    const record = history.write(item, value);
    return record ? [{ record, fate }] : [];
  });
  const messages = new Map<string, StreamRecord[]>();
  let run: { record: StreamRecord; fate: Fate }[] = [];
  const endRun = () => {
    const inBatch = run.filter(({ fate }) => fate !== 'foreign');
    if (inBatch.length > 0) {
      const [first, last] = [inBatch[0].record, inBatch.at(-1)!.record];
      const range = run.slice(run.findIndex(({ record }) => record === first), run.findIndex(({ record }) => record === last) + 1);
      const id = `batch-${numberOf(first)}`;
      world.send(id, history.batch(first, last, inBatch.length));
      messages.set(id, range.map(({ record }) => record));
    }
    run = [];
  };
  for (const shardId of history.shards().map((shard) => shard.shardId)) {
    for (const { record, fate } of fates.filter((one) => history.shardOf(one.record) === shardId)) {
      if (fate === 'parked' || fate === 'both') {
        const id = `parked-${numberOf(record)}`;
        world.send(id, parked(record));
        messages.set(id, [record]);
      }
      if (fate === 'batch' || fate === 'both' || fate === 'foreign') {
        run.push({ record, fate });
      } else {
        endRun();
      }
    }
    endRun();
  }
  // Nothing that the live trigger gave up is in the projection.
  fates.filter(({ fate }) => fate === 'done' || fate === 'foreign').forEach(({ record }) => history.project(record));
  const ids = [...world.messages.keys()];
  ids.sort((a, b) => hash(a + plan.order) - hash(b + plan.order)).forEach((id) => {
    const text = world.messages.get(id)!;
    world.messages.delete(id);
    world.messages.set(id, plan.hasAliases && hash(id) % 2 === 0 ? text.replaceAll(`"${FUNCTION}"`, `"${FUNCTION}:live"`) : text);
  });
  return messages;
}

const hash = (text: string) => [...text].reduce((sum, char) => (Math.imul(sum, 31) + char.charCodeAt(0)) | 0, 7);
const keyOf = (record: StreamRecord) => itemKey(record.dynamodb!.Keys!);
const SETTLED: readonly RecordOutcome[] = ['done', 'overtaken', 'skipped'];

test('whatever happens: each record has one outcome, items stay in order, only what is done is deleted, and nothing gets worse unseen', async () => {
  const seen = new Map<string, number>();
  await fc.assert(fc.asyncProperty(plans, async (plan) => {
    const history = new History('NEW_AND_OLD_IMAGES', plan.shardCount);
    const world = new World();
    const messages = failures(plan, history, world);
    world.streams.set(STREAM, {
      get shards() {
        return history.shards();
      },
    });
    world.tables.set(TABLE, history.table);
    const filters = plan.isFiltered ? ['{"eventName":["INSERT","MODIFY","REMOVE"]}'] : [];
    world.mappings = [{ streamArn: STREAM, functionArn: FUNCTION, filters, parallelizationFactor: 4 }];
    const failing = new Set(plan.failing.flatMap((at) => history.records[at] ? numberOf(history.records[at]) : []));
    const wasRight = new Map([...history.records.map(keyOf)].map((key) => [key, history.isRight(key)]));
    const before = [...history.records];

    /** What is being processed, and the records in the order in which functions got them. */
    const busy = new Set<string>();
    const sent: StreamRecord[] = [];
    const events: StreamRecord[][] = [];
    const texts = new Map(world.messages);
    const flags: [StreamRecord, boolean][] = [];
    const handler = streamHandler((change: any) => {
      if (failing.has(change.sequenceNumber)) {
        throw new PoisonRecordError('bad');
      }
      history.project(change.raw);
    });
    const stop = new AbortController();
    let invocations = 0;
    const live = (isBefore: boolean, nth: number) => {
      for (const { write } of plan.meanwhile.filter((one) => one.at === nth && one.isBefore === isBefore)) {
        const record = history.write(write.item, write.value);
        if (record) {
          history.project(record);
        }
      }
    };
    let isReadable = !plan.tableIsUnreadable;
    world.readTable = () => {
      if (!isReadable) {
        throw new Error('no');
      }
    };
    world.invoke = async (event) => {
      const nth = invocations++;
      const trouble = plan.troubles[nth] ?? 'none';
      if (plan.stopAfter === nth) {
        stop.abort();
      }
      if (trouble === 'throttled') {
        return { type: 'throttled', message: 'Rate Exceeded.', isReserved: false };
      }
      const items = new Set<string>(event.Records.map(keyOf));
      items.forEach((item) => expect(busy.has(item)).toBe(false));
      items.forEach((item) => busy.add(item));
      sent.push(...event.Records);
      events.push(event.Records);
      event.Records.forEach((record: StreamRecord) => flags.push([record, event.redriven.superseded.includes(record.eventID)]));
      live(true, nth);
      const response = trouble === 'no answer, not invoked' ? undefined : await handler(event);
      live(false, nth);
      items.forEach((item) => busy.delete(item));
      return trouble === 'error' ? { type: 'error', name: 'E', message: 'm' }
        : trouble.startsWith('no answer') ? { type: 'noAnswer', message: 'm' } : { type: 'answer', response };
    };
    const { superseded, inexact, batchSize, concurrency } = plan;
    const { tally, removed, givenBack } = await world.redrive({ superseded, inexact, batchSize, concurrency }, {}, stop.signal);
    isReadable = true;

    // Each record has one outcome.
    const outcomes = new Map(world.reports.map(({ sequenceNumber, outcome }) => [sequenceNumber!, outcome as RecordOutcome]));
    expect(outcomes.size).toBe(world.reports.length);
    const named = new Set([...messages.values()].flat().map(numberOf));
    expect([...outcomes.keys()].sort()).toEqual([...named].sort());
    const { lost, unknown, ...counts } = tally;
    expect([Object.values(counts).reduce((sum, count) => sum + count), lost, unknown]).toEqual([named.size, 0, 0]);
    outcomes.forEach((outcome) => seen.set(outcome, (seen.get(outcome) ?? 0) + 1));

    // A message is deleted exactly if each of its records is done.
    for (const [id, records] of messages) {
      expect([id, world.messages.has(id)]).toEqual([id, !records.every((record) => SETTLED.includes(outcomes.get(numberOf(record))!))]);
    }
    expect([removed, givenBack]).toEqual([messages.size - world.messages.size, world.messages.size]);
    expect(new Set(world.given.map(({ id }) => id))).toEqual(new Set(world.messages.keys()));

    // The records of an item come in order. One that is made anew may come again.
    const isAnew = (record: StreamRecord) => record.eventID!.includes('-refreshed-');
    for (const item of new Set(sent.map(keyOf))) {
      const numbers = sent.filter((record) => keyOf(record) === item).filter((record) => !isAnew(record)).map(numberOf);
      expect(numbers).toEqual([...new Set(numbers)].sort(compareSequenceNumbers));
    }
    sent.filter((record) => !isAnew(record)).forEach((record) => expect(before).toContainEqual(record));
    // After one that is not done, none of its item is sent. One that is made anew stands for all of its item.
    const stopped = new Set<string>();
    for (const event of events.map((records) => records.filter((record) => !isAnew(record)))) {
      expect(event.filter((record) => stopped.has(keyOf(record)))).toEqual([]);
      event.filter((record) => outcomes.get(numberOf(record)) === 'failed').forEach((record) => stopped.add(keyOf(record)));
    }
    // All that may be sent is, and the rest stays.
    const isExact = (id: string) => !id.startsWith('batch') || JSON.parse(texts.get(id)!).DDBStreamBatchInfo.batchSize === messages.get(id)!.length;
    const exact = new Set([...messages].filter(([id]) => inexact === 'send' || isExact(id)).flatMap(([, records]) => records.map(numberOf)));
    outcomes.forEach((outcome, number) => expect([number, outcome === 'inexact']).toEqual([number, !exact.has(number)]));
    expect(tally.notTried === 0 || stop.signal.aborted).toBe(true);

    // What was right stays right, unless it is told.
    const isTold = (item: string) => before.some((record) => keyOf(record) === item && ['failed', 'overtaken', 'notTried'].includes(outcomes.get(numberOf(record))!));
    if (superseded !== 'send') {
      for (const [item, right] of wasRight) {
        expect([item, history.isRight(item) || !right || isTold(item)]).toEqual([item, true]);
      }
      expect(flags.some(([, isSuperseded]) => isSuperseded)).toBe(false);
    }
    // What was sent as the newest is right, unless it is told.
    for (const record of sent.filter((one) => outcomes.get(numberOf(one)) === 'done')) {
      expect([keyOf(record), superseded === 'send' || history.isRight(keyOf(record)) || isTold(keyOf(record))]).toEqual([keyOf(record), true]);
    }
    // After a refresh all is right, whatever changed meanwhile, unless it was stopped.
    if (superseded === 'refresh' && !plan.tableIsUnreadable) {
      const right = ['done', 'failed', 'inexact', 'notTried', ...stop.signal.aborted ? ['overtaken'] : []];
      outcomes.forEach((outcome) => expect(right).toContain(outcome));
    }
  }), runs(150, 1));
  expect([...seen.keys()].sort()).toEqual(['done', 'failed', 'held', 'inexact', 'notTried', 'overtaken', 'skipped']);
});
