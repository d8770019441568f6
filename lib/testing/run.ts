import type { SimulatedCall } from './calls';
import type { Struck } from './faults';
import type { MetricSample } from './samples';
import type { EventCount } from '../engine';
import type { FailedBatch } from '../stream/failed-batch';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';
import type { ViewNotice } from '../view';

/** The result of a simulation. Times are milliseconds since the epoch. */
export interface SimulationRun {
  /** Every invocation of the handler, in order of virtual time. */
  readonly invocations: readonly SimulatedInvocation[];
  /** The messages on the failure destination, exactly as Lambda writes them. */
  readonly failed: readonly FailedBatch[];
  /** The same messages, each with the records given up, and the object key at an S3 destination. */
  readonly deliveries: readonly SimulatedDelivery[];
  /** What the runtime parked on the failure destination. */
  readonly parked: readonly ParkedRecord[];
  /**
   * Records that were neither processed nor filtered out nor put on the failure destination. Empty unless the settings allow loss. With
   * reportBatchItemFailures off, records that the handler reported as failed are among them, because Lambda ignores the report.
   */
  readonly lost: readonly StreamRecord[];
  /** The calls of the handler for single records, in the order in which they began: who was called, how often, and where. */
  readonly calls: readonly SimulatedCall[];
  /** What `streamHandler` and `windowHandler` would have printed, line by line. */
  readonly logs: readonly string[];
  /** How often each of the faults struck: `{ throttle: 2, crash: 0, … }`. */
  readonly faults: Struck;
  /** The sums of the metrics that a mapping emits if its metricsConfig asks for EventCount. */
  readonly metrics: Readonly<Record<EventCount, number>>;
  /**
   * What CloudWatch would get, in order of time: the metrics of the mapping with EventCount, those of the function, and those of the runtime
   * with a `StreamTriggerMonitoring`.
   */
  readonly samples: readonly MetricSample[];
  /**
   * What happened, in order: each invocation's start and end, retries, splits, checkpoints, what was parked, given up or lost. Then the calls
   * of the handler for single records. `writeReport` draws it. A new list at each read.
   */
  readonly notices: readonly RunNotice[];
  /** When it began: when the first record could be read. */
  readonly startedAt: number;
  /** When everything was done or given up. */
  readonly endedAt: number;
}

/** Something that happened in a simulation. Of an item it holds nothing but the key, in a `call`. */
export type RunNotice = ViewNotice;

/** One invocation of the handler. */
export interface SimulatedInvocation {
  /** When it started. */
  readonly at: number;
  /** The shard whose records the batch has. */
  readonly shardId: string;
  /** The event that the handler was given. A new copy at each read. */
  readonly event: StreamEvent | WindowEvent;
  /** The response, as Lambda reads it. Absent if the invocation failed. */
  readonly response?: unknown;
  /** Why it failed: it threw, timed out, or its process ended. */
  readonly error?: {
    /** The name of what was thrown, or Lambda's own, such as 'Sandbox.Timedout'. */
    readonly errorType: string;
    /** Its message. */
    readonly errorMessage: string;
  };
  /** How long it took, in virtual time. */
  readonly durationMs: number;
  /** The number of the execution environment, from 1. */
  readonly environment: number;
  /** Lambda's IteratorAge metric: the age of the last record when the invocation started. Absent without records. */
  readonly iteratorAgeMs?: number;
}

/** One message on the failure destination. */
export interface SimulatedDelivery {
  /** When it was sent. */
  readonly at: number;
  /** The message, exactly as Lambda writes it. */
  readonly message: FailedBatch;
  /** The object's key, at an S3 destination. */
  readonly objectKey?: string;
  /** The records given up. */
  readonly records: readonly StreamRecord[];
}
