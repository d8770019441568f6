import { notDone } from './batch-response';
import { type ChangeRecord, type InsertRecord, type ItemKeys, type ModifyRecord, type RemoveRecord, changeRecord } from './change-record';
import { type CallContext, type LambdaContext, callContext } from './context';
import { InvalidEventError } from './errors';
import { type CheckedRecord, isWindow, readRecords } from './event';
import { parkedRecord, printFailure } from './failure';
import { runLanes } from './lanes';
import { createMemory } from './memory';
import { type Observer, harmless } from './observer';
import { type Allowed, check, flag, func, having, object, wholeNumber } from './options';
import { type Park, parkAt, reasonOf } from './park';
import { type Failure, type RetryOptions, retry } from './retry';
import { type StandardSchema, checkedRecord } from './schema';
import { type Pace, timeBudget, timed } from './time-budget';
import { hostOf, triggerFacts } from './trigger-facts';
import type { RedrivenEvent } from '../stream/boundary';
import type { Image } from '../stream/image';
import { itemKey } from '../stream/item-key';
import type { BatchResponse, EventName, StreamEvent } from '../stream/record';

/** Called with one record. The record is done when what it returns has settled; it failed if that rejects, or if it throws. */
export type OnRecord<Record> = (record: Record, context: CallContext) => unknown;

/** How a stream's records are handled: either `onRecord`, or any of `onInsert`, `onModify` and `onRemove`. */
export interface StreamHandlerOptions<Item = Image, Keys = ItemKeys> {
  /** Called with every record. */
  readonly onRecord?: OnRecord<ChangeRecord<Item, Keys>>;
  /** Called with the records of new items. Without it they are done without a call; so for the others. */
  readonly onInsert?: OnRecord<InsertRecord<Item, Keys>>;
  /** Called with the records of changed items. */
  readonly onModify?: OnRecord<ModifyRecord<Item, Keys>>;
  /** Called with the records of removed items, those included whose time to live was over: `record.expired` tells them apart. */
  readonly onRemove?: OnRecord<RemoveRecord<Item, Keys>>;
  /**
   * How many records may be in work at once, each of another item.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /** Checks the images, and gives them their type. A record that does not fit is poison; no function is called with it. */
  readonly schema?: StandardSchema<Item>;
  /** How a failed record is tried again before it is poison. */
  readonly retry?: RetryOptions;
  /**
   * Whether a record may succeed when it is tried again after this error. If not, it is poison at once. Throwing means that it may.
   *
   * @default - every error but a `PoisonRecordError`
   */
  readonly isRetryable?: (error: unknown) => boolean;
  /**
   * Whether poison records are parked on the trigger's failure destination. Otherwise they are the checkpoint, and Lambda's retries
   * hold the shard until it gives their batch up.
   *
   * @default true
   */
  readonly park?: boolean;
  /**
   * After so many records parked in a row, without one done in between, a failure is the checkpoint: it looks like an outage, and
   * Lambda's retries wait until it is over. Counted per environment.
   *
   * @default 10
   */
  readonly maxParkedInARow?: number;
  /** Is told what happens: for metrics and logs. */
  readonly observer?: Observer;
  /**
   * The handler's word that its mapping reports batch item failures. Only needed on Lambda, and where no DynamoStreamTrigger says it.
   *
   * @default - what the trigger says; where none says anything, a failure throws on Lambda, and Lambda sends the whole batch again
   */
  readonly reportBatchItemFailures?: boolean;
}

/** A Lambda handler for a DynamoDB stream; fits `DynamoDBStreamHandler` of `@types/aws-lambda`. */
export type StreamHandler = (event: StreamEvent, context?: Partial<LambdaContext>) => Promise<BatchResponse>;

/**
 * Makes a Lambda handler that works through the batches of a DynamoDB stream.
 *
 * Records of one item run one after another, in the order of the stream; different items run side by side. When a record fails,
 * the later ones of its item wait for its next delivery, and the others go on. The response names the lowest record that is not
 * done, which is where Lambda starts again.
 *
 * ```ts
 * export const handler = streamHandler<Order>({
 *   onInsert: async (record) => announce(record.newImage),
 *   onRemove: async (record) => withdraw(record.keys),
 * });
 * ```
 *
 * @throws TypeError if an option is not what it has to be.
 */
