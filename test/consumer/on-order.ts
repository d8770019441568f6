import { streamHandler } from 'dynamo-stream-trigger/runtime';

interface Order {
  readonly id: string;
  readonly total: number;
}

export const handler = streamHandler<Order>(async (record) => {
  console.log(record.eventName, record.newImage?.total.toFixed(2));
});
