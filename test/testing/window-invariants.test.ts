import * as fc from 'fast-check';
import { simulateTrigger, streamRecord, type WindowEvent } from '../../lib/testing';
import { createdAt, numberOf, START } from '../records';
import { runs } from '../runs';

/** What the function carries from one invocation of a window to the next: what it has worked through. */
interface State {
  readonly seen?: readonly string[];
}

const plans = fc.record({
  tumblingWindow: fc.constantFrom(1, 10, 60),
  maxBatchingWindow: fc.constantFrom(0, 0, 3, 20),
  batchSize: fc.integer({ min: 1, max: 5 }),
  retryAttempts: fc.integer({ min: 0, max: 3 }),
  bisectBatchOnError: fc.boolean(),
  reports: fc.boolean(),
  latency: fc.constantFrom(0, 0, 700, 5000),
  crash: fc.constantFrom(0, 0, 0.2),
  throttle: fc.constantFrom(0, 0, 0.3),
  reshard: fc.boolean(),
  seed: fc.nat(),
  /** Item, seconds since the one before, and how often it fails (99: always). */
  records: fc.array(fc.record({
    item: fc.nat({ max: 3 }), gap: fc.constantFrom(0, 0, 1, 7, 65), fails: fc.constantFrom(0, 0, 0, 0, 1, 99),
  }), { maxLength: 25 }),
});

test('each window ends with what was worked through of its records, each once, in order, and without what was given up', async () => {
  const times = { ended: 0, carried: 0, onTime: 0 };
  await fc.assert(fc.asyncProperty(plans, async ({ reports, latency, crash, throttle, reshard, seed, records: list, ...settings }) => {
    let time = START;
    const failures = new Map<string, number>();
    const records = list.map(({ item, gap, fails }) => {
      time += gap;
      const record = streamRecord({ keys: { id: `${item}` }, newImage: { id: `${item}` }, createdAt: time });
      failures.set(numberOf(record), fails);
      return record;
    });
    const handler = ({ Records, state }: WindowEvent) => {
      const seen = [...(state as State).seen ?? []];
      for (const record of Records) {
        const left = failures.get(numberOf(record))!;
        failures.set(numberOf(record), left === 99 ? 99 : Math.max(0, left - 1));
        if (left > 0 && !reports) {
          throw new Error('fails');
        } else if (left > 0) {
          return { state: { seen }, batchItemFailures: [{ itemIdentifier: numberOf(record) }] };
        }
        seen.push(numberOf(record));
      }
      return { state: { seen } };
    };
    const run = await simulateTrigger({
      mapping: { ...settings, reportBatchItemFailures: reports, maxRecordAge: -1 },
      handler,
      shards: [{ records }],
      faults: { latency, crash, throttle, reshards: reshard ? [{ at: 5 }] : [] },
      seed,
    });

    const finals = run.invocations.filter(({ event, error }) => (event as WindowEvent).isFinalInvokeForWindow && !error)
      .map(({ shardId, event }) => ({ shardId, event: event as WindowEvent }));
    const byNumber = new Map(records.map((record) => [numberOf(record), record]));
    const givenUp = new Set(run.deliveries.flatMap((delivery) => delivery.records.map(numberOf)));
    const seen = finals.flatMap(({ event }) => (event.state as State).seen ?? []);
    expect([...seen].sort()).toEqual(records.map(numberOf).filter((number) => !givenUp.has(number)).sort());
    expect(run.lost).toEqual([]);
    for (const { event: { Records, window, state } } of finals) {
      const own = (state as State).seen ?? [];
      expect(Records).toEqual([]);
      times.ended++;
      times.carried += own.length;
      expect(own).toEqual([...own].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)));
      for (const number of own) {
        expect(createdAt(byNumber.get(number)!)).toBeGreaterThanOrEqual(Date.parse(window.start));
        expect(createdAt(byNumber.get(number)!)).toBeLessThan(Date.parse(window.end));
      }
    }
    for (const shardId of new Set(finals.map((one) => one.shardId))) {
      const starts = finals.filter((one) => one.shardId === shardId).map(({ event }) => Date.parse(event.window.start));
      expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    }
    for (const { at, event } of run.invocations) {
      const { window, isFinalInvokeForWindow, isWindowTerminatedEarly } = event as WindowEvent;
      expect(Date.parse(window.end) - Date.parse(window.start)).toBe(settings.tumblingWindow * 1000);
      expect(isWindowTerminatedEarly).toBe(false);
      if (isFinalInvokeForWindow && !reshard) {
        times.onTime++;
        expect(at).toBeGreaterThanOrEqual(Date.parse(window.end));
      }
    }
  }), runs(40, 1));
  expect(Math.min(...Object.values(times))).toBeGreaterThan(20);
});
