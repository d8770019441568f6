import { MOST_BATCH_SIZE } from './options';
import { isFunctionArn, isObject, isRecordOf, isSequenceNumber, isStreamArn, isText } from './well-formed';
import { readParkedRecord } from '../stream/read-parked-record';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** What a message on a failure destination, or an object in a failure bucket, means. */
export type Message =
  | ParkedMessage
  | PointerMessage
  | BatchMessage
  /** S3's notification of objects that hold failures. */
  | { readonly kind: 'objects'; readonly objects: readonly ObjectName[] }
  /** Nothing needs to be done for it, as for the message that S3 sends when a bucket's notifications are set. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Whose records they are. */
export interface Origin {
  readonly functionArn: string;
  readonly streamArn: string;
}

/** arn:aws:lambda:region:account:function:name, without an alias or a version. */
export function unqualified(functionArn: string): string {
  return functionArn.split(':').slice(0, 7).join(':');
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
  readonly firstWritten: number;
  readonly lastWritten: number;
  /** When Lambda gave it up, in milliseconds since the epoch. */
  readonly givenUp: number;
  /** Those of the records that the message holds: all of them, or some; absent if it holds none. */
  readonly records?: readonly StreamRecord[];
}

/** An object in a bucket. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** An SNS message may hold one of S3, which SNS got. More levels are nobody's. */
const MOST_ENVELOPES = 2;

/**
 * Reads a message in each of its forms, in SNS's envelope or not. Whatever is in it: what can't be worked with is unknown.
 *
 * @param now in milliseconds since the epoch: nothing was written later
 */
export function readMessage(text: string, now = Date.now(), envelopes = MOST_ENVELOPES): Message {
  const value = parse(text);
  if (value === undefined) {
    return unknown('It is not a JSON object');
  }
  if (value.Type === 'Notification' && typeof value.Message === 'string' && envelopes > 0) {
    return readMessage(value.Message, now, envelopes - 1);
  }
  if (value.Event === 's3:TestEvent') {
    return { kind: 'empty' };
  }
  return value.DDBStreamBatchInfo ? batch(value, now) : s3Event(value) ?? parked(text, now);
}

function parse(text: string): Record<string, any> | undefined {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function batch({ DDBStreamBatchInfo: info, requestContext, timestamp, payload }: Record<string, any>, now: number): Message {
  const { shardId, startSequenceNumber: first, endSequenceNumber: last, batchSize: size, streamArn } = info;
  const functionArn = requestContext?.functionArn;
  if (!isText(shardId) || !isStreamArn(streamArn) || !isFunctionArn(functionArn)) {
    return unknown('It is a failed batch without the ARN of a stream, the id of a shard or the ARN of a function');
  }
  if (!isSequenceNumber(first) || !isSequenceNumber(last) || compareSequenceNumbers(first, last) > 0) {
    return unknown('It is a failed batch without a range: two numbers of 21 to 40 digits, the first of which is not above the last');
  }
  if (!Number.isInteger(size) || size < 1 || size > MOST_BATCH_SIZE) {
    return unknown(`It is a failed batch whose size is not a whole number from 1 to ${MOST_BATCH_SIZE}`);
  }
  const [firstWritten, lastWritten] = [info.approximateArrivalOfFirstRecord, info.approximateArrivalOfLastRecord].map((time) => timeOf(time, now));
  if (Number.isNaN(firstWritten + lastWritten)) {
    return unknown('It is a failed batch whose times are not possible');
  }
  const records = recordsIn(payload, streamArn, (number) => isBetween(first, number, last));
  return {
    kind: 'batch', functionArn, streamArn, shardId, first, last: last === first ? first : last, size, firstWritten, lastWritten,
    givenUp: timeOf(timestamp, now), ...(records.length > 0 && { records }),
  };
}

/**
 * What an S3 object has beside the message: the event of the last invocation, which may have had records before the range and got them
 * done. If the others can't be read, it is as if there were none: the stream has the range.
 */
function recordsIn(payload: unknown, streamArn: string, isInRange: (number: string) => boolean): StreamRecord[] {
  const event = typeof payload === 'string' ? parse(payload) : payload;
  const all: any[] = isObject(event) && Array.isArray(event.Records) ? event.Records : [];
  const inside = all.filter((record) => {
    const number = record?.dynamodb?.SequenceNumber;
    return !/^\d{1,40}$/.test(isText(number) ? number : '') || isInRange(number);
  });
  return inside.every((record) => isRecordOf(streamArn, record)) ? inside : [];
}

function isBetween(first: string, number: string, last: string): boolean {
  return compareSequenceNumbers(first, number) <= 0 && compareSequenceNumbers(number, last) <= 0;
}

function s3Event({ Records }: Record<string, any>): Message | undefined {
  if (!Array.isArray(Records) || Records.length === 0 || Records.some((record) => record?.eventSource !== 'aws:s3')) {
    return undefined;
  }
  const created = Records.filter(({ eventName }) => typeof eventName === 'string' && eventName.startsWith('ObjectCreated:'));
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

function parked(text: string, now: number): Message {
  const found = readable(text);
  if (found === undefined) {
    return unknown('It is neither a failed batch of a DynamoDB stream, nor a parked record, nor an event of S3');
  }
  const { functionArn, streamArn } = found;
  if (!isFunctionArn(functionArn) || !isStreamArn(streamArn)) {
    return unknown('It is a parked record without the ARN of a function or of a stream');
  }
  if ('record' in found) {
    return isRecordOf(streamArn, found.record)
      ? { kind: 'record', functionArn, streamArn, record: found.record, isWhole: !found.altered?.length }
      : unknown('It is a parked record whose record is not one of its stream');
  }
  const { eventId, sequenceNumber, firstTriedAt } = found;
  const arrived = timeOf(firstTriedAt, now);
  return isText(eventId) && isSequenceNumber(sequenceNumber) && !Number.isNaN(arrived)
    ? { kind: 'pointer', functionArn, streamArn, eventId, sequenceNumber, arrived }
    : unknown('It is a parked record without an eventID, a sequence number or a possible time');
}

/** What was compressed may be broken. */
function readable(text: string): ReturnType<typeof readParkedRecord> {
  try {
    return readParkedRecord(text);
  } catch {
    return undefined;
  }
}

/** In milliseconds since the epoch; NaN: at that time nothing can have been written. */
function timeOf(value: unknown, now: number): number {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return time >= FIRST_STREAM && time <= now + CLOCKS_APART ? time : NaN;
}

/** DynamoDB had no streams before. */
const FIRST_STREAM = Date.parse('2014-01-01');

/** Milliseconds by which the clock of this machine may be wrong. */
const CLOCKS_APART = 24 * 60 * 60 * 1000;

function unknown(reason: string): Message {
  return { kind: 'unknown', reason };
}
