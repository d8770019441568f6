/**
 * The shape of DynamoDB stream records as Lambda delivers them: JSON, with binary values in base64, times in
 * seconds and `eventSourceARN` filled in. Structurally compatible with `DynamoDBRecord` of `@types/aws-lambda`, but free of it:
 * nothing here may ask a user for another package. Optional properties may be undefined as they may there, for those who compile with
 * `exactOptionalPropertyTypes`.
 */

/** An attribute value in DynamoDB's own notation: one type descriptor, one value. */
export interface AttributeValue {
  B?: string;
  BOOL?: boolean;
  BS?: string[];
  L?: AttributeValue[];
  M?: { [name: string]: AttributeValue };
  N?: string;
  NS?: string[];
  NULL?: boolean;
  S?: string;
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
  Keys?: AttributeMap | undefined;
  NewImage?: AttributeMap | undefined;
  OldImage?: AttributeMap | undefined;
  /** Decimal string of 21 or more digits; see `compareSequenceNumbers`. */
  SequenceNumber?: string | undefined;
  SizeBytes?: number | undefined;
  StreamViewType?: StreamViewType | undefined;
}

/** One record of a stream, as Lambda delivers it. */
export interface StreamRecord {
  /** Unique and the same at every delivery: the idempotency key. */
  eventID?: string | undefined;
  eventName?: EventName | undefined;
  eventVersion?: string | undefined;
  eventSource?: string | undefined;
  awsRegion?: string | undefined;
  dynamodb?: StreamChange | undefined;
  eventSourceARN?: string | undefined;
  /** Set when DynamoDB itself removed the item because its time to live was over. */
  userIdentity?: { principalId: string; type: string } | undefined;
}

/** The `userIdentity` of a record whose item DynamoDB itself removed, because its time to live was over. */
export const TTL_IDENTITY = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const;

/** Whether DynamoDB itself removed the item, because its time to live was over. */
export function isExpiry({ eventName, userIdentity }: StreamRecord): boolean {
  return eventName === 'REMOVE' && userIdentity?.type === TTL_IDENTITY.type && userIdentity.principalId === TTL_IDENTITY.principalId;
}

/** One batch, as Lambda delivers it: records of one shard. */
export interface StreamEvent {
  Records: StreamRecord[];
}

/** An event has at most 6 MB (Lambda quotas, synchronous invocation). */
export const EVENT_BYTES = 6_291_456;

/** A batch of a tumbling window. The final invoke of a window has no records. */
export interface WindowEvent extends StreamEvent {
  /** ISO 8601 times. */
  window: { start: string; end: string };
  state: unknown;
  shardId: string;
  eventSourceARN: string;
  isFinalInvokeForWindow: boolean;
  isWindowTerminatedEarly: boolean;
}

/** The most that a window's state may take as JSON. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html */
export const WINDOW_STATE_BYTES = 1_048_576;

/** What a function answers when its mapping reports batch item failures: the records not done. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}
