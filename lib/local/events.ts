import type { Notice, Outcome } from '../engine';
import type { LocalChange } from './changes';
import type { FailedBatch } from '../stream/failed-batch';
import type { StreamEvent, StreamRecord } from '../stream/record';
import type { Shard } from '../stream/shard';

/** Something that happens during a local run. `trigger` is the construct path of the mapping. */
export type LocalEvent =
  /** What the run is about to start, or to take over. The names of functions are those of the events, with their construct paths. */
  | { readonly type: 'app'; readonly functions: readonly { readonly name: string; readonly path: string }[]; readonly triggers: readonly string[] }
  | {
    readonly type: 'invocationStarted';
    readonly trigger: string;
    /** The number of the trigger's invocation, from 1: its end has the same. */
    readonly invocation: number;
    readonly functionName: string;
    readonly shardId: string;
    readonly event: StreamEvent;
  }
  | {
    readonly type: 'invocationEnded';
    readonly trigger: string;
    readonly invocation: number;
    /** The number of the function's environment, from 1. Absent if it was throttled. */
    readonly environment?: number;
    readonly functionName: string;
    readonly shardId: string;
    readonly event: StreamEvent;
    readonly outcome: Outcome;
    readonly durationMs: number;
  }
  /** What an invocation took beside its time, before its end is reported: memory in MB and, if the code was loaded for it, for how long, in milliseconds. */
  | {
    readonly type: 'used';
    readonly functionName: string;
    readonly requestId: string;
    readonly memorySize: number;
    readonly memoryUsed?: number;
    readonly loadMs?: number;
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
  /** The runtime in a function parked a record on this failure destination. */
  | { readonly type: 'parked'; readonly destinationArn: string }
  /** The number of shards of the stream, and which they are, when the run starts and whenever it changes. */
  | { readonly type: 'shards'; readonly trigger: string; readonly shards: number; readonly lineage: readonly Shard[] }
  /** Every record of the shard up to this number is done with. */
  | { readonly type: 'checkpoint'; readonly trigger: string; readonly shardId: string; readonly sequenceNumber: string }
  /** A notice of the engine about the mapping: retries, splits, what was filtered out or lost. */
  | { readonly type: 'notice'; readonly trigger: string; readonly notice: Notice }
  /** A process of a function has started, and a debugger can attach to it at this port of 127.0.0.1. `waits`: its code is loaded only then. */
  | { readonly type: 'debugger'; readonly functionName: string; readonly port: number; readonly waits: boolean }
  /** A newer version of the app was taken over. This differs from the one before. */
  | { readonly type: 'takenOver'; readonly changes: readonly LocalChange[] }
  /** A line that a function printed. */
  | { readonly type: 'log'; readonly functionName: string; readonly requestId?: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  /** Something that does not run here, or differs from AWS. */
  | { readonly type: 'warning'; readonly message: string };

export type LocalObserver = (event: LocalEvent) => void;
