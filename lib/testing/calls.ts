import { lazyProperty } from './lazy-property';
import { type Image, unmarshall } from '../stream/image';
import type { StreamRecord } from '../stream/record';

/** A call of the handler for a record: each try of `streamHandler`, or the record's part in an invocation of a plain handler. */
export interface SimulatedCall {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** The shard that the record is in. */
  readonly shardId: string;
  /** The number of the execution environment, from 1. */
  readonly environment: number;
  /** The item's primary key, as JavaScript has it. */
  readonly keys: Image;
  /** The record as Lambda delivers it. */
  readonly record: StreamRecord;
}

/** A call without its keys. There are many of them, so the keys are computed when the calls are read. */
export interface KeptCall extends Omit<SimulatedCall, 'keys'> {
  /** The number of its invocation. */
  readonly invocation: number;
  /** When it settled. Absent if it never did. */
  endedAt?: number;
  /** What it threw: the type and the message. */
  error?: readonly [errorType: string, errorMessage: string];
}

/** The handler was called with a batch. */
export interface KeptInvocation extends Omit<KeptCall, 'record' | 'endedAt' | 'error'> {
  /** Those that it was called for: none, if it hands each of its calls over. */
  records: readonly StreamRecord[];
}

const withKeys = lazyProperty('keys', ({ dynamodb }: StreamRecord) => unmarshall(dynamodb?.Keys ?? {}));

/** All calls, from what was kept in the order in which it began. */
export function allCalls(kept: readonly (KeptCall | KeptInvocation)[]): SimulatedCall[] {
  return kept.flatMap((one) => {
    const { at, shardId, environment } = one;
    const records = 'record' in one ? [one.record] : one.records;
    return records.map((record) => withKeys({ at, shardId, environment, record }, record));
  });
}
