import type { StreamRecord } from '../lib/stream/record';
import { type MadeRecord, streamRecord, type StreamRecordOptions } from '../lib/testing';

/** When the stories of the tests begin, in seconds since the epoch: a multiple of every window's length. */
export const START = Date.UTC(2025, 0, 1) / 1000;

export const START_MS = START * 1000;

/** The record at a position of a shard, from 0: created at the start, unless the options say otherwise. */
export function recordAt(at: number, options?: StreamRecordOptions): MadeRecord {
  return streamRecord({ sequenceNumber: sequenceNumber(at), createdAt: START, ...options });
}

/** The sequence number of a position. It has as many digits as DynamoDB's own have. */
export function sequenceNumber(at: number): string {
  return String(FIRST + BigInt(at));
}

/** The position of a record, or of a sequence number. */
export function position(subject: StreamRecord | string): number {
  return Number(BigInt(typeof subject === 'string' ? subject : numberOf(subject)) - FIRST);
}

/** The sequence number of a record. */
export function numberOf({ dynamodb }: StreamRecord): string {
  return dynamodb!.SequenceNumber!;
}

/** The item of a record: its key, as text. */
export function itemOf({ dynamodb }: StreamRecord): string {
  return JSON.stringify(dynamodb!.Keys);
}

const FIRST = 100_000_000_000_000_000_000n;
