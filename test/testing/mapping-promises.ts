import { expect } from 'expect';
import { follow, itemOf } from './mapping-model';
import { passes, type Plan, type Story } from './mapping-plan';
import { numberOf } from '../records';

/** Something that a mapping promises, whatever its settings are and whatever befalls it. */
export interface MappingPromise {
  readonly name: string;
  /** What must be true of a plan, so that it is promised. */
  readonly given?: (plan: Plan) => Plan;
  /** How many plans a build tries. */
  readonly times: number;
  /** Throws if it was not kept. */
  readonly check: (story: Story) => void;
}

// A mapping that ignores reports takes what the handler of the other plans leaves undone for done.
const heard = (plan: Plan): Plan => ({ ...plan, reportBatchItemFailures: plan.reportBatchItemFailures || plan.answers !== 'throws' });

/** Plans in which bisecting isolates each record that always fails: failures count, there are tries enough, and the destination takes all. */
const isolating = (plan: Plan): Plan => ({
  ...plan,
  bisectBatchOnError: true,
  noProgressBisect: 'halve',
  answers: plan.answers === 'names none of the batch' ? 'throws' : plan.answers,
  reportBatchItemFailures: true,
  onFailure: plan.onFailure === 'none' ? 'sqs' : plan.onFailure,
  limits: { retryAttempts: Math.max(2, plan.limits.retryAttempts), maxRecordAge: -1 },
  refuse: 0,
  crash: 0,
  timeout: 0,
});

export const PROMISES: readonly MappingPromise[] = [
  {
    name: 'every move of a mapping is one that its settings promise, and what is lost and counted is what follows from them',
    times: 90,
    check: (story) => {
      const { records, run, plan } = story;
      const { lost, metrics } = follow(story);
      const ignored = story.plan.reportBatchItemFailures ? [] : reportedInVain(story);
      expect(run.lost.map(numberOf).sort()).toEqual(records.map(numberOf).filter((number) => lost.has(number) || ignored.includes(number)));
      expect(run.metrics).toEqual({
        ...metrics, PolledEventCount: records.length, FilteredOutEventCount: records.filter((record) => !passes(plan, record)).length,
      });
    },
  },
  {
    name: 'every record is processed, filtered out, on the destination or lost, and lost only where nothing took it',
    given: heard,
    times: 60,
    check: ({ records, run, done, plan }) => {
      const delivered = new Set(run.deliveries.flatMap((delivery) => delivery.records));
      const lost = new Set(run.lost);
      const processed = new Set(done.map(numberOf));
      for (const record of records) {
        expect([!passes(plan, record), processed.has(numberOf(record)), delivered.has(record), lost.has(record)]).toContain(true);
        expect(delivered.has(record) && lost.has(record)).toBe(false);
      }
      expect(done.every((record) => passes(plan, record))).toBe(true);
      if (plan.onFailure !== 'none' && plan.refuse === 0) {
        expect(run.lost).toEqual([]);
      }
    },
  },
  {
    name: 'a record goes to the destination once at most',
    times: 60,
    check: ({ run }) => {
      const delivered = run.deliveries.flatMap((delivery) => delivery.records);
      expect(new Set(delivered).size).toBe(delivered.length);
    },
  },
  {
    name: 'without faults of the function, bisecting brings exactly the poison records to the destination',
    given: isolating,
    times: 60,
    check: ({ plan, records, run, poison }) => {
      const expected = records.filter((record) => poison.has(numberOf(record)) && passes(plan, record)).map(numberOf);
      expect(run.deliveries.flatMap((delivery) => delivery.records.map(numberOf)).sort()).toEqual(expected.sort());
    },
  },
  {
    name: 'the first successes of an item come in the order of the stream',
    times: 60,
    check: ({ done }) => {
      const last = new Map<string, bigint>();
      const seen = new Set<string>();
      for (const record of done) {
        const number = numberOf(record);
        if (!seen.has(number)) {
          seen.add(number);
          expect(last.get(itemOf(record)) ?? 0n).toBeLessThan(BigInt(number));
          last.set(itemOf(record), BigInt(number));
        }
      }
    },
  },
  {
    name: 'no child of a shard is touched before the shard is done with',
    times: 60,
    check: ({ moves }) => {
      const shardIds = moves.map((move) => (move.type === 'attempt' ? move.shardId : move.message.DDBStreamBatchInfo.shardId));
      for (const [index, shardId] of shardIds.entries()) {
        expect(shardIds.slice(index).some((later) => shardId.startsWith(`${later}-`))).toBe(false);
      }
    },
  },
  {
    name: 'at most parallelizationFactor batches of a shard are in work at once',
    times: 60,
    check: ({ plan, run }) => {
      for (const { at, shardId } of run.invocations) {
        const inWork = run.invocations.filter((other) => other.shardId === shardId && other.at <= at && at < other.at + other.durationMs);
        expect(inWork.length).toBeLessThanOrEqual(plan.parallelizationFactor);
      }
    },
  },
  {
    name: 'time never goes back',
    times: 60,
    check: ({ run, moves }) => {
      const times = moves.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      const starts = run.invocations.map(({ at }) => at);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
      expect(run.endedAt).toBeGreaterThanOrEqual(Math.max(run.startedAt, ...times, ...starts));
    },
  },
];

/** What a handler reported to a mapping that does not listen. */
function reportedInVain({ run }: Story): string[] {
  return run.invocations.flatMap(({ event, response }) => {
    const listed = ((response as any)?.batchItemFailures ?? []).map(({ itemIdentifier }: any) => itemIdentifier);
    return event.Records.map(numberOf).filter((number) => listed.includes(number));
  });
}
