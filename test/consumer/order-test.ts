import type { Context, DynamoDBStreamEvent, DynamoDBStreamHandler } from 'aws-lambda';
import { streamHandler } from 'dynamo-stream-trigger/runtime';
import { compileFilter, matchesFilter, simulateTrigger, streamEvent, streamRecord } from 'dynamo-stream-trigger/testing';

declare const event: DynamoDBStreamEvent;
declare const context: Context;
declare const handler: DynamoDBStreamHandler;

// What the types of @types/aws-lambda describe goes into this package's functions, and what those make goes into theirs.
export const made: DynamoDBStreamEvent = streamEvent({ newImage: { id: '1' } }, streamRecord());
export const own: DynamoDBStreamHandler = streamHandler(async () => undefined);
export const passing = event.Records.filter(compileFilter({ eventName: ['INSERT'] })).every((record) => matchesFilter('{"eventName":["INSERT"]}', record));

export async function simulated(): Promise<string | undefined> {
  await handler(streamEvent(streamRecord({ newImage: { id: '1' } })), context, () => undefined);
  const run = await simulateTrigger({ handler, shards: [{ records: [...event.Records, streamRecord(), { id: '2', tags: new Set(['new']) }] }] });
  return run.lost[0]?.dynamodb?.Keys?.id?.S;
}
