import { notDone, redrivenResponse } from './batch-response';
import { CHUNK_SIZE, createChunks } from './chunks';
import { type CallContext, callContext, type LambdaContext } from './context';
import { CONCURRENCY, type Environment } from './environment';
import { beginInvocation, type Invocation } from './invocation';
import { type Lanes, runLanes } from './lanes';
import { lanesOf } from './order';
import { createRecovery, type Recovery } from './recovery';
import { checkedRecord } from './schema';
import { timed } from './time-budget';
import type { BatchResponse, StreamEvent } from '../stream/record';

/** Runs a batch and answers for it. */
export async function invoke(environment: Environment, event: StreamEvent, context: Partial<LambdaContext>): Promise<BatchResponse> {
  const invocation = beginInvocation(environment, event, context);
  const { batch, batch: { records, sequenceNumbers, streamArn }, budget, host, now, redriven, report } = invocation;
  const { abandoned, evidence, memory, options: { chunkSize = CHUNK_SIZE, concurrency = CONCURRENCY, onRecords, order, partitionKey } } = environment;
  try {
    evidence.forget(now());
    report.observe({ type: 'batchStarted', streamArn, records: records.length });
    const recovery = createRecovery(invocation, environment);
    const calls = createCalls(invocation, environment, recovery);
    const lanes = runLanes({
      lanes: lanesOf(batch, order, partitionKey),
      waitsFor: calls.waitsFor,
      run: calls.run,
      succeeded: calls.succeeded,
      mayStart: calls.mayStart,
      failed: recovery.failed,
      concurrency: onRecords ? concurrency * chunkSize : concurrency,
    });
    const running = () => calls.running?.() ?? lanes.running();
    let interrupted = 0;
    budget.onAbort = () => {
      interrupted = running();
    };
    void budget.over.then(lanes.leave);
    await lanes.ended;
    recovery.close();

    const progress = lanes.count() > calls.skipped();
    environment.stalled = interrupted > 0 && !progress ? environment.stalled + 1 : 0;
    if (!progress && host.exit && isSick(invocation, environment, lanes, running())) {
      report.flush();
      report.exit(running(), sequenceNumbers[lanes.done.indexOf(0)]);
      measure(invocation);
      await budget.wait(report.settled());
      host.exit();
      // The process ends before it answers.
      return await new Promise(() => undefined);
    }
    for (const step of lanes.open()) {
      abandoned.add(invocation.itemOf(step), lanes.end(step), () => {
        if (!redriven && lanes.done[step]) {
          memory.add(invocation.batch, step, now());
        }
      });
    }
    return await answer(invocation, environment, lanes, recovery.errors, running);
  } finally {
    budget.close();
  }
}

/** What `run` answers where the record was done before. */
const SKIPPED = Symbol();

/** One of this many calls is timed: enough to know how long they take. */
const SAMPLE = 16;

/** How the records of an invocation are called. */
interface Calls {
  readonly waitsFor: (step: number) => Promise<void> | undefined;
  readonly run: (step: number) => unknown;
  readonly succeeded: (step: number, answer: unknown) => void;
  readonly mayStart: () => boolean;
  /** How many records were done before already. */
  readonly skipped: () => number;
  /** How many calls are under way, where a call has several records. */
  readonly running?: () => number;
}

