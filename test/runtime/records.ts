import { marshall } from '@aws-sdk/util-dynamodb';
import type { EventName, StreamEvent, StreamRecord } from '../../lib/stream/record';

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

/** The record at a position of the shard, of the item with a key. */
export function record(at: number, key: string | number = at, change: Change = {}): StreamRecord {
  const { eventName = 'MODIFY', newImage, oldImage } = change;
  return {
    eventID: `event-${at}`,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'eu-west-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000 + at,
      Keys: marshall({ pk: 'order', sk: key }) as any,
      ...newImage && { NewImage: marshall(newImage) as any },
      ...oldImage && { OldImage: marshall(oldImage) as any },
      SequenceNumber: sequenceNumber(at),
      SizeBytes: 64,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: STREAM_ARN,
  };
}

/** One batch with a record for each key, in this order. */
export function batchOf(...keys: (string | number)[]): StreamEvent {
  return { Records: keys.map((key, at) => record(at, key)) };
}

/** A position out of what a response or a record says. */
export function position(sequence: string): number {
  return Number(BigInt(sequence) - BigInt(sequenceNumber(0)));
}
