/** Where in the stream a new mapping starts. */
export type StartingPositionName = 'TRIM_HORIZON' | 'LATEST';

/** The settings of one mapping, complete: plain values under the CDK's names, durations as numbers of seconds. */
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
  /** Event patterns as JSON text. None: every record passes; several: a record passes that matches one of them. */
  readonly filters: readonly string[];
}

export type SettingName = keyof MappingSettings;

declare const VALID: unique symbol;

/** Settings that passed the rules. Of a trigger, some may be tokens, which no rule judges. */
export type ValidSettings = MappingSettings & { readonly [VALID]: true };

/** Marks settings as valid. Only for what has applied the rules to them. */
export function markValid(settings: object): ValidSettings {
  return settings as ValidSettings;
}

/** The range of a whole number, both ends included. From Lambda's API model, unless stated otherwise. */
export interface Bounds {
  /** The id of the rule that checks it. */
  readonly rule: string;
  readonly min: number;
  readonly max: number;
  /** A value below the range that means "without limit". */
  readonly unlimited?: number;
}

/** All that is known about one setting. */
export interface Setting<Value = unknown> {
  /** What AWS::Lambda::EventSourceMapping calls it. */
  readonly property: string;
  /** What Lambda does if a template omits the property; undefined: it refuses the mapping. */
  readonly absent: Value | undefined;
  /** What a trigger does if the setting is not given. All defaults together are one safe set. */
  readonly default: Value;
  /** What omitting it is for: "Omit it to …". */
  readonly omitTo: string;
  readonly unit?: 'seconds';
  readonly range?: Bounds;
}

/** Every setting of a mapping. Ranges, defaults and names are written here only. */
export const SETTINGS: { readonly [name in SettingName]: Setting<MappingSettings[name]> } = {
  startingPosition: {
    property: 'StartingPosition',
    absent: undefined,
    // LATEST can miss what is written while the mapping is created.
    default: 'TRIM_HORIZON',
    omitTo: 'use TRIM_HORIZON',
  },
  batchSize: {
    property: 'BatchSize',
    absent: 100,
    default: 100,
    omitTo: 'use 100',
    range: { rule: 'batch-size-range', min: 1, max: 10_000 },
  },
  maxBatchingWindow: {
    property: 'MaximumBatchingWindowInSeconds',
    absent: 0,
    default: 0,
    omitTo: 'invoke the function as soon as there are records',
    unit: 'seconds',
    range: { rule: 'batching-window-range', min: 0, max: 300 },
  },
  parallelizationFactor: {
    property: 'ParallelizationFactor',
    absent: 1,
    default: 1,
    omitTo: 'process one batch of a shard at a time',
    range: { rule: 'parallelization-factor-range', min: 1, max: 10 },
  },
  retryAttempts: {
    property: 'MaximumRetryAttempts',
    absent: -1,
    // Enough for an outage of what the handler calls, where the runtime parks records that always fail.
    default: 100,
    omitTo: 'use the default',
    range: { rule: 'retry-attempts-range', min: 0, max: 10_000, unlimited: -1 },
  },
  maxRecordAge: {
    property: 'MaximumRecordAgeInSeconds',
    absent: -1,
    // The stream drops records after 24 hours. Two hours are left to read back what was given up.
    default: 22 * 60 * 60,
    omitTo: 'use 22 hours',
    unit: 'seconds',
    // The lower end is from the CloudFormation documentation.
    range: { rule: 'record-age-range', min: 60, max: 604_800, unlimited: -1 },
  },
  bisectBatchOnError: {
    property: 'BisectBatchOnFunctionError',
    absent: false,
    // One bad record must not fail a batch.
    default: true,
    omitTo: 'have it on',
  },
  reportBatchItemFailures: {
    property: 'FunctionResponseTypes',
    absent: false,
    // One bad record must not fail a batch.
    default: true,
    omitTo: 'have it on',
  },
  tumblingWindow: {
    property: 'TumblingWindowInSeconds',
    absent: 0,
    default: 0,
    omitTo: 'have no windows',
    unit: 'seconds',
    range: { rule: 'tumbling-window-range', min: 0, max: 900 },
  },
  enabled: {
    property: 'Enabled',
    absent: true,
    default: true,
    omitTo: 'have it on',
  },
  filters: {
    property: 'FilterCriteria',
    absent: [],
    default: [],
    omitTo: 'let every record pass',
  },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** A value for each setting. */
export function eachSetting<Value>(value: (name: SettingName, setting: Setting) => Value): { readonly [name in SettingName]: Value } {
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, value(name, SETTINGS[name])])) as { [name in SettingName]: Value };
}

/** The given settings, and the default of each that is not given. From an untyped caller they can be anything. */
export function completed(given: { readonly [name: string]: unknown }): { readonly [name in SettingName]: unknown } {
  return eachSetting((name, setting) => given[name] ?? setting.default);
}

/**
 * How often a trigger retries where the handler is not this package's: it parks nothing, so that one record that always fails blocks its
 * shard for all retries.
 */
export const RETRIES_WITHOUT_RUNTIME = 10;
