import { Rule, UNKNOWN } from './rule';
import { MappingSettings, Range, RANGES } from './settings';

/** The settings of one trigger: what was written, defaults for the rest. From an untyped caller they can be anything. */
export interface JudgedSettings {
  /** Durations are numbers of seconds; `UNKNOWN` is a token. */
  readonly settings: { readonly [setting in keyof MappingSettings]: unknown };
}

const API_MODEL = 'Lambda API reference, CreateEventSourceMapping';

/** What Lambda would refuse in the settings themselves. */
export const SETTING_RULES: readonly Rule<JudgedSettings>[] = [
  range('batch-size-range', 'batchSize', 'Leave it out for 100.'),
  range('batching-window-range', 'maxBatchingWindow', 'Leave it out to invoke as soon as there are records.', 'seconds'),
  range('parallelization-factor-range', 'parallelizationFactor', 'Leave it out for one batch of a shard at a time.'),
  range('retry-attempts-range', 'retryAttempts', 'Leave it out for 100.'),
  range('record-age-range', 'maxRecordAge', 'Leave it out for 22 hours.', 'seconds'),
  range('tumbling-window-range', 'tumblingWindow', 'Leave it out to have no windows.', 'seconds'),
];

function range(id: string, setting: keyof typeof RANGES, wayOut: string, unit?: 'seconds'): Rule<JudgedSettings> {
  const allowed = describe(RANGES[setting], unit);
  return {
    id,
    severity: 'error',
    summary: `\`${setting}\` is ${allowed}.`,
    reads: [setting],
    source: API_MODEL,
    check: ({ settings }) => {
      const value = settings[setting];
      return value === UNKNOWN || within(RANGES[setting], value)
        ? undefined
        : `${setting} is ${show(value)}, but has to be ${allowed}. ${wayOut}`;
    },
  };
}

function within({ min, max, unlimited }: Range, value: unknown): boolean {
  return Number.isInteger(value) && (value === unlimited || (Number(value) >= min && Number(value) <= max));
}

function describe({ min, max, unlimited }: Range, unit?: string): string {
  const number = unit === undefined ? 'a whole number' : `a Duration of a whole number of ${unit}`;
  const orWithoutLimit = unlimited === undefined || unit !== undefined ? '' : `, or ${unlimited} for no limit`;
  return `${number} from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}${orWithoutLimit}`;
}

/** A value as its author would recognize it. */
export function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
