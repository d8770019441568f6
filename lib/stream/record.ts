/**
 * The shape of DynamoDB stream records as Lambda delivers them: JSON, with binary values in base64, times in
 * seconds and `eventSourceARN` filled in. Structurally compatible with `DynamoDBRecord` of `@types/aws-lambda`, but free of it:
 * nothing here may ask a user for another package. Optional properties may be undefined as they may there, for those who compile with
 * `exactOptionalPropertyTypes`.
 */

/** An attribute value in DynamoDB's own notation: one type descriptor, one value. */
export interface AttributeValue {
  /** Bytes, in base64. */
  B?: string;
  /** True or false. */
  BOOL?: boolean;
  /** A set of bytes, each in base64. */
  BS?: string[];
  /** A list. */
  L?: AttributeValue[];
  /** A map: attribute names and their values. */
  M?: { [name: string]: AttributeValue };
  /** A number as text, of up to 38 digits. */
  N?: string;
  /** A set of numbers as texts. */
  NS?: string[];
  /** Null: always true. */
  NULL?: boolean;
  /** A text. */
  S?: string;
  /** A set of texts. */
  SS?: string[];
}

/** An item or its key: attribute names and their values. */
export interface AttributeMap {
  [name: string]: AttributeValue;
}

/** What can happen to an item. */
export const EVENT_NAMES = ['INSERT', 'MODIFY', 'REMOVE'] as const;

/** What happened to the item. */
export type EventName = typeof EVENT_NAMES[number];

/** What a stream holds of an item. */
export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

/** The change itself, inside a record. */
export interface StreamChange {
  /** Seconds since the epoch, whole on AWS. */
  ApproximateCreationDateTime?: number | undefined;
  /** The item's primary key. */
  Keys?: AttributeMap | undefined;
  /** The item after the change. Absent for a REMOVE, and where the stream's view type omits it. */
  NewImage?: AttributeMap | undefined;
  /** The item before the change. Absent for an INSERT, and where the stream's view type omits it. */
  OldImage?: AttributeMap | undefined;
  /** Decimal string of 21 or more digits; see `compareSequenceNumbers`. */
  SequenceNumber?: string | undefined;
  /** Of keys and images together. */
  SizeBytes?: number | undefined;
  /** What the stream holds of an item. */
  StreamViewType?: StreamViewType | undefined;
}

/** One record of a stream, as Lambda delivers it. */
export interface StreamRecord {
  /** Unique and the same at every delivery: the idempotency key. */
  eventID?: string | undefined;
  /** What happened to the item. */
  eventName?: EventName | undefined;
  /** The version of the record's format, such as '1.1'. */
  eventVersion?: string | undefined;
  /** Always 'aws:dynamodb'. */
  eventSource?: string | undefined;
  /** The Region of the table or replica. */
  awsRegion?: string | undefined;
  /** The change itself: keys, images, sequence number. */
  dynamodb?: StreamChange | undefined;
  /** The ARN of the stream. */
  eventSourceARN?: string | undefined;
  /** Set when DynamoDB itself removed the item because its time to live was over. */
  userIdentity?: {
    /** 'dynamodb.amazonaws.com'. */
    principalId: string;
    /** 'Service'. */
    type: string;
  } | undefined;
}

/** The `userIdentity` of a record whose item DynamoDB itself removed, because its time to live was over. */
export const TTL_IDENTITY = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const;

/** Whether DynamoDB itself removed the item, because its time to live was over. */
export function isExpiry({ eventName, userIdentity }: StreamRecord): boolean {
  return eventName === 'REMOVE' && userIdentity?.type === TTL_IDENTITY.type && userIdentity.principalId === TTL_IDENTITY.principalId;
}

/** One batch, as Lambda delivers it: records of one shard. */
export interface StreamEvent {
  /** In the order of the stream. */
  Records: StreamRecord[];
}

/** An event has at most 6 MB (Lambda quotas, synchronous invocation). */
export const EVENT_BYTES = 6_291_456;

/** A batch of a tumbling window. The final invoke of a window has no records. */
export interface WindowEvent extends StreamEvent {
  /** The time that the window spans. */
  window: {
    /** ISO 8601, included. */
    start: string;
    /** ISO 8601, not included. */
    end: string;
  };
  /** What the function answered to the event before; `{}` at the start of a window. */
  state: unknown;
  /** The shard whose records these are. Each shard has windows of its own. */
  shardId: string;
  /** The ARN of the stream. */
  eventSourceARN: string;
  /** Whether the window is over. */
  isFinalInvokeForWindow: boolean;
  /** Whether the window ended before its time, because its state became larger than 1 MB. */
  isWindowTerminatedEarly: boolean;
}

/** The most that a window's state may take as JSON. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html */
export const WINDOW_STATE_BYTES = 1_048_576;

/** What a function answers when its mapping reports batch item failures: the records not done. */
export interface BatchResponse {
  /** Empty: all records are done. Otherwise Lambda goes on from the lowest sequence number. */
  batchItemFailures: {
    /** The sequence number of a record of the batch. */
    itemIdentifier: string;
  }[];
}
