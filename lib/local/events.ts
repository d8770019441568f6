import type { Notice, Outcome } from '../engine';
import type { FailedBatch } from '../stream/failed-batch';
import type { StreamEvent, StreamRecord } from '../stream/record';

/** What happens during a local run, for whoever watches. `trigger` is the construct path of the mapping. */
export type LocalEvent =
  | { readonly type: 'invocationStarted'; readonly trigger: string; readonly functionName: string; readonly shardId: string; readonly event: StreamEvent }
  | {
    readonly type: 'invocationEnded';
    readonly trigger: string;
    readonly functionName: string;
    readonly shardId: string;
    readonly event: StreamEvent;
    readonly outcome: Outcome;
    readonly durationMs: number;
  }
  /** A failed batch went to the failure destination, or was refused there. */
  | {
    readonly type: 'delivered';
    readonly trigger: string;
    readonly destinationArn: string;
    readonly message: FailedBatch;
    readonly records: readonly StreamRecord[];
    readonly accepted: boolean;
    /** Why it was refused. */
    readonly reason?: string;
  }
  /** The runtime in a function put a record on this failure destination. */
  | { readonly type: 'parked'; readonly destinationArn: string }
  /** How many shards the stream has: when the run starts, and whenever that changes. */
  | { readonly type: 'shards'; readonly trigger: string; readonly shards: number }
  /** What the engine has to say of the mapping: retries, splits, what was filtered or lost. */
  | { readonly type: 'notice'; readonly trigger: string; readonly notice: Notice }
  /** A line that a function printed. */
  | { readonly type: 'log'; readonly functionName: string; readonly requestId?: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  /** What the user should know: something that does not run here, or not as it does on AWS. */
  | { readonly type: 'warning'; readonly message: string };
