import type { Environment } from './environment';
import type { Suspect } from './evidence';
import { parkedRecord, type RecordFailure } from './failure';
import type { Invocation } from './invocation';
import { causeOf, judgeError } from './judgement';
import type { FailedStep } from './lanes';
import { identity } from './memory';
import { afterOnPark } from './on-park';
import { reasonOf } from './park';
import { PARKED } from './report';
import { retryIn } from './retry';
import { NO_TIME, OUT_OF_TIME } from './time-budget';

/** What becomes of the records of an invocation that fail. */
export interface Recovery {
  /** Judges a failure, waits or parks; see `LaneOptions`. */
  readonly failed: (step: number, error: unknown) => Promise<FailedStep>;
  /** The number of a record's next try. */
  readonly attempt: (step: number) => number;
  /** A record succeeded. `called`: a handler was called with it. */
  readonly succeeded: (step: number, called: boolean) => void;
  /** The invocation answers: what still fails is not done, and nothing more is parked. */
  readonly close: () => void;
  /** The first error, and the last one of each record. */
  readonly errors: ReadonlyMap<number, RecordFailure>;
}

/** Why a record is not done. */
const WAITS = 'not known to be poison';

// eslint-disable-next-line max-lines-per-function -- small functions over one state, which is theirs alone
export function createRecovery(invocation: Invocation, environment: Environment): Recovery {
  const { batch, budget, host, itemOf, now, recordOf, redriven, report } = invocation;
  const { evidence, options: { isPoison, onPark, retry = {} } } = environment;
  const retries = retryIn(retry, budget, host);
  const recordAt = (step: number) => recordOf(step).raw;
  const idOf = (step: number) => identity(batch, step);
  // After the abort any error may come from it, and says nothing about the record.
  const isLate = (error: unknown) => error === NO_TIME || budget.isAborted();
  const errors = new Map<number, CountedFailure>();
  // Failed, and neither parked nor reported so far.
  const open = new Set<number>();
  let answered = false;

  function notDone(step: number, reason: string): 'not done' {
    // What was still failing at the answer is reported already.
    if (open.delete(step) || !answered) {
      report.failed(recordAt(step), errors.get(step)!, reason);
    }
    return 'not done';
  }

  async function park(step: number, poison: Suspect | true): Promise<'done' | 'not done'> {
    if (answered || !invocation.park) {
      return notDone(step, answered ? OUT_OF_TIME : 'no parking');
    }
    open.delete(step);
    const failure = knownFailure(errors.get(step)!, poison);
    const parked = parkedRecord(invocation, step, failure);
    try {
      await invocation.park(onPark ? afterOnPark(parked, onPark, report.complain('onPark')) : parked);
    } catch (error) {
      report.failed(recordAt(step), failure, `not parked: ${reasonOf(error)}`);
      return 'not done';
    }
    evidence.settled(idOf(step));
    report.failed(recordAt(step), failure, PARKED);
    return 'done';
  }

  /** Whether the record is poison by its error (true), or by evidence. */
  function poisonOf(step: number, { error, tries }: CountedFailure): Suspect | boolean {
    const verdict = judgeError(error, () => isPoison?.(error, recordOf(step)));
    const transient = verdict === 'transient';
    if (transient && !isLate(error)) {
      report.metrics.count('transient');
    }
    return verdict === 'poison' || (!redriven && !isLate(error) && evidence.failed({
      id: idOf(step), item: itemOf(step), cause: causeOf(error, transient), transient, first: tries === 1,
    }, now())) || false;
  }

  return {
    errors,
    attempt: (step) => (errors.get(step)?.tries ?? 0) + 1,
    succeeded: (step, called) => {
      const first = errors.size === 0 || !errors.delete(step);
      open.delete(step);
      if (!redriven && evidence.watches()) {
        called ? evidence.succeeded(idOf(step), first ? itemOf(step) : undefined) : evidence.settled(idOf(step));
      }
    },
    failed: async (step, error) => {
      const failure = countedFailure(errors.get(step), error, now());
      errors.set(step, failure);
      open.add(step);
      const poison = poisonOf(step, failure);
      if (poison) {
        return park(step, poison);
      }
      const late = isLate(error);
      const delay = late ? undefined : retries.delay(failure.tries, failure.waited);
      if (delay === undefined) {
        return notDone(step, late || !budget.allows() ? OUT_OF_TIME : WAITS);
      }
      report.observe({ type: 'recordRetried', record: recordAt(step), error, attempt: failure.tries + 1, delay });
      await retries.wait(delay);
      // A clock may stand still in a test.
      errors.set(step, { ...failure, waited: failure.waited + delay });
      return budget.allows() ? 'again' : notDone(step, OUT_OF_TIME);
    },
    close: () => {
      open.forEach((step) => notDone(step, OUT_OF_TIME));
      answered = true;
    },
  };
}

/** A failure, and since when it lasts, in milliseconds. */
interface CountedFailure extends RecordFailure {
  readonly firstFailedAt: number;
  readonly waited: number;
}

function countedFailure(before: CountedFailure | undefined, error: unknown, now: number): CountedFailure {
  const lastTriedAt = new Date(now).toISOString();
  const firstFailedAt = before?.firstFailedAt ?? now;
  const waited = Math.max(before?.waited ?? 0, now - firstFailedAt);
  return { firstTriedAt: lastTriedAt, ...before, firstFailedAt, waited, error, tries: (before?.tries ?? 0) + 1, lastTriedAt };
}

/** What is known of the failure from earlier deliveries too. */
function knownFailure({ firstFailedAt: _, waited: __, ...failure }: CountedFailure, poison: Suspect | true): RecordFailure {
  return poison === true ? failure : { ...failure, tries: poison.tries, firstTriedAt: new Date(poison.firstFailedAt).toISOString() };
}
