import type { ObjectName } from './message';
import type { RangeReader } from '../reader/stream-reader';
import type { AttributeMap } from '../stream/record';

/**
 * What a redrive works with. On AWS these are SQS, S3, DynamoDB Streams, DynamoDB and Lambda (`aws/`).
 *
 * Each may throw a `RedriveRefused` with a message for people: something that is needed is not there, or not allowed.
 */
export interface Ports {
  readonly source: Source;
  readonly buckets: Buckets;
  readonly streams: (streamArn: string) => RangeReader;
  readonly tables: Tables;
  readonly functions: Functions;
  readonly spool: Spool;
  readonly clock: Clock;
}

/** Where the messages are: a queue, a bucket, a file. */
export interface Source {
  /** For people. */
  readonly name: string;
  /** How often to keep messages from others, in milliseconds. Undefined: nobody else can get them. */
  readonly keepEvery?: number;
  /**
   * Takes all messages that are there, and keeps them from others. Answers how many are left because of the limit.
   *
   * @throws MessagesInFlight if somebody else has some of them.
   */
  collect(options: CollectOptions): Promise<{ readonly left: number }>;
  /**
   * Until then messages can be kept from others at most, in milliseconds since the epoch. Undefined: there is no such time, or nothing has
   * been taken yet.
   */
  keptUntil?(): number | undefined;
  /** Keeps messages from others for another while. */
  keep(handles: readonly string[]): Promise<void>;
  /** Removes messages that are done. */
  remove(handles: readonly string[]): Promise<void>;
  /** Others may have these, after this many seconds. */
  giveBack(handles: readonly string[], seconds: number): Promise<void>;
}

export interface CollectOptions {
  readonly limit: number;
  /** Wait for messages that others have, instead of an error. */
  readonly wait: boolean;
  /** Called while others have messages that are waited for, with how many. */
  readonly waiting: (others: number) => void;
  /** Ends the collecting. What has been taken by then is kept. */
  readonly stop: AbortSignal;
  readonly take: (received: Received) => void;
  /** Gives back and forgets everything that was taken, because somebody else is taking messages at the same time. */
  readonly discard: () => Promise<void>;
  /** Milliseconds for which it waits at most. Absent: without an end. */
  readonly patience?: number;
}

/** A message as it came. */
export interface Received {
  /** For people: a message's id, an object's key, a line's number. */
  readonly id: string;
  /** For the source. */
  readonly handle: string;
  /** Whether this id has come before. The new handle replaces the old one. */
  readonly isAgain?: boolean;
  /** What it says. */
  readonly text?: string;
  /** The object that says it, if the message does not. It is deleted with the message. */
  readonly object?: ObjectName;
}

export interface Buckets {
  /**
   * Undefined: there is no such object.
   *
   * @throws Unreadable if it can't be anything that was given up.
   */
  read(bucket: string, key: string): Promise<string | undefined>;
  remove(bucket: string, key: string): Promise<void>;
}

export interface Tables {
  /**
   * The items as they are now, undefined where there is none, in the order of the keys.
   *
   * @throws Error if the table can't be read.
   */
  read(tableArn: string, keys: readonly AttributeMap[]): Promise<(AttributeMap | undefined)[]>;
}

export interface Functions {
  describe(functionArn: string): Promise<FunctionLimits>;
  /** The mappings of a stream. */
  mappings(streamArn: string): Promise<readonly StreamMapping[]>;
  invoke(functionArn: string, event: string, timeout: number): Promise<Invoked>;
}

export interface FunctionLimits {
  /** Milliseconds. */
  readonly timeout: number;
}

export interface StreamMapping {
  readonly functionArn: string;
  /** Event patterns as JSON. Undefined: it has some, but they are not known, because they are encrypted. */
  readonly filters: readonly string[] | undefined;
  readonly parallelizationFactor: number;
  readonly hasWindow: boolean;
  /** When it was changed last, in milliseconds since the epoch. Undefined: that is not known. */
  readonly changed?: number;
}

/** What came of an invocation. */
export type Invoked =
  | { readonly type: 'answer'; readonly response: unknown }
  /** The function failed. */
  | { readonly type: 'error'; readonly name: string; readonly message: string }
  /** The function was not invoked. */
  | { readonly type: 'throttled'; readonly message: string; readonly isReserved: boolean }
  | { readonly type: 'tooLarge' }
  /** The function may have been invoked, and may still be running. */
  | { readonly type: 'noAnswer'; readonly message: string };

/** Keeps texts outside of memory. */
export interface Spool {
  append(text: string): SpoolPlace;
  read(place: SpoolPlace): string;
  /** Forgets everything in it. */
  clear(): void;
}

/** Where a text is in the spool, in bytes. */
export interface SpoolPlace {
  readonly at: number;
  readonly bytes: number;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  wait(ms: number): Promise<unknown>;
  /** From 0 up to but not including 1. */
  random(): number;
  /** Calls again and again, until what it returned is called. */
  every(ms: number, call: () => void): () => void;
}
