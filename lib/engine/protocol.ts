import type { FailedBatch } from '../stream/failed-batch';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';
import type { Position, ReadFailure, Shard } from '../stream/shard';

/**
 * How a driver talks to the machine that behaves like a mapping. The machine has no clock and does no I/O: with the time, a
 * driver hands it what happened (`Input`), does what it asks for (`Effect`), and comes back at `deadline()` at the latest.
 * `testing` drives it with a virtual clock, `local` with real parts.
 */
export interface Machine {
  /** Takes what happened at `now` (milliseconds since the epoch, never going back) and says what to do next. */
  handle(now: number, input: Input): Effect[];
  /** When to call `handle` with a tick if nothing else happens first; undefined: nothing is waiting for time to pass. */
  deadline(): number | undefined;
  /**
   * Whether nothing is in hand: no record read but not done with, no invocation or delivery under way, no window open. With
   * every record read, there is nothing left to wait for.
   */
  idle(): boolean;
}

/** What happened. */
export type Input =
  /** Time passed. The first input of all: it starts the machine. */
  | { readonly type: 'tick' }
  /** The answer to `describe`: every shard of the stream, in no particular order. */
  | { readonly type: 'described'; readonly shards: readonly Shard[] }
  /** The shards could not be listed; the machine asks again. */
  | { readonly type: 'describeFailed' }
  /**
   * The answer to `read`. `end`: the shard is closed, and these were its last records. `quietUntil`: the driver knows that no read before
   * this moment brings anything; a simulation does. The machine skips these reads and behaves as if it had made them.
   */
  | {
    readonly type: 'read';
    readonly shardId: string;
    readonly records: readonly StreamRecord[];
    readonly end: boolean;
    readonly quietUntil?: number;
  }
  /** A read brought nothing because it failed; the machine asks again. `trimmed`: the records there are gone for good. */
  | { readonly type: 'readFailed'; readonly shardId: string; readonly reason: ReadFailure }
  /** The answer to `invoke`. */
  | { readonly type: 'returned'; readonly invocation: number; readonly outcome: Outcome }
  /** The answer to `deliver`: whether the destination took the message. */
  | { readonly type: 'delivered'; readonly delivery: number; readonly accepted: boolean }
  /** The mapping was switched on or off. */
  | { readonly type: 'enabled'; readonly enabled: boolean };

/** How an invocation ended. */
export type Outcome =
  /** The function answered; `response` is what its JSON says, undefined for an empty answer. */
  | { readonly type: 'response'; readonly requestId: string; readonly response: unknown }
  /** It threw, timed out, or its process ended. */
  | { readonly type: 'error'; readonly requestId: string; readonly errorType: string; readonly errorMessage: string }
  /** It never ran: no concurrency left, or Lambda itself failed. Uses none of the retry quota. */
  | { readonly type: 'throttled' };

/** What the driver has to do. */
export type Effect =
  /** List the stream's shards. */
  | { readonly type: 'describe' }
  /** Read on in a shard, one GetRecords call. `from` says where, should the driver hold no iterator of the shard. */
  | { readonly type: 'read'; readonly shardId: string; readonly from: Position; readonly limit: number }
  /**
   * Invoke the function. The event is made for this invocation; its records are the ones that `read` brought, so that a driver
   * that hands them to code in its own process copies them.
   */
  | { readonly type: 'invoke'; readonly invocation: number; readonly shardId: string; readonly event: StreamEvent | WindowEvent }
  /** Put a failed batch on the failure destination, at S3 under `objectKey`. `records` are the ones given up. */
  | {
    readonly type: 'deliver';
    readonly delivery: number;
    readonly message: FailedBatch;
    readonly objectKey?: string;
    readonly records: readonly StreamRecord[];
  }
  /** Everything in the shard up to and including this number is done with: what a restart resumes after. */
  | { readonly type: 'checkpoint'; readonly shardId: string; readonly sequenceNumber: string }
  /** For whoever watches; nothing to do. */
  | { readonly type: 'notice'; readonly notice: Notice };

/** What an observer may want to show. */
export type Notice =
  /** What Lambda would count: see `EventCount`. */
  | { readonly type: 'count'; readonly shardId: string; readonly name: EventCount; readonly value: number }
  | { readonly type: 'retrying'; readonly shardId: string; readonly records: number; readonly attempt: number; readonly at: number }
  | { readonly type: 'split'; readonly shardId: string; readonly first: number; readonly second: number }
  /** Given up without a failure destination to go to, or refused there: lost. */
  | { readonly type: 'dropped'; readonly shardId: string; readonly records: readonly StreamRecord[]; readonly reason: string }
  /** The stream's retention was over before these records could be read. `after`: the last number read before the gap. */
  | { readonly type: 'trimmed'; readonly shardId: string; readonly after?: string };

/** The metrics of a mapping whose `metricsConfig` asks for EventCount, one for each kind of what happens to records. */
export type EventCount =
  | 'PolledEventCount'
  | 'FilteredOutEventCount'
  | 'InvokedEventCount'
  | 'FailedInvokeEventCount'
  | 'DroppedEventCount'
  | 'OnFailureDestinationDeliveredEventCount';
