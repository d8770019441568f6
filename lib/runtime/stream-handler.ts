import type { ChangeRecord, InsertRecord, ItemKeys, ModifyRecord, RemoveRecord } from './change-record';
import { changeRecord } from './change-record';
import type { CallContext, LambdaContext } from './context';
import { callContext } from './context';
import { BatchNotDoneError } from './errors';
import { readBatch } from './event';
import { runLanes } from './lanes';
import { checkOptions } from './options';
import { hostOf, triggerFacts } from './trigger-facts';
import type { Image } from '../stream/image';
import { itemKey } from '../stream/item-key';
import type { BatchResponse, StreamEvent, StreamRecord } from '../stream/record';

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
  const options = checkOptions(handler);

  return async (event, context = {}) => {
    const batch = readBatch(event);
    const { report } = triggerFacts(batch.streamArn, hostOf(context), options.reportBatchItemFailures);
    const call = callContext(context, new AbortController().signal, 1);
    let failure: unknown;

    const lanes = runLanes({
      length: batch.records.length,
      laneOf: (step) => itemKey(batch.records[step].dynamodb.Keys),
      run: async (step) => {
        const record = batch.records[step];
        try {
          await options.call[record.eventName]?.(changeRecord(record), call);
          return true;
        } catch (error) {
          failure = error;
          return false;
        }
      },
      concurrency: options.concurrency,
      mayStart: () => true,
    });
    await lanes.ended;

    const lowest = batch.records[lanes.lowestNotDone()];
    return lowest ? notDone(lowest, report, failure) : { batchItemFailures: [] };
  };
}

function notDone(lowest: StreamRecord, report: boolean, cause: unknown): BatchResponse {
  const sequenceNumber = lowest.dynamodb!.SequenceNumber!;
  if (!report) {
    throw new BatchNotDoneError(`Record ${sequenceNumber} and maybe later ones are not done. The mapping does not report batch item failures, `
      + 'so that the whole batch has to be sent again. Set reportBatchItemFailures on the mapping to go on where it stopped.', { cause });
  }
  return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
}
