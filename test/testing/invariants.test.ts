import * as fc from 'fast-check';
import { passes, type Plan, plans, type Story, tell } from './mapping-plan';
import { PROMISES } from './mapping-promises';
import { simulateTrigger, type StreamEvent, type StreamRecord, streamRecord } from '../../lib/testing';
import { numberOf } from '../records';
import { runs } from '../runs';

/** The same seed brings the same plans, so each story is told once. */
const stories = new Map<string, Promise<Story>>();

function toldOnce(plan: Plan): Promise<Story> {
  const key = JSON.stringify(plan);
  const story = stories.get(key) ?? tell(plan);
  stories.set(key, story);
  return story;
}

test.each(PROMISES.map((promise) => [promise.name, promise] as const))('%s', async (_, { given = (plan) => plan, times, check }) =>
  fc.assert(fc.asyncProperty(plans, async (plan) => check(await toldOnce(given(plan)))), runs(times, 1)));

test('the plans bring each kind of answer, record, batch and end, in many plans each', async () => {
  const seen = new Map<string, number>();
  for (const plan of fc.sample(plans, { numRuns: 60, seed: 1 })) {
    const { records, run, poison, moves } = await toldOnce(plan);
    const kinds = {
      'poison': records.some((record) => poison.has(numberOf(record)) && passes(plan, record)),
      [plan.answers]: true,
      'a batch of several': run.invocations.some(({ event: { Records } }) => Records.length > 1),
      'a batch of one': run.invocations.some(({ event: { Records } }) => Records.length === 1),
      'throttled': moves.some((move) => move.type === 'attempt' && move.throttled),
      'on the destination': run.deliveries.length > 0,
      'lost': run.lost.length > 0,
    };
    Object.entries(kinds).forEach(([kind, isMet]) => isMet && seen.set(kind, (seen.get(kind) ?? 0) + 1));
  }
  const all = [
    'poison', 'names the first', 'names all that are left', 'names none of the batch', 'throws', 'a batch of several', 'a batch of one', 'on the destination', 'lost',
  ];
  expect(all.filter((kind) => !(seen.get(kind)! >= 12))).toEqual([]);
  // Of the quarter of the plans that throttle.
  expect(seen.get('throttled')).toBeGreaterThanOrEqual(6);
});

test('the same seed gives the same run', () => fc.assert(fc.asyncProperty(plans, async (plan) => {
  const [first, second] = [await tell(plan), await tell(plan)];
  expect(JSON.stringify(second.run)).toBe(JSON.stringify(first.run));
  expect(second.done.map(numberOf)).toEqual(first.done.map(numberOf));
}), runs(8, 1)));

test('where creation times fall, a record still gets too old in its own time, and a message spans no record that was not given up', async () => {
  let tooOld = 0;
  await fc.assert(fc.asyncProperty(fc.record({
    seconds: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 25 }),
    batchSize: fc.integer({ min: 1, max: 10 }),
    maxBatchingWindow: fc.integer({ min: 0, max: 20 }),
    bisectBatchOnError: fc.boolean(),
    seed: fc.integer(),
  }), async ({ seconds, seed: chance, ...settings }) => {
    const records = seconds.map((second, index) => streamRecord({ createdAt: 1_735_689_600 + second, sequenceNumber: String(1000 + index) }));
    const expiries = new Map(records.map((record) => [numberOf(record), (record.dynamodb!.ApproximateCreationDateTime! + 60) * 1000]));
    const isPoison = (record: StreamRecord) => numberOf(record).endsWith('5');
    const run = await simulateTrigger({
      mapping: { ...settings, maxRecordAge: 60, retryAttempts: 6 },
      handler: ({ Records }: StreamEvent) => {
        if (Records.some(isPoison)) {
          throw new Error('poison');
        }
      },
      shards: [{ records }],
      faults: { throttle: 0.6 },
      seed: chance,
    });
    expect(run.lost).toEqual([]);
    const givenUp = new Set(run.deliveries.flatMap((delivery) => delivery.records.map(numberOf)));
    for (const { at, message: { requestContext, DDBStreamBatchInfo: info }, records: gone } of run.deliveries) {
      const spanned = records.map(numberOf).filter((number) => number >= info.startSequenceNumber && number <= info.endSequenceNumber);
      expect(spanned.filter((number) => !givenUp.has(number))).toEqual([]);
      expect(info.batchSize).toBe(gone.length);
      if (requestContext.condition === 'RecordAgeExceeded') {
        tooOld++;
        expect(Math.max(...gone.map((record) => expiries.get(numberOf(record))!))).toBeLessThan(at);
      }
    }
    for (const { at, event } of run.invocations) {
      expect(event.Records.filter((record) => expiries.get(numberOf(record))! < at)).toEqual([]);
    }
  }), runs(50, 1));
  expect(tooOld).toBeGreaterThan(15);
});
