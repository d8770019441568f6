/**
 * What the runtime counts in an invocation: the names of its metrics, by what happened. CloudWatch keeps them for each function and table.
 */
export const RUNTIME_METRICS = {
  /** Records that were put on the failure destination as poison. */
  recordParked: 'ParkedRecords',
  /** Tries that failed of something else than the record, such as throttling or a lost connection. */
  transient: 'TransientFailures',
  /** Tries of a record after its first one in the same invocation. */
  recordRetried: 'RetriedRecords',
  /** Invocations that came to the end of their time before their batch was done. */
  deadline: 'Deadlines',
  /** Processes that ended themselves, because calls no longer settled in them. */
  exit: 'SickEnvironments',
} as const;

export type RuntimeMetric = typeof RUNTIME_METRICS[keyof typeof RUNTIME_METRICS];

export const RUNTIME_NAMESPACE = 'DynamoStreamTrigger';

/** The dimensions of each of them. */
export const RUNTIME_DIMENSIONS = ['FunctionName', 'TableName'] as const;
