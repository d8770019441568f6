import type { ChangeRecord } from './change-record';
import { type CallContext, callContext } from './context';
import type { Environment } from './environment';
import { expected } from './expected';
import type { Invocation } from './invocation';
import { judgeError } from './judgement';
import type { Recovery } from './recovery';
import { checkedRecord } from './schema';
import { NO_TIME, timed } from './time-budget';

/** Calls with many records at once, for records that come one by one. */
export interface Chunks {
  /** Settles when the call that the record is in has: rejects with the record's own failure. */
  readonly run: (step: number) => Promise<void>;
  /** How many calls are under way. */
  readonly running: () => number;
  /** Whether it is known already how a record that comes next has fared. */
  readonly isAhead: () => boolean;
}

/** A record on its way to a call. */
interface Part {
  readonly step: number;
  readonly record: ChangeRecord;
}

/** By step. */
type Failures = ReadonlyMap<number, unknown>;

/** Records in a call, unless the handler's author says otherwise. */
export const CHUNK_SIZE = 100;

// eslint-disable-next-line max-lines-per-function -- small functions over one state, which is theirs alone
export function createChunks(
  { batch, batch: { records, sequenceNumbers }, budget, host, itemOf, now, recordOf, redriven }: Invocation,
  { abandoned, memory, options: { chunkSize = CHUNK_SIZE, onRecords, order, schema }, pace, slots }: Environment,
  recovery: Recovery,
  context: CallContext,
): Chunks {
  const inOrder = order === 'shard';
  /** What is known of records that come next, from the call of the one before them. */
  const ahead = new Map<number, Failures>();
  let running = 0;
  let collecting: { readonly parts: Part[]; readonly failures: Promise<Failures> } | undefined;

  /** Calls with a chunk. Answers the failures of its records. */
  async function call(parts: readonly Part[]): Promise<Failures> {
    try {
      budget.check();
      const attempt = Math.max(...parts.map(({ step }) => recovery.attempt(step)));
      // The host sees a call of each record, all at the same time.
      let answer: Promise<unknown> | undefined;
      const handle = async () => answer ??= (async () => onRecords!(parts.map(({ record }) => record), callContext(context, budget, attempt)))();
      const calls = async () => Promise.allSettled(parts.map(({ step }) => host.call(records[step], handle))).then(() => answer);
      running++;
      return refused(parts, await timed(pace, now, calls).finally(() => running--));
    } catch (error) {
      if (parts.length === 1 || error === NO_TIME || budget.isAborted() || judgeError(error, () => undefined) === 'transient') {
        return all(parts, error);
      }
      // One of them may be the cause: each half on its own, until it is alone.
      const middle = Math.ceil(parts.length / 2);
      // Read again: the first call may have changed the images.
      const again = await Promise.all(parts.map(async (part) => prepare(part.step).catch(() => part)));
      const failures = await call(again.slice(0, middle));
      return inOrder && failures.size > 0 ? failures : new Map([...failures, ...await call(again.slice(middle))]);
    }
  }

  /** What onRecords answers of the records that failed. */
  function refused(parts: readonly Part[], answer: unknown): Failures {
    const failures = new Map<number, unknown>();
    const steps = new Map(parts.map(({ step }) => [sequenceNumbers[step], step]));
    for (const entry of Array.isArray(answer) ? answer : answer ? [answer] : []) {
      const { record, error } = Object(entry);
      const step = steps.get(record?.sequenceNumber);
      if (step === undefined) {
        return all(parts, new TypeError(expected('What onRecords returns', 'nothing, or a list of { record, error } of records that it got', entry)));
      }
      failures.set(step, error);
    }
    return failures;
  }

  async function prepare(step: number): Promise<Part> {
    return { step, record: schema ? await checkedRecord(recordOf(step), schema) : recordOf(step) };
  }

  /** Calls with records that may run at the same time, when all that may have come, or the chunk is full, and there is a slot. */
  async function together(part: Part): Promise<Failures> {
    if (collecting && collecting.parts.length < chunkSize) {
      collecting.parts.push(part);
      return collecting.failures;
    }
    const parts = [part];
    const failures = new Promise(setImmediate).then(async () => slots(async () => {
      if (collecting?.parts === parts) {
        collecting = undefined;
      }
      return call(parts);
    }, budget.aborted()));
    collecting = { parts, failures };
    return failures;
  }

  /** Calls with a record and those that follow. One that is tried again goes alone: those behind it would come again each time. */
  async function inARow(part: Part): Promise<Failures> {
    const parts = [part];
    for (let step = part.step + 1; step < records.length && parts.length < chunkSize && recovery.attempt(part.step) === 1; step++) {
      const next = abandoned.of(itemOf(step)) || (!redriven && memory.has(batch, step, now)) ? undefined : await prepare(step).catch(() => undefined);
      if (!next) {
        break;
      }
      parts.push(next);
    }
    const failures = await slots(async () => call(parts), budget.aborted());
    // Of what is behind the first failure nothing is known.
    const failed = parts.findIndex(({ step }) => failures.has(step));
    parts.slice(1, failed + 1 || undefined).forEach(({ step }) => ahead.set(step, failures));
    return failures;
  }

  return {
    run: async (step) => {
      const failures = ahead.get(step) ?? await (inOrder ? inARow : together)(await prepare(step));
      ahead.delete(step);
      if (failures.has(step)) {
        throw failures.get(step);
      }
    },
    running: () => running,
    isAhead: () => ahead.size > 0,
  };
}

function all(parts: readonly Part[], error: unknown): Failures {
  return new Map(parts.map(({ step }) => [step, error]));
}
