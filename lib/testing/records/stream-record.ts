import { createHash } from 'node:crypto';
import { type Item, type OneTypeMap, toAttributeMap } from './attribute-value';
import { itemSize } from './item-size';
import { arnParts } from '../../stream/arn';
import { EVENT_NAMES, type EventName, type StreamChange, type StreamRecord, type StreamViewType, TTL_IDENTITY } from '../../stream/record';

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

type OneOrMore<T> = T | readonly T[];

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
 * Items may be plain JavaScript or in DynamoDB's notation. Without an image, the item is its key and nothing else. Images that the
 * view type leaves out are left out here too.
 *
 *     streamRecord({ keys: { id: 'order-1' }, newImage: { id: 'order-1', total: 12 } })
 *
 * @throws TypeError for options that no record can be made from.
 */
export function streamRecord(options: StreamRecordOptions = {}): MadeRecord {
  judge(options);
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

/** An event with these records, as Lambda delivers it to a handler. Takes records, what they are made from, and lists of both. */
export function streamEvent(...records: readonly OneOrMore<StreamRecord | StreamRecordOptions>[]): MadeEvent {
  return { Records: records.flat().map((record) => (isStreamRecord(record) ? record as MadeRecord : streamRecord(record))) };
}

/** Whether it is a record already, not what one is made from. */
export function isStreamRecord(value: object): value is StreamRecord {
  return typeof (value as StreamRecord | null)?.dynamodb === 'object';
}

const CHOICES = {
  eventName: EVENT_NAMES,
  viewType: ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'],
} as const;

const ITEMS = ['keys', 'newImage', 'oldImage'] as const;

const OPTIONS: readonly string[] = [...Object.keys(CHOICES), ...ITEMS, 'createdAt', 'sequenceNumber', 'eventID', 'streamArn', 'expired'];

function judge(options: StreamRecordOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`A record can't be made from ${String(options)}, only from an object such as { newImage: { id: 'a' } }.`);
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`streamRecord has no option ${unknown}, only ${OPTIONS.join(', ')}. An item is one of them: { newImage: { id: 'a' } }.`);
  }
  for (const name of ['eventName', 'viewType'] as const) {
    const value = options[name];
    if (value !== undefined && !(CHOICES[name] as readonly string[]).includes(value)) {
      throw new TypeError(`${name} is ${JSON.stringify(value)}, but has to be one of ${CHOICES[name].join(', ')}.`);
    }
  }
  for (const name of ITEMS) {
    const item: unknown = options[name];
    if (item !== undefined && (typeof item !== 'object' || item === null || Array.isArray(item))) {
      throw new TypeError(`${name} is ${JSON.stringify(item)}, but has to be an item: an object such as { id: 'a' }.`);
    }
  }
  if (Object.keys(options.keys ?? options.newImage ?? options.oldImage ?? { id: '' }).length === 0) {
    throw new TypeError('An item has at least one attribute, its key: { id: \'a\' }.');
  }
  const { createdAt, sequenceNumber } = options;
  if (createdAt !== undefined && !(inSeconds(createdAt) >= 0 && inSeconds(createdAt) <= LAST_SECOND)) {
    throw new TypeError(`createdAt is ${String(createdAt)}, but has to be a Date, or a number of seconds since the epoch: not milliseconds.`);
  }
  if (sequenceNumber !== undefined && !(typeof sequenceNumber === 'string' && /^\d+$/.test(sequenceNumber))) {
    throw new TypeError(`sequenceNumber is ${JSON.stringify(sequenceNumber)}, but has to be a string of digits.`);
  }
}

/** That of the year 9999. */
const LAST_SECOND = 253_402_300_799;

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
