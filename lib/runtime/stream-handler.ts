import { type Allowed, checkArgument, flag, func, having, object, ofType, oneOf, wholeNumber } from './argument-check';
import type { ChangeRecord, ItemKeys } from './change-record';
import { checkContext, type LambdaContext } from './context';
import { createEnvironment, type Environment } from './environment';
import { InvalidEventError } from './errors';
import { isWindow } from './event';
import { invoke } from './invoke';
import type { OnRecord, StreamHandlerOptions } from './stream-handler-options';
import { hostOf } from './trigger-facts';
import type { Image } from '../stream/image';
import type { BatchResponse, StreamEvent } from '../stream/record';

/** A Lambda handler for a DynamoDB stream; fits `DynamoDBStreamHandler` of `@types/aws-lambda`. */
export type StreamHandler = (event: StreamEvent, context?: Partial<LambdaContext>) => Promise<BatchResponse>;

/**
 * Makes a Lambda handler that works through the batches of a DynamoDB stream.
 *
 * Records of one item run one after another, in the order of the stream; different items run side by side. When a record fails,
 * it is tried again, and the later ones of its item wait, while the others go on. The response names the lowest record that is not
 * done, which is where Lambda starts again. A record that can't succeed is parked on the trigger's failure destination.
 *
 * ```tsx
 * import { streamHandler } from 'dynamo-stream-trigger/runtime';
 *
 * interface Order { readonly orderId: string; readonly total: number }
 * interface Key { readonly orderId: string }
 * declare function announce(order: Order | undefined): Promise<void>;
 * declare function withdraw(orderId: string): Promise<void>;
 *
 * export const handler = streamHandler<Order, Key>({
 *   onInsert: async (record) => announce(record.newImage),
 *   onRemove: async (record) => withdraw(record.keys.orderId),
 *   concurrency: 16,
 * });
 * ```
 *
 * @param handler a function that is called for each record, or options
 * @throws TypeError if an option is wrong or unknown.
 */
export function streamHandler<Item = Image, Keys = ItemKeys>(
  handler: OnRecord<ChangeRecord<Item, Keys>> | StreamHandlerOptions<Item, Keys>,
): StreamHandler {
  const options = typeof handler === 'function' ? { onRecord: handler } : handler;
  checkArgument('streamHandler', options, object(OPTIONS));
  const { onRecord, onRecords, onInsert, onModify, onRemove, chunkSize, order, partitionKey } = options;
  if ([onRecord, onRecords, onInsert ?? onModify ?? onRemove].filter(Boolean).length !== 1) {
    throw new TypeError('streamHandler takes either onRecord or any of onInsert, onModify, onRemove, or onRecords');
  }
  checkUse('chunkSize', chunkSize, onRecords, 'onRecords');
  checkUse('partitionKey', partitionKey, order === 'partitionKey', 'order: \'partitionKey\'');
  const environments = new WeakMap<object, Environment>();
  return async (event, given) => {
    const context = given ?? {};
    checkContext(context);
    const { environment: key = environments, isShared } = hostOf(context);
    const environment = environments.get(key) ?? createEnvironment(options, isShared);
    environments.set(key, environment);
    if (isWindow(event)) {
      throw new InvalidEventError('The event has a window: use windowHandler');
    }
    return invoke(environment, event, context);
  };
}

/** @throws TypeError for an option that would have no effect. */
function checkUse(option: string, value: unknown, isUsed: unknown, user: string): void {
  if (value !== undefined && !isUsed) {
    throw new TypeError(`${option} is ${JSON.stringify(value)}, but only ${user} uses it: omit it`);
  }
}

const OPTIONS = {
  onRecord: func,
  onInsert: func,
  onModify: func,
  onRemove: func,
  onRecords: func,
  chunkSize: wholeNumber(1),
  order: oneOf('item', 'partitionKey', 'shard'),
  partitionKey: ofType('string'),
  concurrency: wholeNumber(1),
  schema: having('~standard'),
  retry: object({ maxAttempts: wholeNumber(1), maxTime: wholeNumber(0), baseDelay: wholeNumber(0), maxDelay: wholeNumber(0) }),
  isPoison: func,
  patience: wholeNumber(0),
  park: flag,
  onPark: func,
  numbers: oneOf('exact', 'number'),
  observer: func,
  logger: having('error'),
  logErrors: flag,
  reportBatchItemFailures: flag,
} satisfies { [option in keyof StreamHandlerOptions]-?: Allowed };
