import { notDone } from './batch-response';
import { type ChangeRecord, type ItemKeys, changeRecord } from './change-record';
import { type CallContext, type LambdaContext, callContext } from './context';
import { InvalidEventError } from './errors';
import { isWindow, readRecords } from './event';
import { printFailure } from './failure';
import { type Allowed, check, flag, func, having, object } from './options';
import { type StandardSchema, checkedRecord } from './schema';
import { timeBudget } from './time-budget';
import { hostOf, triggerFacts } from './trigger-facts';
import type { Image } from '../stream/image';
import { type StreamEvent, WINDOW_STATE_BYTES, type WindowEvent } from '../stream/record';

/** A tumbling window. */
export interface Window {
  /** ISO 8601: from the start, included, to the end, not included. */
  readonly start: string;
  readonly end: string;
  readonly shardId: string;
  /** Whether it ended before its time, because its state was too large. */
  readonly terminatedEarly: boolean;
}

/** How the records of a window are aggregated. */
export interface WindowHandlerOptions<State, Item = Image, Keys = ItemKeys> {
  /** The state of a window that begins. */
  readonly initialState: () => State;
  /**
   * Makes the next state of the state and a record. The state has to be what JSON can hold, up to 1 MB.
   * Called once for each record, in the order of the stream.
   */
  readonly onRecord: (state: State, record: ChangeRecord<Item, Keys>, context: CallContext) => State | Promise<State>;
  /** Called with the state when the window is over. If it fails, Lambda calls it again before it goes on in the shard. */
  readonly onWindowEnd?: (state: State, window: Window, context: CallContext) => unknown;
  /** Checks the images, and gives them their type. A record that does not fit fails. */
  readonly schema?: StandardSchema<Item>;
  /**
   * The handler's word that its mapping reports batch item failures. Only needed on Lambda, and where no DynamoStreamTrigger says it.
   *
   * @default - what the trigger says; where none says anything, a failure throws on Lambda, and Lambda sends the whole batch again
   */
  readonly reportBatchItemFailures?: boolean;
}

/** What Lambda expects of a function with a tumbling window. */
export interface WindowResponse<State> {
  state: State;
  batchItemFailures: { itemIdentifier: string }[];
}

/** A Lambda handler for a DynamoDB stream with a tumbling window. */
export type WindowHandler<State> = (event: WindowEvent, context?: Partial<LambdaContext>) => Promise<WindowResponse<State>>;

/**
 * Makes a Lambda handler for a mapping with a tumbling window.
 *
 * Records are taken one after another. At the first that fails it stops, and answers with the state before it and with its
 * number, so that Lambda goes on from there and nothing counts twice. Nothing is parked or remembered.
 *
 * ```ts
 * export const handler = windowHandler<{ total: number }, Order>({
 *   initialState: () => ({ total: 0 }),
 *   onRecord: ({ total }, record) => ({ total: total + (record.newImage?.amount ?? 0) }),
 *   onWindowEnd: async ({ total }, { start }) => publish(start, total),
 * });
 * ```
 *
 * @throws TypeError if an option is not what it has to be.
 */
export function windowHandler<State, Item = Image, Keys = ItemKeys>(
  options: WindowHandlerOptions<State, Item, Keys>,
): WindowHandler<State> {
  check('windowHandler', options, object(OPTIONS));
  const { initialState, onRecord, onWindowEnd, schema } = options;
  if (!initialState || !onRecord) {
    throw new TypeError('windowHandler needs initialState and onRecord');
  }

  return async (event, context = {}) => {
    if (!isWindow(event)) {
      throw new InvalidEventError('The event has no window: use streamHandler, or set tumblingWindow on the mapping');
    }
    const records = readRecords(event as StreamEvent);
    const host = hostOf(context);
    const { report } = triggerFacts(event.eventSourceARN ?? records[0]?.eventSourceARN ?? '', host, options.reportBatchItemFailures);
    const budget = timeBudget(context, { expected: 0 }, host.timer);
    const call = callContext(context, budget.signal, 1);
    // As text, so that a call that changes the state and then fails leaves no trace.
    let state = toJson(isEmpty(event.state) ? initialState() : event.state as State);
    let step = 0;
    let cause: unknown;

    async function aggregate(): Promise<void> {
      for (; step < records.length && budget.allows(); step++) {
        const record = schema ? await checkedRecord(records[step], schema) : changeRecord(records[step]);
        const next = toJson(await host.call(records[step], () => onRecord(JSON.parse(state), record as ChangeRecord<Item, Keys>, call)));
        if (budget.signal.aborted) {
          return;
        }
        state = next;
      }
    }

    const late = budget.over.then(() => 'late');
    try {
      await Promise.race([aggregate(), late]);
      if (step === records.length && onWindowEnd && (event.isFinalInvokeForWindow || event.isWindowTerminatedEarly)) {
        const { window: { start, end }, shardId, isWindowTerminatedEarly } = event;
        await onWindowEnd(JSON.parse(state), { start, end, shardId, terminatedEarly: isWindowTerminatedEarly }, call);
      }
    } catch (error) {
      if (step === records.length) {
        throw error;
      }
      cause = error;
      printFailure(records[step], error, 1, 'window', context.awsRequestId, host.log);
    } finally {
      budget.close();
    }
    return { state: JSON.parse(state), batchItemFailures: notDone(records[step]?.dynamodb.SequenceNumber, report, cause) };
  };
}

const OPTIONS = {
  initialState: func,
  onRecord: func,
  onWindowEnd: func,
  schema: having('~standard'),
  reportBatchItemFailures: flag,
} satisfies { [option in keyof WindowHandlerOptions<unknown>]-?: Allowed };

/** A window begins with an empty object. */
function isEmpty(state: unknown): boolean {
  return state === undefined || state === null || (typeof state === 'object' && Object.keys(state).length === 0);
}

function toJson(state: unknown): string {
  const text = JSON.stringify(state);
  if (text === undefined) {
    throw new TypeError('The state of a window is undefined, but has to be what JSON can hold: onRecord returns the next state');
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > WINDOW_STATE_BYTES) {
    throw new RangeError(`The state of the window takes ${bytes} bytes as JSON, and Lambda takes at most ${WINDOW_STATE_BYTES}: keep less in it`);
  }
  return text;
}
