import { createHash } from 'node:crypto';
import { type Item, type OneTypeMap, toAttributeMap } from './attribute-value';
import { itemSize } from './item-size';
import { arnParts } from '../../stream/arn';
import { EVENT_NAMES, type EventName, type StreamChange, type StreamRecord, type StreamViewType, TTL_IDENTITY } from '../../stream/record';
import { anObject, type Check, checkOptions, type Checks, flag, oneOf, text } from '../option-check';

/** What a record is made from. Each option may be omitted. */
export interface StreamRecordOptions {
  /**
   * What happened to the item.
   *
   * @default - from the images: INSERT with a new one only, REMOVE with an old one only, MODIFY with both
   */
  readonly eventName?: EventName;
  /**
   * The item's primary key.
   *
   * @default - the first attribute of the image
   */
  readonly keys?: Item;
  /**
   * The item after the change.
   *
   * @default - without an image, that of an item which is its key and nothing else
   */
  readonly newImage?: Item;
  /**
   * The item before the change.
   *
   * @default - as for newImage
   */
  readonly oldImage?: Item;
  /**
   * When the change happened: a date, or seconds since the epoch. Records have whole seconds.
   *
   * @default - midnight of 1 January 2025, UTC
   */
  readonly createdAt?: Date | number;
  /**
   * The record's position in its shard: a text of digits.
   *
   * @default - one more than that of the record made before
   */
  readonly sequenceNumber?: string;
  /**
   * The same at every delivery of the record.
   *
   * @default - derived from the sequence number
   */
  readonly eventID?: string;
  /**
   * What the stream holds of an item: images that it omits are not in the record.
   *
   * @default 'NEW_AND_OLD_IMAGES'
   */
  readonly viewType?: StreamViewType;
  /**
   * The stream that the record comes from.
   *
   * @default - that of a table `Table` in us-east-1
   */
  readonly streamArn?: string;
  /**
   * Whether DynamoDB removed the item because its time to live was over.
   *
   * @default false
   */
  readonly expired?: boolean;
}

/** The record that `streamRecord` makes. It fits the `DynamoDBRecord` of `@types/aws-lambda`. */
export interface MadeRecord extends StreamRecord {
  /** The change itself: keys, images, sequence number. */
  dynamodb?: StreamChange & {
    /** The item's primary key. */
    Keys?: OneTypeMap;
    /** The item after the change. */
    NewImage?: OneTypeMap;
    /** The item before the change. */
    OldImage?: OneTypeMap;
  };
}

type OneOrMore<T> = T | readonly T[];

/** The event that `streamEvent` makes. It fits the `DynamoDBStreamEvent` of `@types/aws-lambda`. */
export interface MadeEvent {
  /** In the order in which they were given. */
  Records: MadeRecord[];
}

/** The stream of records and simulations that don't name one. */
export const DEFAULT_STREAM_ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000';

/** 2025-01-01T00:00:00Z, in seconds. */
export const DEFAULT_CREATION = 1_735_689_600;

let lastSequenceNumber = 100_000_000_000_000_000_000_000n;

/**
 * A well-formed stream record, as Lambda delivers it.
 *
 * Items may be plain JavaScript or in DynamoDB's notation. Without an image, the item is its key and nothing else. The record has only
 * the images that the view type includes.
 *
 * ```tsx
 * import { streamRecord } from 'dynamo-stream-trigger/testing';
 *
 * const record = streamRecord({ keys: { id: 'order-1' }, newImage: { id: 'order-1', total: 12 } });
 * ```
 *
 * @param options all may be omitted
 * @throws TypeError if an option is not what it must be.
 */
