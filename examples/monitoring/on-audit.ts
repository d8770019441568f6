import { Tracer } from '@aws-lambda-powertools/tracer';
import { streamHandler } from 'dynamo-stream-trigger/runtime';

const tracer = new Tracer();

/** A subsegment for each record, around what it calls. */
export const handler = streamHandler(({ eventId, eventName }, { signal }) => traced(eventName, async (annotate) => {
  // Names of the record, and no data of the item: traces are read by more people than tables.
  annotate('eventId', eventId);
  const { ok, status } = await fetch('https://example.com/audit', { method: 'POST', body: eventId, signal });
  if (!ok) {
    throw new Error(`The audit service answered ${status}.`);
  }
}));

/**
 * Records run side by side, and each needs a context of its own, or what one calls would be traced below another. `captureAsyncFunc` makes one;
 * `tracer.setSegment`, which Powertools shows for handlers that do one thing at a time, does not.
 */
async function traced(name: string, work: (annotate: (key: string, value: string) => void) => Promise<void>): Promise<void> {
  if (!tracer.isTracingEnabled()) {
    return work(() => undefined);
  }
  await tracer.provider.captureAsyncFunc(name, async (subsegment) => {
    try {
      await work((key, value) => subsegment?.addAnnotation(key, value));
      subsegment?.close();
    } catch (error) {
      subsegment?.close(error as Error);
      throw error;
    }
  });
}
