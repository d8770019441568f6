import { createHash } from 'node:crypto';
import { type Item, type OneTypeMap, toAttributeMap } from './attribute-value';
import { itemSize } from './item-size';
import type { EventName, StreamChange, StreamRecord, StreamViewType } from '../stream/record';

/** What a record is made from. Everything may be left out. */
export interface StreamRecordOptions {
  /** @default - from the images: INSERT with a new one only, REMOVE with an old one only, MODIFY with both */
  readonly eventName?: EventName;
  /**
   * The item's primary key.
   *
   * @default - the first attribute of the image
   */
  readonly keys?: Item;
  /** The item after the change. */
  readonly newImage?: Item;
  /** The item before the change. */
  readonly oldImage?: Item;
  /**
   * When the change happened: a date, or seconds since the epoch. Records have whole seconds.
   *
   * @default - midnight of 1 January 2025, UTC
   */
  readonly createdAt?: Date | number;
  /** @default - one more than that of the record made before */
  readonly sequenceNumber?: string;
  /** @default - derived from the sequence number */
  readonly eventID?: string;
  /** @default 'NEW_AND_OLD_IMAGES' */
  readonly viewType?: StreamViewType;
  /** @default - that of a table `Table` in us-east-1 */
  readonly streamArn?: string;
  /**
   * Removed by DynamoDB itself because its time to live was over.
   *
   * @default false
   */
  readonly expired?: boolean;
}

/** A record that was made: what takes the `DynamoDBRecord` of `@types/aws-lambda` takes it too. */
export interface MadeRecord extends StreamRecord {
  dynamodb?: StreamChange & { Keys?: OneTypeMap; NewImage?: OneTypeMap; OldImage?: OneTypeMap };
}

/** An event of such records: what takes a `DynamoDBStreamEvent` takes it too. */
export interface MadeEvent {
  Records: MadeRecord[];
}

/** The stream that records and simulations belong to unless they say otherwise. */
export const DEFAULT_STREAM_ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000';

/** 2025-01-01T00:00:00Z, in seconds. */
export const DEFAULT_CREATION = 1_735_689_600;

let lastSequenceNumber = 100_000_000_000_000_000_000_000n;

/**
 * A well-formed stream record, as Lambda delivers it.
 *
 * Items may be plain JavaScript or in DynamoDB's notation.
 *
 *     streamRecord({ keys: { id: 'order-1' }, newImage: { id: 'order-1', total: 12 } })
 */
export function streamRecord(options: StreamRecordOptions = {}): MadeRecord {
  const { viewType = 'NEW_AND_OLD_IMAGES', streamArn = DEFAULT_STREAM_ARN, createdAt = DEFAULT_CREATION } = options;
  const sequenceNumber = options.sequenceNumber ?? String(++lastSequenceNumber);
  const oldImage = options.oldImage && toAttributeMap(options.oldImage);
  const newImage = options.newImage && toAttributeMap(options.newImage);
  const keys = options.keys ? toAttributeMap(options.keys) : firstAttribute(newImage ?? oldImage ?? { id: { S: sequenceNumber } });
  const eventName = options.eventName ?? nameOf(newImage, oldImage, options.expired);
  return {
    eventID: options.eventID ?? createHash('md5').update(sequenceNumber).digest('hex'),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: streamArn.split(':')[3],
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(createdAt instanceof Date ? createdAt.getTime() / 1000 : createdAt),
      Keys: keys,
      ...(newImage && { NewImage: newImage }),
      ...(oldImage && { OldImage: oldImage }),
      SequenceNumber: sequenceNumber,
      SizeBytes: itemSize(keys) + itemSize(newImage) + itemSize(oldImage),
      StreamViewType: viewType,
    },
    ...(options.expired && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    eventSourceARN: streamArn,
  };
}

/** An event with these records, as Lambda delivers it to a handler. */
export function streamEvent(...records: readonly (StreamRecord | StreamRecordOptions)[]): MadeEvent {
  return { Records: records.map((record) => (isStreamRecord(record) ? record as MadeRecord : streamRecord(record))) };
}

/** Whether it is a record already, not what one is made from. */
export function isStreamRecord(value: object): value is StreamRecord {
  return typeof (value as StreamRecord).dynamodb === 'object';
}

function nameOf(newImage: object | undefined, oldImage: object | undefined, expired: boolean | undefined): EventName {
  if (expired || (oldImage && !newImage)) {
    return 'REMOVE';
  }
  return oldImage ? 'MODIFY' : 'INSERT';
}

function firstAttribute(item: OneTypeMap): OneTypeMap {
  return Object.fromEntries(Object.entries(item).slice(0, 1));
}