export function streamRecord(options: StreamRecordOptions = {}): MadeRecord {
  checkRecord(options);
  const { viewType = 'NEW_AND_OLD_IMAGES', streamArn = DEFAULT_STREAM_ARN, createdAt = DEFAULT_CREATION } = options;
  const sequenceNumber = options.sequenceNumber ?? String(++lastSequenceNumber);
  const { newImage, oldImage } = options;
  const keys = toAttributeMap(options.keys ?? firstAttribute(newImage ?? oldImage ?? { id: sequenceNumber }));
  const eventName = options.eventName ?? nameOf(options);
  const images = imagesOf(viewType, newImage || oldImage ? { newImage, oldImage } : keyAlone(eventName, keys));
  return {
    eventID: options.eventID ?? createHash('md5').update(sequenceNumber).digest('hex'),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: arnParts(streamArn).region,
    dynamodb: {
      ApproximateCreationDateTime: inSeconds(createdAt),
      Keys: keys,
      ...images,
      SequenceNumber: sequenceNumber,
      SizeBytes: itemSize(keys) + itemSize(images.NewImage) + itemSize(images.OldImage),
      StreamViewType: viewType,
    },
    ...(options.expired && { userIdentity: { ...TTL_IDENTITY } }),
    eventSourceARN: streamArn,
  };
}

/** An event of these records, as Lambda delivers it to a handler. Takes records, the options of `streamRecord`, and lists of both. */
export function streamEvent(...records: readonly OneOrMore<StreamRecord | StreamRecordOptions>[]): MadeEvent {
  return { Records: records.flat().map((record) => (isStreamRecord(record) ? record as MadeRecord : streamRecord(record))) };
}

/** Whether it is a record already, not the options of one. */
export function isStreamRecord(value: object): value is StreamRecord {
  return typeof (value as StreamRecord | null)?.dynamodb === 'object';
}

const anItem: Check = { ...anObject, allowed: 'an item: an object such as { id: \'a\' }' };

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799;

const OPTIONS: Checks<StreamRecordOptions> = {
  eventName: oneOf(...EVENT_NAMES),
  keys: anItem,
  newImage: anItem,
  oldImage: anItem,
  createdAt: {
    allowed: 'a Date, or a number of seconds (not milliseconds) since the epoch',
    fits: (value) => inSeconds(value) >= 0 && inSeconds(value) <= LAST_SECOND,
  },
  sequenceNumber: { allowed: 'a string of digits', fits: (value) => typeof value === 'string' && /^\d+$/.test(value) },
  eventID: text,
  viewType: oneOf('KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'),
  streamArn: text,
  expired: flag,
};

function checkRecord(options: StreamRecordOptions): void {
  checkOptions('streamRecord', options, OPTIONS);
  if (Object.keys(options.keys ?? options.newImage ?? options.oldImage ?? { id: '' }).length === 0) {
    throw new TypeError('The item is empty but must have at least one attribute, its key: { id: \'a\' }.');
  }
}

function inSeconds(time: Date | number): number {
  return Math.floor(time instanceof Date ? time.getTime() / 1000 : time);
}

function nameOf({ newImage, oldImage, expired }: StreamRecordOptions): EventName {
  if (expired || (oldImage && !newImage)) {
    return 'REMOVE';
  }
  return oldImage ? 'MODIFY' : 'INSERT';
}

type Images = Pick<StreamRecordOptions, 'newImage' | 'oldImage'>;

function keyAlone(eventName: EventName, keys: Item): Images {
  return { ...(eventName !== 'REMOVE' && { newImage: keys }), ...(eventName !== 'INSERT' && { oldImage: keys }) };
}

function imagesOf(viewType: StreamViewType, { newImage, oldImage }: Images): { NewImage?: OneTypeMap; OldImage?: OneTypeMap } {
  return {
    ...(newImage && viewType.includes('NEW') && { NewImage: toAttributeMap(newImage) }),
    ...(oldImage && viewType.includes('OLD') && { OldImage: toAttributeMap(oldImage) }),
  };
}

function firstAttribute(item: Item): Item {
  return Object.fromEntries(Object.entries(item).slice(0, 1));
}
