import { Duration, Token } from 'aws-cdk-lib';
import type { DynamoStreamTriggerProps } from './dynamo-stream-trigger';
import { UNKNOWN } from '../mapping/rule';
import { JudgedSettings } from '../mapping/setting-rules';
import { DEFAULT_SETTINGS } from '../mapping/settings';

/** The settings as plain values, for the rules: durations in seconds, tokens unknown, defaults for what is not given. */
export function plainSettings(props: DynamoStreamTriggerProps): JudgedSettings['settings'] {
  return {
    startingPosition: plain(props.startingPosition) ?? DEFAULT_SETTINGS.startingPosition,
    batchSize: plain(props.batchSize) ?? DEFAULT_SETTINGS.batchSize,
    maxBatchingWindow: seconds(props.maxBatchingWindow) ?? DEFAULT_SETTINGS.maxBatchingWindow,
    parallelizationFactor: plain(props.parallelizationFactor) ?? DEFAULT_SETTINGS.parallelizationFactor,
    retryAttempts: plain(props.retryAttempts) ?? DEFAULT_SETTINGS.retryAttempts,
    maxRecordAge: seconds(props.maxRecordAge) ?? DEFAULT_SETTINGS.maxRecordAge,
    bisectBatchOnError: plain(props.bisectBatchOnError) ?? DEFAULT_SETTINGS.bisectBatchOnError,
    reportBatchItemFailures: plain(props.reportBatchItemFailures) ?? DEFAULT_SETTINGS.reportBatchItemFailures,
    tumblingWindow: seconds(props.tumblingWindow) ?? DEFAULT_SETTINGS.tumblingWindow,
    enabled: plain(props.enabled) ?? DEFAULT_SETTINGS.enabled,
    filters: props.filters?.map((filter) => filter.toJson()) ?? DEFAULT_SETTINGS.filters,
  };
}

function plain(value: unknown): unknown {
  return Token.isUnresolved(value) ? UNKNOWN : value;
}

/** An untyped caller may have given anything. What is no Duration is not turned into one: the rule refuses it. */
function seconds(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (!isDuration(value)) return `${value} (no Duration)`;
  return value.isUnresolved() ? UNKNOWN : value.toSeconds({ integral: false });
}

/** Not by `instanceof`: two copies of the CDK may meet in one app. */
function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration).toSeconds === 'function';
}
