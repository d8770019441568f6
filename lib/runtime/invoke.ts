import { notDone, redrivenResponse } from './batch-response';
import { type CallContext, callContext, type LambdaContext } from './context';
import type { Environment } from './environment';
import { InvalidEventError } from './errors';
import { expected } from './expected';
import { begin, type Invocation } from './invocation';
import { type Lanes, runLanes } from './lanes';
import { createRecovery, type Recovery } from './recovery';
import { checkedRecord } from './schema';
import { timed } from './time-budget';
import type { Host } from '../stream/boundary';
import type { BatchResponse, StreamEvent } from '../stream/record';

/** Runs a batch and answers for it. */
export async function invoke(environment: Environment, event: StreamEvent, context: Partial<LambdaContext>): Promise<BatchResponse> {
  const invocation = begin(environment, event, context);
  const { batch: { records, items, sequenceNumbers, streamArn }, budget, now, redriven, report } = invocation;
  const { abandoned, evidence, memory } = environment;
  try {
    evidence.forget(now());
    report.observe({ type: 'batchStarted', streamArn, records: records.length });
    const recovery = createRecovery(invocation, environment);
    const calls = createCalls(invocation, environment, recovery);
    const lanes = runLanes({
      ...calls,
      length: records.length,
      laneOf: (step) => items[step],
      failed: recovery.failed,
      concurrency: environment.options.concurrency ?? 10,
      mayStart: budget.allows,
    });
    await Promise.race([lanes.ended, budget.over]);
    recovery.close();

    const open = lanes.open();
    const progress = sum(lanes.done) > calls.skipped();
    if (!progress && isSick(invocation, environment, open, lanes.done)) {
      report.flush();
      report.exit(open.length, sequenceNumbers[lanes.done.indexOf(0)]);
      exitOf(invocation.host)!();
      // The process ends before it answers.
      return await new Promise(() => undefined);
    }
    for (const { step, ended } of open) {
      abandoned.add(invocation.itemOf(step), ended, () => {
        if (!redriven && lanes.done[step]) {
          memory.add(invocation.batch, step, now());
        }
      });
    }
    return await answer(invocation, environment, lanes.done, recovery.errors, open.length);
  } finally {
    budget.close();
  }
}

/** What `run` answers where the record was done before. */
const SKIPPED = Symbol();

/** Of so many calls one is timed: enough to know how long they take. */
const SAMPLE = 16;

/** How the records of an invocation are called. */
interface Calls {
  readonly run: (step: number) => unknown;
  readonly succeeded: (step: number, answer: unknown) => void;
  /** How many records were done before already. */
  readonly skipped: () => number;
}

function createCalls(invocation: Invocation, environment: Environment, recovery: Recovery): Calls {
  const { batch, batch: { records }, budget, context, host, now, redriven, report } = invocation;
  const { options, memory, abandoned, pace } = environment;
  const firstCall = callContext(context, budget.signal, 1);
  const functions = {
    INSERT: options.onRecord ?? options.onInsert, MODIFY: options.onRecord ?? options.onModify, REMOVE: options.onRecord ?? options.onRemove,
  };
  const waited = new Set<number>();
  let skipped = 0;

  function run(step: number): unknown {
    const before = abandoned.of(invocation.itemOf(step));
    if (before) {
      waited.add(step);
      // Its call of an earlier invocation may have succeeded meanwhile, or its record may have been parked.
      return before.then(() => {
        budget.check();
        return run(step);
      });
    }
    if (!redriven && memory.has(batch, step, now)) {
      return SKIPPED;
    }
    const attempt = recovery.attempt(step);
    const callWith = attempt === 1 ? firstCall : { ...firstCall, attempt };
    return step % SAMPLE === 0 ? timed(pace, now, () => call(step, callWith)) : call(step, callWith);
  }

  function call(step: number, callWith: CallContext): unknown {
    const { eventName } = records[step];
    if (!(eventName in functions)) {
      throw new InvalidEventError(expected(`Records[${step}].eventName`, 'what it was when the event came', eventName));
    }
    const handle: ((record: any, context: CallContext) => unknown) | undefined = functions[eventName];
    if (!handle || !options.schema) {
      return handle && host.call(records[step], () => handle(invocation.recordOf(step), callWith));
    }
    return checkedRecord(invocation.recordOf(step), options.schema).then((checked) => {
      budget.check();
      return host.call(records[step], () => handle(checked, callWith));
    });
  }

  function succeeded(step: number, answered: unknown): void {
    const record = records[step];
    // That nobody did anything is no evidence for others.
    recovery.succeeded(step, answered !== SKIPPED && functions[record.eventName] !== undefined);
    skipped += Number(answered === SKIPPED && !waited.has(step));
    report.observe({ type: answered === SKIPPED ? 'recordSkipped' : 'recordDone', record });
  }

  return { run, succeeded, skipped: () => skipped };
}

/**
 * Whether calls no longer settle in this process, as with a dead connection pool or a lock that is never released. Lambda's own
 * timeout would end such a process, but the answer before it keeps it alive.
 */
function isSick({ budget, host, itemOf, redriven }: Invocation, { abandoned }: Environment, open: ReturnType<Lanes['open']>, done: Uint8Array): boolean {
  const running = open.filter((step) => step.running);
  // A redrive waits for an answer.
  if (redriven || !budget.signal.aborted || running.length === 0 || !exitOf(host)) {
    return false;
  }
  return (running.length > 1 && !done.includes(1)) || running.some(({ step }) => abandoned.of(itemOf(step)));
}

/** How to end the process: only where the host says how, or on Lambda, where no other invocation shares it. */
function exitOf(host: Host): (() => void) | undefined {
  const { AWS_LAMBDA_RUNTIME_API, AWS_LAMBDA_MAX_CONCURRENCY } = process.env;
  return host.exit ?? (AWS_LAMBDA_RUNTIME_API && !AWS_LAMBDA_MAX_CONCURRENCY ? () => process.exit(1) : undefined);
}

/** The response for what is done now. */
async function answer(
  invocation: Invocation, { memory }: Environment, done: Uint8Array, errors: Recovery['errors'], running: number,
): Promise<BatchResponse> {
  const { batch, batch: { sequenceNumbers, streamArn }, budget, now, redriven, report, trigger } = invocation;
  const lowest = done.indexOf(0);
  const sequenceNumber: string | undefined = sequenceNumbers[lowest];
  if (!redriven) {
    // Where nothing is reported, Lambda starts again at the first record.
    memory.update(batch, done, lowest < 0 ? done.length : trigger.report ? lowest : 0, now());
  }
  if (budget.signal.aborted) {
    report.observe({ type: 'deadline', running });
  }
  report.observe({ type: 'checkpoint', streamArn, sequenceNumber });
  report.flush();
  await Promise.race([report.settled(), budget.over]);
  if (redriven) {
    return redrivenResponse(batch, done, errors);
  }
  const [first] = errors.values();
  return { batchItemFailures: notDone(sequenceNumber, trigger.report, (errors.get(lowest) ?? first)?.error) };
}

function sum(done: Uint8Array): number {
  return done.reduce((total, one) => total + one, 0);
}
