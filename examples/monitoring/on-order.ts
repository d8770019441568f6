import { streamHandler } from 'dynamo-stream-trigger/runtime';

interface Order {
  readonly orderId: string;
  readonly total: number;
}

/** The layer traces what is called by HTTP or by the AWS SDK, without a line here. */
export const handler = streamHandler<Order>({
  onInsert: async ({ newImage }, { signal }) => {
    const { ok, status } = await fetch(`https://example.com/orders/${newImage?.orderId}`, { method: 'PUT', signal });
    if (!ok) {
      throw new Error(`The order service answered ${status}.`);
    }
  },
});
