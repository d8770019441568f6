import type { InvocationEnd } from './invocation';
import { lazyProperty } from './lazy-property';
import { type Image, unmarshall } from '../stream/image';
import type { StreamEvent, StreamRecord } from '../stream/record';

/** A call of the handler for a record: each try of `streamHandler`, or the record's part in an invocation of a plain handler. */
export interface SimulatedCall {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  readonly shardId: string;
  /** The number of the execution environment, from 1. */
  readonly environment: number;
  /** The item's primary key, as JavaScript has it. */
  readonly keys: Image;
  readonly record: StreamRecord;
}

/** A call without its keys. There are many of them, so the keys are computed when the calls are read. */
export type KeptCall = Omit<SimulatedCall, 'keys'>;

/** An invocation of a handler whose calls only it knows. */
export interface PlainInvocation {
  readonly shardId: string;
  readonly event: StreamEvent;
  readonly end: InvocationEnd;
}

const withKeys = lazyProperty('keys', ({ dynamodb }: StreamRecord) => unmarshall(dynamodb?.Keys ?? {}));

/** All calls, in the order in which they began. */
export function allCalls(calls: readonly KeptCall[], plain: readonly PlainInvocation[]): SimulatedCall[] {
  const ofPlain = plain.flatMap(({ shardId, event, end: { startedAt, environment } }) =>
    event.Records.map((record) => ({ at: startedAt, shardId, environment, record })));
  return [...calls, ...ofPlain].sort((a, b) => a.at - b.at).map((call) => withKeys({ ...call }, call.record));
}
