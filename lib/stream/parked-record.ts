import { arnParts } from './arn';
import type { AttributeMap, EventName, StreamChange, StreamRecord } from './record';

/** Tells a parked record from Lambda's own messages on the failure destination. */
export const PARKED_RECORD_KIND = 'dynamo-stream-trigger/parked-record';

/** The version of the format below. A reader takes every 1.x, and ignores what it does not know. */
export const PARKED_RECORD_VERSION = '1.0';

/** The start of the keys of parked records in an S3 bucket. */
export const PARKED_RECORD_PREFIX = 'dynamo-stream-trigger/parked/';

/**
 * A poison record on the failure destination, with what went wrong: what the runtime writes and redrive reads.
 *
 * JSON, one record a message (SQS, SNS) or object (S3). One that is too large for its destination is a `GzippedRecord`, and if that
 * does not fit either, it goes without its old image, and at last as a `RecordPointer`.
 */
export interface ParkedRecord {
  /** Always 'dynamo-stream-trigger/parked-record': tells it from Lambda's own messages. */
  readonly kind: typeof PARKED_RECORD_KIND;
  /** The version of this format. Readers take every 1.x, and ignore what they don't know. */
  readonly version: `1.${number}`;
  /** The record as Lambda delivered it, but for the images that `altered` names. */
  readonly record: StreamRecord;
  /**
   * The images that are not as Lambda delivered them: absent because the record was too large, or absent or changed by `onPark`.
   * Absent if there are none.
   */
  readonly altered?: readonly ImageName[];
  /** The ARN of the stream that the record came from. */
  readonly streamArn: string;
  /** The ARN that the function was invoked by. */
  readonly functionArn: string;
  /** The version of the function that ran, such as '$LATEST' or '7'; empty if it is not known. */
  readonly executedVersion?: string;
  /** Of the invocation that parked it. */
  readonly requestId: string;
  /** What the last try failed with. It may quote the item. */
  readonly error: {
    /** The name of its class, such as 'TypeError'. */
    readonly name: string;
    /** Its message, which may be cut. */
    readonly message: string;
    /** Where it was thrown. */
    readonly stack?: string;
    /** What a schema found wrong with the record, if that was the failure. */
    readonly issues?: readonly unknown[];
  };
  /** How often the handler was called with the record, as far as the process that parked it knows. */
  readonly tries: number;
  /** ISO 8601: when the first try had failed. */
  readonly firstTriedAt: string;
  /** ISO 8601: when the last try had failed. */
  readonly lastTriedAt: string;
}

const IMAGE_NAMES = ['NewImage', 'OldImage'] as const;

/** An image of a record. */
export type ImageName = typeof IMAGE_NAMES[number];

/** A parked record whose `record` is JSON, gzipped, in base64. */
export interface GzippedRecord extends Omit<ParkedRecord, 'record'> {
  /** The record as JSON, gzipped, in base64. */
  readonly gzip: string;
}

/** Which record it was, where not even its new image fits: the stream has it for 24 hours, and the table has its item. */
export interface RecordPointer extends Omit<ParkedRecord, 'record' | 'altered'> {
  /** The item's primary key. */
  readonly keys: AttributeMap;
  /** The `eventID` of the record. */
  readonly eventId: string;
  /** What happened to the item. */
  readonly eventName: EventName;
  /** The record's position in its shard. */
  readonly sequenceNumber: string;
  /** Why there is no more of it. */
  readonly reason: string;
}

/** A parked record with other images, or none. */
export function withImages(parked: ParkedRecord, images: Pick<StreamChange, ImageName>): ParkedRecord {
  const { record, record: { dynamodb }, altered = [] } = parked;
  const changed = IMAGE_NAMES.filter((name) => JSON.stringify(images[name] ?? undefined) !== JSON.stringify(dynamodb![name]));
  const all = IMAGE_NAMES.filter((name) => altered.includes(name) || changed.includes(name));
  return all.length === 0 ? parked : {
    ...parked,
    record: { ...record, dynamodb: { ...dynamodb, NewImage: images.NewImage ?? undefined, OldImage: images.OldImage ?? undefined } },
    altered: all,
  };
}

/**
 * The key of a parked record in an S3 bucket: by function, so that several can share the bucket and the stream, then by day. It is the
 * same if the function parks the record again that day.
 */
export function parkedRecordKey({ record, functionArn, lastTriedAt }: ParkedRecord): string {
  const { account, resource } = arnParts(functionArn);
  const name = resource.replace('function:', '').replace(/[^\w-]/g, '.');
  const day = lastTriedAt.slice(0, 10).replaceAll('-', '/');
  return `${PARKED_RECORD_PREFIX}${name && `${account}/${name}/`}${day}/${record.dynamodb!.SequenceNumber}-${record.eventID}.json`;
}
