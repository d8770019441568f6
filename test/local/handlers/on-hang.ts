import { readdirSync, writeFileSync } from 'node:fs';
import { streamHandler } from 'dynamo-stream-trigger/runtime';

/** The first process is sick from the start: its calls never settle, as with a dead connection pool. */
const isSick = readdirSync(process.env.FOLDER!).length === 0;
writeFileSync(`${process.env.FOLDER}/${process.pid}`, '');

/** Prints the process and the item. */
export const handler = streamHandler<{ pk: string }>(async ({ keys }) => {
  if (isSick) {
    await new Promise(() => undefined);
  }
  console.log(JSON.stringify([process.pid, keys.pk]));
});