function createCalls(invocation: Invocation, environment: Environment, recovery: Recovery): Calls {
  const { batch, batch: { records, eventNames }, budget, context, host, itemOf, now, recordOf, redriven, report } = invocation;
  const { options, memory, abandoned, isShared, pace, slots } = environment;
  const firstCall = callContext(context, budget, 1);
  const { onRecord, onInsert = onRecord, onModify = onRecord, onRemove = onRecord, onRecords, observer, schema } = options;
  const functions = { INSERT: onInsert, MODIFY: onModify, REMOVE: onRemove };
  const chunks = onRecords && createChunks(invocation, environment, recovery, firstCall);
  const waited = new Set<number>();
  let skipped = 0;

  /** The item's call of an earlier invocation: it may succeed yet, or its record may have been parked. */
  function waitsFor(step: number): Promise<void> | undefined {
    const before = abandoned.any() ? abandoned.of(itemOf(step)) : undefined;
    if (before) {
      waited.add(step);
    }
    return before;
  }

  function run(step: number): unknown {
    if (!redriven && memory.has(batch, step, now)) {
      return SKIPPED;
    }
    if (chunks) {
      return chunks.run(step);
    }
    const attempt = recovery.attempt(step);
    const callWith = attempt === 1 ? firstCall : callContext(firstCall, budget, attempt);
    const make = () => step % SAMPLE === 0 ? timed(pace, now, () => call(step, callWith)) : call(step, callWith);
    return isShared ? slots(() => {
      budget.check();
      return make();
    }, budget.aborted()) : make();
  }

  function call(step: number, callWith: CallContext): unknown {
    const handle: ((record: any, context: CallContext) => unknown) | undefined = functions[eventNames[step]];
    if (!handle || !schema) {
      return handle && host.call(records[step], () => handle(recordOf(step), callWith));
    }
    return checkedRecord(recordOf(step), schema).then((checked) => {
      budget.check();
      return host.call(records[step], () => handle(checked, callWith));
    });
  }

  function succeeded(step: number, answered: unknown): void {
    // A record without a call is not evidence for others.
    recovery.succeeded(step, answered !== SKIPPED && (chunks ?? functions[eventNames[step]]) !== undefined);
    skipped += Number(answered === SKIPPED && !waited.has(step));
    if (observer) {
      report.observe({ type: answered === SKIPPED ? 'recordSkipped' : 'recordDone', record: recordOf(step).raw });
    }
  }

  const mayStart = chunks ? () => chunks.isAhead() || budget.allows() : budget.allows;
  return { waitsFor, run, succeeded, mayStart, skipped: () => skipped, running: chunks?.running };
}

/**
 * Whether calls no longer settle in this process, as with a dead connection pool or a lock that is never released. Lambda's own
 * timeout would end such a process, but the answer before it keeps it alive. Where nothing was done:
 *
 * - two calls or more ignored the abort, and none has ever come to an end; or
 * - a call of an earlier invocation is still under way, and a record waits for it; or
 * - calls ran until the abort, in this invocation and in the one before: they heed it, but don't end without it.
 */
function isSick({ budget, itemOf, redriven }: Invocation, { abandoned, stalled }: Environment, lanes: Lanes, running: number): boolean {
  // A redrive waits for an answer.
  return !redriven && budget.isAborted() && (stalled > 1
    || (running > 1 && lanes.count() === 0)
    || lanes.open().some((step) => abandoned.of(itemOf(step))));
}

/** What a redrive sends again is not counted: its answer has all of it. */
function measure({ batch: { streamArn }, context, host, redriven, report, trigger }: Invocation): void {
  if (!redriven) {
    report.metrics.write(trigger, streamArn, context, host);
  }
}

/** The response for what is done now. */
async function answer(
  invocation: Invocation, { memory }: Environment, { done }: Lanes, errors: Recovery['errors'], running: () => number,
): Promise<BatchResponse> {
  const { batch, batch: { sequenceNumbers, streamArn }, budget, now, redriven, report, trigger } = invocation;
  const lowest = done.indexOf(0);
  const sequenceNumber: string | undefined = sequenceNumbers[lowest];
  if (!redriven) {
    // Where nothing is reported, Lambda starts again at the first record.
    memory.update(batch, done, lowest < 0 ? done.length : trigger.report ? lowest : 0, now());
  }
  if (budget.isAborted()) {
    report.observe({ type: 'deadline', running: running() });
  }
  report.observe({ type: 'checkpoint', streamArn, sequenceNumber });
  report.flush();
  measure(invocation);
  await budget.wait(report.settled());
  if (redriven) {
    return redrivenResponse(batch, done, errors);
  }
  const [first] = errors.values();
  return { batchItemFailures: notDone(sequenceNumber, trigger.report, (errors.get(lowest) ?? first)?.error) };
}
