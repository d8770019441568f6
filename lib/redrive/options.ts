import type { SupersededPolicy } from '../stream/boundary';

/** What happens to records of a range that is more than the batch. */
export const INEXACT_POLICIES = ['hold', 'send'] as const;
export type InexactPolicy = typeof INEXACT_POLICIES[number];

/** Whose records are given up: those of a table, by a function or a version or alias of it. */
export interface GivenUpBy {
  readonly functionArn: string;
  readonly tableArn: string;
}

/** What a redrive is asked to do. */
export interface RedriveOptions {
  /** Invoked instead of the function that the messages name. */
  readonly functionArn?: string;
  /** What others gave up is left alone. Absent: everything is redriven. */
  readonly only?: GivenUpBy;
  readonly superseded: SupersededPolicy;
  readonly inexact: InexactPolicy;
  /** Instead of the mapping's, as JSON. */
  readonly filters?: readonly string[];
  /** The most records of an event. */
  readonly batchSize: number;
  /** The most invocations at once. */
  readonly concurrency: number;
  /** The most messages. */
  readonly limit: number;
  /** Messages whose records are lost are done. */
  readonly forgetLost: boolean;
  /** Wait for messages that others have. */
  readonly wait: boolean;
  /** Milliseconds for which it waits at most. Absent: without an end. */
  readonly patience?: number;
  /** Reads all, invokes nothing, and gives all back. */
  readonly dryRun: boolean;
  /** Takes events instead of the function. Nothing counts as done then. */
  readonly write?: (event: string) => void;
}

export const REDRIVE_DEFAULTS = {
  superseded: 'hold', inexact: 'hold', batchSize: 100, concurrency: 1, limit: 100_000, forgetLost: false, wait: false, dryRun: false,
} as const satisfies RedriveOptions;

/** The most records of an event that Lambda itself would deliver. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
export const MOST_BATCH_SIZE = 10_000;

/** SQS hands out this many messages at once. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MOST_IN_FLIGHT = 120_000;
