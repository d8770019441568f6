import { type Allowed, checkArgument, flag, func, having, object, oneOf } from './argument-check';
import { notDone } from './batch-response';
import { type ChangeRecord, changeRecord, type ItemKeys, type Numbers } from './change-record';
import { type CallContext, callContext, checkContext, type LambdaContext } from './context';
import { BatchNotDoneError, InvalidEventError } from './errors';
import { type EventBatch, delivered, isWindow, readBatch } from './event';
import type { Logger } from './logger';
import type { Observer } from './observer';
import { createReport, type Report } from './report';
import { checkedRecord, type StandardSchema } from './schema';
import { type TimeBudget, timeBudget } from './time-budget';
import { hostOf, type KnownHost, triggerFacts } from './trigger-facts';
import { checkPayload, isTooLarge, stateToJson } from './window-state';
import type { TriggerFacts } from '../stream/boundary';
import type { Image } from '../stream/image';
import type { WindowEvent } from '../stream/record';

/** A tumbling window. */
export interface Window {
  /** ISO 8601, included. */
  readonly start: string;
  /** ISO 8601, not included. */
  readonly end: string;
  /** The shard whose records it aggregates. Each shard has windows of its own. */
  readonly shardId: string;
  /** Whether it ended before its time, because its state was too large. */
  readonly terminatedEarly: boolean;
}

/** How the records of a window are aggregated. */
export interface WindowHandlerOptions<State, Item = Image, Keys = ItemKeys> {
  /** The state of a window that begins. */
  readonly initialState: () => State;
  /**
   * Makes the next state from the state and a record. The state must be what JSON can hold: not Infinity, a Map or a Date.
   * Called for each record, in the order of the stream. If the state becomes larger than 1 MB, the window ends before that record, which
   * then is the first of a new state.
   */
  readonly onRecord: (state: State, record: ChangeRecord<Item, Keys>, context: CallContext) => State | Promise<State>;
  /**
   * Called with the state when the window is over, or when its state has become too large. If it fails, it is called again before the
   * shard goes on.
   */
  readonly onWindowEnd?: (state: State, window: Window, context: CallContext) => unknown;
  /** Checks the images, and gives them their type. A record that does not fit fails. */
  readonly schema?: StandardSchema<Item>;
  /**
   * What numbers become: exact, as a `number`, `bigint` or `Decimal`, or always a `number`, which rounds to some 15 digits.
   *
   * @default 'exact'
   */
  readonly numbers?: Numbers;
  /** Gets what happens: for metrics and logs. The answer waits for it, while there is time. */
  readonly observer?: Observer;
  /**
   * Where failures are logged, one object each: the Logger of Powertools fits.
   *
   * @default - console
   */
  readonly logger?: Logger;
  /**
   * Whether the log has the messages and stacks of errors. They may quote the item.
   *
   * @default false
   */
  readonly logErrors?: boolean;
  /**
   * Whether the mapping reports batch item failures. Only needed on Lambda, for a mapping that no DynamoStreamTrigger made.
   *
   * @default - as the trigger is set; without a trigger a failure throws on Lambda, and Lambda sends the whole batch again
   */
  readonly reportBatchItemFailures?: boolean;
}

/** What Lambda expects of a function with a tumbling window. */
export interface WindowResponse<State> {
  /** What the next event of the window brings back: up to 1 MB of JSON. */
  state: State;
  /** Empty: all records are in the state. Otherwise Lambda goes on from this record. */
  batchItemFailures: {
    /** The sequence number of the first record that is not in the state. */
    itemIdentifier: string;
  }[];
}

/** A Lambda handler for a DynamoDB stream with a tumbling window. */
export type WindowHandler<State> = (event: WindowEvent, context?: Partial<LambdaContext>) => Promise<WindowResponse<State>>;

/**
 * Makes a Lambda handler for a mapping with a tumbling window.
 *
 * Records are processed one after another. At the first that fails it stops, and answers with the state before it and with its
 * sequence number, so that Lambda goes on from there and nothing counts twice. Nothing is parked or remembered.
 *
 * ```tsx
 * import { windowHandler } from 'dynamo-stream-trigger/runtime';
 *
 * interface Order { readonly amount: number }
 * declare function publish(minute: string, total: number): Promise<void>;
 *
 * export const handler = windowHandler<{ total: number }, Order>({
 *   numbers: 'number',
 *   initialState: () => ({ total: 0 }),
 *   onRecord: ({ total }, record) => ({ total: total + (record.newImage?.amount ?? 0) }),
 *   onWindowEnd: async ({ total }, { start }) => publish(start, total),
 * });
 * ```
 *
 * @param options at least `initialState` and `onRecord`
 * @throws TypeError if an option is wrong or unknown.
 */
