import type { ParkedRecord } from './parked-record';
import type { BatchResponse, StreamEvent, StreamRecord } from './record';

/**
 * What crosses the boundary between the construct and the code in the deployed function. Nothing else does: no module state
 * and no `instanceof`, because the CJS and the ESM copy of the runtime may live side by side.
 */

/** The environment variable in which the construct informs the function about its triggers, as JSON. */
export const ENVIRONMENT_VARIABLE = 'DYNAMO_STREAM_TRIGGER';

/** The version of the variable's format that this package writes and reads. */
export const BOUNDARY_VERSION = 1;

/** What the function must know about one of its triggers. */
export interface TriggerFacts {
  /**
   * The stream's ARN, or the name of its table if the table is where the function is. A trigger without one stands for every stream that
   * no other trigger names.
   */
  readonly stream?: string;
  /** Whether the mapping reports batch item failures. If not, a partial response is ignored, so that a failure must throw. */
  readonly report: boolean;
  /** The ARN of the SQS queue, SNS topic or S3 bucket that takes parked records; or `sqs:` and a queue's name if it is where the table is. */
  readonly park?: string;
  /** Whether the runtime writes what it counts as metrics of CloudWatch. */
  readonly metrics?: boolean;
  /** What the log's hashes of item keys are keyed with. Absent: the log has none. */
  readonly salt?: string;
}

/** Comes before the name of a queue that stands for its ARN. */
export const QUEUE_NAME = 'sqs:';

/** The environment variable's value. */
export interface BoundaryFacts {
  readonly v: typeof BOUNDARY_VERSION;
  readonly triggers: Omit<TriggerFacts, 'salt'>[];
  /** That of all triggers. */
  readonly salt?: string;
}

/** The property of the Lambda context in which a host that is not Lambda hands over the same facts, and its own clock. */
export const HOST = Symbol.for('dynamo-stream-trigger/host');

/** What a host hands over. What it leaves out is as it is in Lambda. */
export interface Host {
  readonly triggers?: TriggerFacts[];
  /** Takes a parked record; a rejection means that it was not taken. */
  readonly park?: (record: ParkedRecord) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Calls back after this many milliseconds, by its clock. Returns what cancels that. */
  readonly timer?: (callback: () => void, milliseconds: number) => () => void;
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
  /** Makes a call for a record: what it does around it, such as waiting, is part of the call. */
  readonly call?: (record: StreamRecord, call: () => unknown) => unknown;
  /** Stands for the execution environment: what is kept between invocations is kept for each. Absent: there is one. */
  readonly environment?: object;
  /** Whether the environment has several invocations at once. Absent: as its environment variables say. */
  readonly isShared?: boolean;
  /** Sees what an observer sees, each a `RuntimeEvent`. It must not throw. */
  readonly observe?: (event: ObservedEvent) => void;
  /** Takes what would be printed. */
  readonly log?: (entry: string) => void;
  /** Takes the line of an invocation's metrics, which would be written to the standard output. */
  readonly measure?: (line: string) => void;
  /** Ends the process. Absent: the process must not end, because other invocations run in it. */
  readonly exit?: () => void;
}

/** What a host needs of a `RuntimeEvent`. */
export interface ObservedEvent {
  readonly type: string;
  readonly record?: StreamRecord;
  /** Why a record is not parked. */
  readonly reason?: string;
}

/** What a redrive adds to an event: its records are done again, because somebody asked for it. */
export interface Redriven {
  readonly v: 1;
  /** Names the redrive. */
  readonly run: string;
  /** The eventIDs of the records whose items have changed since. */
  readonly superseded: readonly string[];
}

/** What redrive invokes the function with. */
export interface RedrivenEvent extends StreamEvent {
  readonly redriven: Redriven;
}

/** What the runtime answers to a redriven event: every record that is not done. The second key shows that it was this runtime. */
export interface RedrivenResponse extends BatchResponse {
  readonly redriven: {
    readonly v: 1;
    readonly failures: readonly {
      readonly eventId: string;
      readonly sequenceNumber: string;
      readonly error: { readonly name: string; readonly message: string };
    }[];
  };
}

/** The redrive that made an event; undefined if it comes from the mapping. */
export function redrivenOf(event: StreamEvent): Redriven | undefined {
  const { redriven } = event as Partial<RedrivenEvent>;
  return redriven?.v === 1 ? { ...redriven, superseded: redriven.superseded ?? [] } : undefined;
}

/** The environment variable in which a `StreamRedrive` hands its function what to redrive, as JSON. */
export const REDRIVE_VARIABLE = 'DYNAMO_STREAM_REDRIVE';

/** What happens to records whose item has changed since. */
export const SUPERSEDED_POLICIES = ['hold', 'send', 'skip', 'refresh'] as const;
export type SupersededPolicy = typeof SUPERSEDED_POLICIES[number];

/** The variable's value. */
export interface RedriveFacts {
  readonly v: typeof BOUNDARY_VERSION;
  /** The URL of the queue that the messages are on. Absent: the messages are the objects of the bucket. */
  readonly queueUrl?: string;
  readonly bucket?: string;
  readonly functionArn: string;
  readonly tableArn: string;
  readonly superseded: SupersededPolicy;
  /** As in the mapping's FilterCriteria. */
  readonly filters: readonly { readonly Pattern: string }[];
  readonly parallelizationFactor: number;
}
