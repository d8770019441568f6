import { PoisonRecordError, streamHandler } from 'dynamo-stream-trigger/runtime';

/** Prints whose change it got; an item with `poison` is one to park. */
export const handler = streamHandler<{ pk: string; poison?: boolean }>(async ({ keys, newImage }) => {
  if (newImage?.poison) {
    throw new PoisonRecordError('poison');
  }
  console.log(JSON.stringify([process.env.NAME, keys.pk]));
});
