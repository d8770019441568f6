import type { MappingOptions } from './options';
import type { FailedBatch } from '../stream/failed-batch';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';
import type { Position, PassingReadFailure, Shard } from '../stream/shard';

/**
 * A machine that behaves like a mapping. It has no clock and does no I/O. A driver passes it the time and what happened (`Input`), does
 * what it asks for (`Effect`), and comes back at `deadline()` at the latest. `testing` drives it with a virtual clock, `local` with
 * real parts.
 */
export interface Machine {
  /** Takes what happened at `now`, in milliseconds since the epoch, and returns what to do next. The time must never go back. */
  handle(now: number, input: Input): Effect[];
  /** When to call `handle` with a tick if nothing happens before. Undefined: time alone changes nothing. */
  deadline(): number | undefined;
  /**
   * Whether nothing is under way: every record that was read is done, no invocation or delivery has yet to be answered, and no window
   * is open. When the stream has no more records either, nothing is left to do.
   */
  idle(): boolean;
}

/** What happened. */
export type Input =
  /** Time passed. The first input must be a tick: it starts the machine. */
  | { readonly type: 'tick' }
  /** The answer to `describe`: every shard of the stream, in any order. */
  | { readonly type: 'described'; readonly shards: readonly Shard[] }
  /** The shards could not be listed. The machine asks again. */
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
  /** A read failed. The machine asks again, after `trimmed` at the oldest record that is left. */
  | { readonly type: 'readFailed'; readonly shardId: string; readonly reason: PassingReadFailure }
  /** The answer to `invoke`. */
  | { readonly type: 'returned'; readonly invocation: number; readonly outcome: Outcome }
  /** The answer to `deliver`: whether the destination accepted the message. */
  | { readonly type: 'delivered'; readonly delivery: number; readonly accepted: boolean }
  /** The mapping was switched on or off. */
  | { readonly type: 'enabled'; readonly enabled: boolean }
  /** The mapping has other options. It must be switched off, and every invocation and delivery answered. It goes on where it is. */
  | { readonly type: 'changed'; readonly options: MappingOptions };

/** How an invocation ended. */
export type Outcome =
  /** The function answered. `response` is the parsed JSON, undefined for an empty answer. */
  | { readonly type: 'response'; readonly requestId: string; readonly response: unknown }
  /** The function threw or timed out, or its process ended. */
  | { readonly type: 'error'; readonly requestId: string; readonly errorType: string; readonly errorMessage: string }
  /** The function did not run: no concurrency was left, or Lambda itself failed. It counts as no retry. */
  | { readonly type: 'throttled' };

/** What the driver must do. */
export type Effect =
  /** List the stream's shards. */
  | { readonly type: 'describe' }
  /** Read a shard from this position on, with one GetRecords call. */
  | { readonly type: 'read'; readonly shardId: string; readonly from: Position; readonly limit: number }
  /**
   * Invoke the function. The event is made for this invocation, but its records are the very objects that `read` brought: a driver that
   * passes them to code in its own process must copy them.
   */
  | { readonly type: 'invoke'; readonly invocation: number; readonly shardId: string; readonly event: StreamEvent | WindowEvent }
  /** Send a failed batch to the failure destination, to S3 under `objectKey`. `records` are the records that are given up. */
  | {
    readonly type: 'deliver';
    readonly delivery: number;
    readonly message: FailedBatch;
    readonly objectKey?: string;
    readonly records: readonly StreamRecord[];
  }
  /** Every record of the shard up to and including this number is done. A new machine resumes after it. */
  | { readonly type: 'checkpoint'; readonly shardId: string; readonly sequenceNumber: string }
  /** For observers. There is nothing to do. */
  | { readonly type: 'notice'; readonly notice: Notice };

/** Something that an observer may show. */
export type Notice =
  /** A metric that Lambda would count. The value is above 0. */
  | { readonly type: 'count'; readonly shardId: string; readonly name: EventCount; readonly value: number }
  /** A failed or throttled batch waits until `at`. `attempt` is the number of the next invocation. */
  | { readonly type: 'retrying'; readonly shardId: string; readonly records: number; readonly attempt: number; readonly at: number }
  /** A failed batch was halved. `first` and `second` are the numbers of records. */
  | { readonly type: 'split'; readonly shardId: string; readonly first: number; readonly second: number }
  /** Records are lost: they were given up without a failure destination, it refused them, or the stream deleted them. */
  | { readonly type: 'dropped'; readonly shardId: string; readonly records: readonly StreamRecord[]; readonly reason: string }
  /** The function was not invoked: the event of these records is larger than Lambda takes. It counts as a failed invocation. */
  | { readonly type: 'tooLarge'; readonly shardId: string; readonly records: number }
  /** The stream deleted records before they were read. `after`: the last number that was read before them. */
  | { readonly type: 'trimmed'; readonly shardId: string; readonly after?: string };

/** The metrics of a mapping whose `metricsConfig` asks for EventCount: how many records were polled, filtered out, and so on. */
export type EventCount =
  | 'PolledEventCount'
  | 'FilteredOutEventCount'
  | 'InvokedEventCount'
  | 'FailedInvokeEventCount'
  | 'DroppedEventCount'
  | 'OnFailureDestinationDeliveredEventCount';
