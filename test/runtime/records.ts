import type { EventName, StreamEvent } from '../../lib/stream/record';
import type { MadeRecord } from '../../lib/testing';
import { recordAt, START } from '../records';

export const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/stream/2026-01-01T00:00:00.000';

export interface Change {
  readonly eventName?: EventName;
  readonly newImage?: object;
  readonly oldImage?: object;
}

/** The record at a position of the shard, of the item with a key. */
export function record(at: number, key: string | number = at, { eventName = 'MODIFY', newImage, oldImage }: Change = {}): MadeRecord {
  return recordAt(at, {
    eventID: `event-${at}`, keys: { pk: 'order', sk: key }, createdAt: START + at, streamArn: STREAM_ARN, eventName, newImage, oldImage,
    viewType: newImage || oldImage ? 'NEW_AND_OLD_IMAGES' : 'KEYS_ONLY',
  });
}

/** One batch with a record for each key, in this order. */
export function batchOf(...keys: (string | number)[]): StreamEvent {
  return { Records: keys.map((key, at) => record(at, key)) };
}
