import { PoisonRecordError, streamHandler } from 'dynamo-stream-trigger/runtime';

export interface Order {
  readonly id: string;
  readonly total: number;
}

/** Sends an order on, to a warehouse for example. */
export type Send = (order: Order) => Promise<void>;

/** The handler, with what it calls left open: a test passes its own. */
export function onOrder(send: Send) {
  return streamHandler<Order>({
    onInsert: async ({ newImage: order }) => {
      if (!order || order.total < 0) {
        throw new PoisonRecordError(`No order: ${JSON.stringify(order)}`);
      }
      await send(order);
    },
  });
}

export const handler = onOrder(async (order) => console.log('sent', order.id));
