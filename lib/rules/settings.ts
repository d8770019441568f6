/**
 * The settings of a mapping as plain values: what the rules judge, the construct writes to the template and the engine runs.
 * Names are those of the CDK; durations are numbers of seconds.
 */

/** Where in the stream a new mapping starts. */
export type StartingPositionName = 'TRIM_HORIZON' | 'LATEST';

/** The settings of one mapping, complete. */
export interface MappingSettings {
  readonly startingPosition: StartingPositionName;
  readonly batchSize: number;
  /** Seconds. */
  readonly maxBatchingWindow: number;
  readonly parallelizationFactor: number;
  /** -1: without limit. */
  readonly retryAttempts: number;
  /** Seconds; -1: without limit. */
  readonly maxRecordAge: number;
  readonly bisectBatchOnError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** Seconds; 0: no windows. */
  readonly tumblingWindow: number;
  readonly enabled: boolean;
  /** Event patterns as JSON text. None: every record passes; several: a record passes that one of them lets through. */
  readonly filters: readonly string[];
}

/** A whole number's range, both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** A value below the range that means "without limit". */
  readonly unlimited?: number;
}

/** The ranges that Lambda allows, from its API model; the record age's lower end from the CloudFormation documentation. */
export const RANGES = {
  batchSize: { min: 1, max: 10_000 },
  maxBatchingWindow: { min: 0, max: 300 },
  parallelizationFactor: { min: 1, max: 10 },
  retryAttempts: { min: 0, max: 10_000, unlimited: -1 },
  maxRecordAge: { min: 60, max: 604_800, unlimited: -1 },
  tumblingWindow: { min: 0, max: 900 },
} as const satisfies { [setting in keyof MappingSettings]?: Range };

/** How long a stream keeps its records, in seconds. Whatever the settings say, nothing is older. */
export const STREAM_RETENTION = 24 * 60 * 60;

/** What a trigger does unless told otherwise: one safe set. */
export const DEFAULT_SETTINGS: MappingSettings = {
  // LATEST can miss what is written while the mapping is created.
  startingPosition: 'TRIM_HORIZON',
  batchSize: 100,
  maxBatchingWindow: 0,
  parallelizationFactor: 1,
  // Carries an outage of what the handler calls.
  retryAttempts: 100,
  // Older records are about to be lost to the stream's retention; two hours are left to read them back.
  maxRecordAge: 22 * 60 * 60,
  // One bad record must not fail a batch.
  bisectBatchOnError: true,
  reportBatchItemFailures: true,
  tumblingWindow: 0,
  enabled: true,
  filters: [],
};