export function windowHandler<State, Item = Image, Keys = ItemKeys>(
  options: WindowHandlerOptions<State, Item, Keys>,
): WindowHandler<State> {
  checkArgument('windowHandler', options, object(OPTIONS));
  if (!options.initialState || !options.onRecord) {
    throw new TypeError('windowHandler needs initialState and onRecord');
  }
  return async (event, given) => {
    const context = given ?? {};
    checkContext(context);
    if (!isWindow(event)) {
      throw new InvalidEventError('The event has no window: use streamHandler, or set tumblingWindow on the mapping');
    }
    // The final event of a window has no records.
    const batch = readBatch(event.isFinalInvokeForWindow && !event.Records ? { ...event, Records: [] } : event);
    const host = hostOf(context);
    const report = createReport(options, context.awsRequestId, host, () => trigger.salt);
    const streamArn = event.eventSourceARN ?? batch.streamArn;
    const trigger: TriggerFacts = triggerFacts(streamArn, host, options.reportBatchItemFailures, report.uninformed);
    const budget = timeBudget(context, { expected: 0 }, host.timer);
    try {
      report.observe({ type: 'batchStarted', streamArn, records: batch.records.length });
      const { step, state, error, isOpen } = await aggregate(options, { event, batch, budget, host, report, call: callContext(context, budget, 1) });
      const sequenceNumber = batch.sequenceNumbers[step];
      if (isOpen && step === 0 && host.exit) {
        // What the call still answers would not be kept, so nothing speaks for this process: its calls may never settle.
        report.exit(1, sequenceNumber);
        report.metrics.write(trigger, streamArn, context, host);
        await budget.wait(report.settled());
        host.exit();
        return await new Promise(() => undefined);
      }
      if (error) {
        report.failed(delivered(batch, step), { error: error.thrown, tries: 1 }, 'window');
      }
      if (budget.isAborted()) {
        report.observe({ type: 'deadline', running: Number(isOpen) });
      }
      report.observe({ type: 'checkpoint', streamArn, sequenceNumber });
      report.metrics.write(trigger, streamArn, context, host);
      await budget.wait(report.settled());
      return { state: JSON.parse(state), batchItemFailures: notDone(sequenceNumber, trigger.report, error?.thrown) };
    } finally {
      budget.close();
    }
  };
}

const OPTIONS = {
  initialState: func,
  onRecord: func,
  onWindowEnd: func,
  schema: /* @__PURE__ */ having('~standard'),
  numbers: /* @__PURE__ */ oneOf('exact', 'number'),
  observer: func,
  logger: /* @__PURE__ */ having('error'),
  logErrors: flag,
  reportBatchItemFailures: flag,
} satisfies { [option in keyof WindowHandlerOptions<unknown>]-?: Allowed };

/** How far a batch came: the first record not done, the state before it, and what it failed with. */
interface Aggregated {
  readonly step: number;
  readonly state: string;
  readonly error?: { readonly thrown: unknown };
  /** Whether the time was up before a call had settled. */
  readonly isOpen: boolean;
}

interface WindowInvocation {
  readonly event: WindowEvent;
  readonly batch: EventBatch;
  readonly budget: TimeBudget;
  readonly host: KnownHost;
  readonly report: Report;
  readonly call: CallContext;
}

async function aggregate<State>(
  options: WindowHandlerOptions<State, any, any>, { event, batch, batch: { records }, budget, host, report, call }: WindowInvocation,
): Promise<Aggregated> {
  const { initialState, logErrors, onRecord, onWindowEnd, schema, numbers } = options;
  // As text, so that a call that changes the state and then fails leaves no trace.
  const initial = () => stateToJson(initialState());
  let state = isEmpty(event.state) ? initial() : stateToJson(event.state);
  let step = 0;

  const endWindow = async (terminatedEarly: boolean) => {
    const { window: { start, end }, shardId } = event;
    await onWindowEnd?.(JSON.parse(state), { start, end, shardId, terminatedEarly }, call);
  };

  async function all(): Promise<void> {
    for (; step < records.length && budget.allows(); step++) {
      const record = changeRecord(batch, step, numbers);
      const checked = schema ? await checkedRecord(record, schema) : record;
      const nextState = async () => stateToJson(await host.call(records[step], () => onRecord(JSON.parse(state), checked, call)));
      let next = await nextState();
      if (isTooLarge(next) && !budget.isAborted()) {
        // Lambda would end the window too, but maybe not before the rest of the batch.
        const fresh = initial();
        if (state !== fresh) {
          await endWindow(true);
          state = fresh;
          next = await nextState();
        }
        checkPayload(next);
      }
      if (budget.isAborted()) {
        return;
      }
      state = next;
    }
  }

  try {
    const isOpen = await Promise.race([all().then(() => false), budget.over.then(() => true)]);
    if (step === records.length && (event.isFinalInvokeForWindow || event.isWindowTerminatedEarly)) {
      await endWindow(event.isWindowTerminatedEarly);
    }
    return { step, state, isOpen };
  } catch (thrown) {
    if (step === records.length) {
      report.complain('onWindowEnd')(thrown);
      // Lambda prints what is thrown, and its message may quote the items.
      throw logErrors ? thrown : new BatchNotDoneError('The window is not ended, because onWindowEnd failed', { cause: thrown });
    }
    return { step, state, error: { thrown }, isOpen: false };
  }
}

/** A window begins with an empty object. */
function isEmpty(state: unknown): boolean {
  return state === undefined || state === null || (typeof state === 'object' && Object.keys(state).length === 0);
}
