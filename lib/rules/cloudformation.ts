import type { MappingSettings } from './settings';

/** What AWS::Lambda::EventSourceMapping does where a property is absent. */
const ABSENT = { BatchSize: 100, ParallelizationFactor: 1, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1 } as const;

/**
 * The settings of an AWS::Lambda::EventSourceMapping, by its properties.
 *
 * @param get gives a property's value, resolved: no intrinsic function is left in it
 */
export function settingsFromCloudFormation(get: (property: string) => any): MappingSettings {
  const number = (property: string) => Number(get(property) ?? ABSENT[property as keyof typeof ABSENT] ?? 0);
  // CloudFormation takes booleans as text too.
  const flag = (property: string, absent: boolean) => String(get(property) ?? absent) === 'true';
  return {
    startingPosition: get('StartingPosition'),
    batchSize: number('BatchSize'),
    maxBatchingWindow: number('MaximumBatchingWindowInSeconds'),
    parallelizationFactor: number('ParallelizationFactor'),
    retryAttempts: number('MaximumRetryAttempts'),
    maxRecordAge: number('MaximumRecordAgeInSeconds'),
    bisectBatchOnError: flag('BisectBatchOnFunctionError', false),
    reportBatchItemFailures: (get('FunctionResponseTypes') ?? []).includes('ReportBatchItemFailures'),
    tumblingWindow: number('TumblingWindowInSeconds'),
    enabled: flag('Enabled', true),
    filters: (get('FilterCriteria')?.Filters ?? []).map((filter: { Pattern: string }) => filter.Pattern),
  };
}
