import type { EventName, StreamEvent, StreamRecord } from '../../lib/stream/record';
import type { Item } from '../../lib/testing/records/attribute-value';
import { streamRecord } from '../../lib/testing/records/stream-record';

export const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/stream/2026-01-01T00:00:00.000';

/** As many digits as DynamoDB's own numbers have. */
export function sequenceNumber(at: number): string {
  return String(100000000000000000000n + BigInt(at));
}

export interface Change {
  readonly eventName?: EventName;
  readonly newImage?: object;
  readonly oldImage?: object;
}

/** The record at a position of the shard, of the item with a key. It has no image that is not given. */
export function record(at: number, key: string | number = at, { eventName = 'MODIFY', newImage, oldImage }: Change = {}): StreamRecord {
  const { dynamodb, ...made } = streamRecord({
    eventID: `event-${at}`, eventName, keys: { pk: 'order', sk: key }, newImage: newImage as Item, oldImage: oldImage as Item,
    sequenceNumber: sequenceNumber(at), createdAt: 1_700_000_000 + at, streamArn: STREAM_ARN,
  });
  const { NewImage, OldImage, ...change } = dynamodb!;
  return { ...made, dynamodb: { ...change, ...newImage && { NewImage }, ...oldImage && { OldImage } } };
}

/** One batch with a record for each key, in this order. */
export function batchOf(...keys: (string | number)[]): StreamEvent {
  return { Records: keys.map((key, at) => record(at, key)) };
}

/** A position out of what a response or a record says. */
export function position(sequence: string): number {
  return Number(BigInt(sequence) - BigInt(sequenceNumber(0)));
}
