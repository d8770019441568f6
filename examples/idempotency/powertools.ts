import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import type { Context } from 'aws-lambda';
import { type StreamHandler, streamHandler } from 'dynamo-stream-trigger/runtime';

interface Order {
  customer: string; email: string;
}

/** Longer than a stream keeps a record (a day) and a queue then keeps it for redrive (two weeks): 30 days, in seconds. */
const REMEMBERED = 30 * 24 * 60 * 60;

/**
 * Sends one mail for each order, however often its record is delivered: Powertools keeps the record's eventID, and answers for a
 * second delivery what the first one answered. For an effect that can't be part of a DynamoDB transaction.
 *
 * If the process ends while a mail is sent, Powertools takes the record to be in progress until the function's timeout has passed, and
 * throws an IdempotencyAlreadyInProgressError. The runtime knows it, and tries again until then: it is never a reason to park a record.
 */
export function mailHandler(persistenceStore: BasePersistenceLayer, send: (to: string) => Promise<void>): StreamHandler {
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'eventId', throwOnNoIdempotencyKey: true, expiresAfterSeconds: REMEMBERED });
  const sendOnce = makeIdempotent(async ({ order }: { eventId: string; order: Order }) => {
    await send(order.email);
    return true;
  }, { persistenceStore, config });

  return streamHandler<Order>({
    onInsert: async ({ eventId, newImage }, context) => {
      // From it Powertools knows when a call that never ended may be tried again.
      config.registerLambdaContext(context as unknown as Context);
      await sendOnce({ eventId, order: newImage! });
    },
  });
}
