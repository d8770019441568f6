import type { FailedBatch } from '../stream/failed-batch';
import { readParkedRecord } from '../stream/read-parked-record';
import { EVENT_NAMES, type StreamEvent, type StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** What a message on a failure destination, or an object in a failure bucket, says. */
export type Message =
  | ParkedMessage
  | PointerMessage
  | BatchMessage
  /** S3 tells of objects that hold failures. */
  | { readonly kind: 'objects'; readonly objects: readonly ObjectName[] }
  /** It asks for nothing, such as the message that S3 sends when a bucket's notifications are set. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Whose records they are. */
export interface Origin {
  readonly functionArn: string;
  readonly streamArn: string;
}

/** A parked record. */
export interface ParkedMessage extends Origin {
  readonly kind: 'record';
  readonly record: StreamRecord;
  /** Whether the record is as Lambda delivered it. Otherwise an image is absent or changed, and only the stream has the whole record. */
  readonly isWhole: boolean;
}

/** A record that was too large to be parked: only the stream has it. */
export interface PointerMessage extends Origin {
  readonly kind: 'pointer';
  readonly eventId: string;
  readonly sequenceNumber: string;
  /** When the handler was first called with it, in milliseconds since the epoch. */
  readonly arrived: number;
}

/** A batch that Lambda gave up. */
export interface BatchMessage extends Origin {
  readonly kind: 'batch';
  readonly shardId: string;
  readonly first: string;
  readonly last: string;
  /** How many records of that range were in the batch. */
  readonly size: number;
  /** When the first and the last of them were written, in milliseconds since the epoch. */
  readonly arrived: readonly [number, number];
  /** The records, where the message holds them. */
  readonly records?: readonly StreamRecord[];
}

/** An object in a bucket. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** An SNS message may hold one of S3, which SNS got. More levels are nobody's. */
const MOST_ENVELOPES = 2;

/** Reads a message in each of its forms, in SNS's envelope or not. */
export function readMessage(text: string, envelopes = MOST_ENVELOPES): Message {
  const value = parse(text);
  if (value === undefined) {
    return unknown('It is not a JSON object');
  }
  if (value.Type === 'Notification' && typeof value.Message === 'string' && envelopes > 0) {
    return readMessage(value.Message, envelopes - 1);
  }
  if (value.Event === 's3:TestEvent') {
    return { kind: 'empty' };
  }
  return value.DDBStreamBatchInfo ? batch(value) : s3Event(value) ?? parked(text);
}

function parse(text: string): any {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function batch(message: FailedBatch): Message {
  const { DDBStreamBatchInfo: info, requestContext, payload } = message;
  const { shardId, startSequenceNumber: first, endSequenceNumber: last, batchSize: size, streamArn } = info;
  const functionArn = requestContext?.functionArn;
  if (!isNumber(first) || !isNumber(last) || ![shardId, streamArn, functionArn].every(isText) || !(size > 0)) {
    return unknown('It is a failed batch without a shard, a range, a size, a stream or a function');
  }
  const arrived = [info.approximateArrivalOfFirstRecord, info.approximateArrivalOfLastRecord].map(Date.parse) as [number, number];
  const records = recordsIn(payload);
  return {
    kind: 'batch', functionArn, streamArn, shardId, first, last, size, arrived, ...(records && { records: ofRange(records, first, last, size) }),
  };
}

/** What an S3 object has beside the message: the event of the last invocation. One that can't be read is as none: the stream has the range. */
function recordsIn(payload: FailedBatch['payload']): StreamRecord[] | undefined {
  const event: StreamEvent | undefined = typeof payload === 'string' ? parse(payload) : payload;
  return Array.isArray(event?.Records) && event.Records.length > 0 && event.Records.every(isRecord) ? event.Records : undefined;
}

/** The last invocation may have had records before the range, and got them done. */
function ofRange(records: StreamRecord[], first: string, last: string, size: number): StreamRecord[] {
  const inside = records.filter(({ dynamodb }) => compareSequenceNumbers(dynamodb!.SequenceNumber!, first) >= 0
    && compareSequenceNumbers(dynamodb!.SequenceNumber!, last) <= 0);
  return inside.length === size ? inside : records;
}

function s3Event({ Records }: { Records?: unknown }): Message | undefined {
  if (!Array.isArray(Records) || Records.length === 0 || Records.some((record) => record?.eventSource !== 'aws:s3')) {
    return undefined;
  }
  const created = Records.filter(({ eventName }) => String(eventName).startsWith('ObjectCreated:'));
  if (created.some(({ s3 }) => !isText(s3?.bucket?.name) || !isText(s3?.object?.key))) {
    return unknown('It is an event of S3 that names no object');
  }
  const objects = created.map(({ s3 }) => ({ bucket: s3.bucket.name, key: decodedKey(s3.object.key) }));
  return objects.length === 0 ? { kind: 'empty' } : { kind: 'objects', objects };
}

/** S3 writes keys in events as in forms. */
function decodedKey(key: string): string {
  return new URLSearchParams(`key=${key.replaceAll('&', '%26')}`).get('key')!;
}

function parked(text: string): Message {
  const found = readable(text);
  if (found === undefined) {
    return unknown('It is neither a failed batch of a DynamoDB stream, nor a parked record, nor an event of S3');
  }
  const { functionArn, streamArn } = found;
  if (!isText(functionArn) || !isText(streamArn)) {
    return unknown('It is a parked record without a function or a stream');
  }
  if ('record' in found) {
    return isRecord(found.record)
      ? { kind: 'record', functionArn, streamArn, record: found.record, isWhole: !found.altered?.length }
      : unknown('It is a parked record without keys or a sequence number');
  }
  const { eventId, sequenceNumber, firstTriedAt } = found;
  return isNumber(sequenceNumber)
    ? { kind: 'pointer', functionArn, streamArn, eventId, sequenceNumber, arrived: Date.parse(firstTriedAt) }
    : unknown('It is a parked record without a sequence number');
}

/** What was compressed may be broken. */
function readable(text: string): ReturnType<typeof readParkedRecord> {
  try {
    return readParkedRecord(text);
  } catch {
    return undefined;
  }
}

function isRecord(record: StreamRecord | undefined): boolean {
  const { Keys, SequenceNumber } = record?.dynamodb ?? {};
  return typeof Keys === 'object' && Keys !== null && isNumber(SequenceNumber) && EVENT_NAMES.includes(record!.eventName!);
}

function isNumber(text: unknown): boolean {
  return typeof text === 'string' && /^\d{1,40}$/.test(text);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function unknown(reason: string): Message {
  return { kind: 'unknown', reason };
}