export function streamHandler<Item = Image, Keys = ItemKeys>(
  handler: OnRecord<ChangeRecord<Item, Keys>> | StreamHandlerOptions<Item, Keys>,
): StreamHandler {
  const options = typeof handler === 'function' ? { onRecord: handler } : handler;
  check('streamHandler', options, object(OPTIONS));
  const { onRecord, onInsert, onModify, onRemove } = options;
  if (!onRecord === !(onInsert ?? onModify ?? onRemove)) {
    throw new TypeError('streamHandler takes either onRecord or any of onInsert, onModify, onRemove');
  }
  const functions: { [name in EventName]?: OnRecord<any> } = {
    INSERT: onRecord ?? onInsert, MODIFY: onRecord ?? onModify, REMOVE: onRecord ?? onRemove,
  };
  const { concurrency = 10, schema, retry: policy = {}, isRetryable = () => true, park = true, maxParkedInARow = 10 } = options;
  const observe = options.observer && harmless(options.observer);

  const environments = new WeakMap<object, StreamHandler>();
  return async (event, context = {}) => {
    const { environment = environments } = hostOf(context);
    const serve = environments.get(environment) ?? newEnvironment();
    environments.set(environment, serve);
    return serve(event, context);
  };

  function newEnvironment(): StreamHandler {
    // What an environment knows from one invocation to the next.
    const memory = createMemory();
    const pace: Pace = { expected: 0 };
    const abandoned = new Map<string, Promise<void>>();
    const parks: { [arn: string]: Park } = {};
    // Without a record done in between; those on their way come after it.
    let parkedInARow = 0;
    let beingParked = 0;

    return async (event, context = {}) => {
      if (isWindow(event)) {
        throw new InvalidEventError('The event has a window: use windowHandler');
      }
      const records = readRecords(event);
      const streamArn = records[0]?.eventSourceARN ?? '';
      const host = hostOf(context);
      const { now = Date.now } = host;
      const trigger = triggerFacts(streamArn, host, options.reportBatchItemFailures);
      const send = park && (host.park ?? (trigger.park && (parks[trigger.park] ??= parkAt(trigger.park))));
      const { redriven } = event as RedrivenEvent;
      const budget = timeBudget(context, pace, host.timer);
      const firstCall = callContext(context, budget.signal, 1);
      let cause: unknown;
      let answered = false;

      const laneOf = (step: number) => itemKey(records[step].dynamodb.Keys);
      const itemOf = (step: number) => streamArn + laneOf(step);

      function run(step: number): unknown {
        const before = abandoned.size > 0 && abandoned.get(itemOf(step));
        if (before) {
          // Its call of an earlier invocation may have succeeded meanwhile, or its record may have been parked.
          return before.then(() => {
            budget.check();
            return run(step);
          });
        }
        if (!redriven && memory.has(records[step], now)) {
          return SKIPPED;
        }
        return step % SAMPLE === 0 ? timed(pace, now, () => call(step, firstCall)) : call(step, firstCall);
      }

      function call(step: number, callWith: CallContext): unknown {
        const record = records[step];
        const handle = functions[record.eventName];
        if (!handle || !schema) {
          return handle && host.call(record, () => handle(changeRecord(record), callWith));
        }
        return checkedRecord(record, schema).then((checked) => {
          budget.check();
          return host.call(record, () => handle(checked, callWith));
        });
      }

      function succeeded(step: number, answer?: unknown): void {
        const record = records[step];
        // A change that nobody handles says nothing about an outage.
        if (answer !== SKIPPED && functions[record.eventName]) {
          parkedInARow = 0;
        }
        observe?.({ type: answer === SKIPPED ? 'recordSkipped' : 'recordDone', record });
      }

      async function recover(step: number, error: unknown): Promise<boolean> {
        const record = records[step];
        const failure = await retry(error, {
          policy,
          isRetryable,
          budget,
          host,
          call: (attempt) => call(step, callContext(context, budget.signal, attempt)),
          onRetry: (retried, attempt, delay) => observe?.({ type: 'recordRetried', record, error: retried, attempt, delay }),
        });
        if (!failure) {
          succeeded(step);
          return true;
        }
        const { error: last, tries } = failure;
        cause ??= last;
        const reason = await tryToPark(record, failure);
        printFailure(record, last, tries, reason ?? 'parked', context.awsRequestId, host.log);
        observe?.(reason ? { type: 'recordFailed', record, error: last, tries, reason } : { type: 'recordParked', record, error: last, tries });
        return !reason;
      }

      /** Answers why the record was not parked; undefined: it was. */
      async function tryToPark(record: CheckedRecord, failure: Failure): Promise<string | undefined> {
        if (!failure.poison || answered) {
          return 'out of time';
        }
        if (!send) {
          return 'no parking';
        }
        if (parkedInARow + beingParked >= maxParkedInARow) {
          observe?.({ type: 'brake', parked: maxParkedInARow });
          return `${maxParkedInARow} parked in a row`;
        }
        beingParked++;
        try {
          await send(parkedRecord(record, failure, streamArn, context));
          parkedInARow++;
          return undefined;
        } catch (error) {
          return `not parked: ${reasonOf(error)}`;
        } finally {
          beingParked--;
        }
      }

      observe?.({ type: 'batchStarted', streamArn, records: records.length });
      const lanes = runLanes({ length: records.length, laneOf, run, succeeded, recover, concurrency, mayStart: budget.allows });
      await Promise.race([lanes.ended, budget.over]);
      budget.close();
      answered = true;

      const running = lanes.running();
      for (const { step, ended } of running) {
        const item = itemOf(step);
        const settled = ended.then(() => {
          if (!redriven) {
            memory.update([records[step]], [lanes.done[step]], 0, now());
          }
          if (abandoned.get(item) === settled) {
            abandoned.delete(item);
          }
        });
        abandoned.set(item, settled);
      }
      if (budget.signal.aborted) {
        observe?.({ type: 'deadline', running: running.length });
      }

      const lowest = lanes.done.indexOf(0);
      const sequenceNumber = records[lowest]?.dynamodb.SequenceNumber;
      if (!redriven) {
        // Where nothing is reported, Lambda starts again at the first record.
        memory.update(records, lanes.done, lowest < 0 ? records.length : trigger.report ? lowest : 0, now());
      }
      observe?.({ type: 'checkpoint', streamArn, sequenceNumber });
      return { batchItemFailures: notDone(sequenceNumber, trigger.report, cause) };
    };
  }
}

/** The answer of a step whose record was done before. */
const SKIPPED = Symbol();

/** Of so many calls one is timed: enough to know how long they take. */
const SAMPLE = 16;

const OPTIONS = {
  onRecord: func,
  onInsert: func,
  onModify: func,
  onRemove: func,
  concurrency: wholeNumber(1),
  schema: having('~standard'),
  retry: object({ maxAttempts: wholeNumber(1), baseDelay: wholeNumber(0), maxDelay: wholeNumber(0) }),
  isRetryable: func,
  park: flag,
  maxParkedInARow: wholeNumber(1),
  observer: func,
  reportBatchItemFailures: flag,
} satisfies { [option in keyof StreamHandlerOptions]-?: Allowed };
