import { isSynthesized, readMapping, type SynthesizedMapping, type SynthesizedTemplate } from './synthesized-mapping';
import { DEFAULT_SETTINGS, type MappingSettings, type Range, RANGES } from '../mapping/settings';

/** A number of seconds, or a `Duration` of the CDK. */
export type Seconds = number | { toSeconds(): number };

/** An event pattern as an object or as JSON text, or a `StreamFilter`. */
export type FilterInput = string | { toJson(): string } | { readonly [key: string]: unknown };

/**
 * A mapping's settings by the construct's names; what is left out is the construct's default. The construct's own props fit, their
 * table and handler are not looked at.
 */
export interface SimulatedMapping {
  /** @default 'TRIM_HORIZON' */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST';
  /** @default 100 */
  readonly batchSize?: number;
  /** @default 0 */
  readonly maxBatchingWindow?: Seconds;
  /** @default 1 */
  readonly parallelizationFactor?: number;
  /**
   * -1: without limit.
   *
   * @default 100
   */
  readonly retryAttempts?: number;
  /**
   * -1: without limit.
   *
   * @default - 22 hours
   */
  readonly maxRecordAge?: Seconds;
  /** @default true */
  readonly bisectBatchOnError?: boolean;
  /** @default true */
  readonly reportBatchItemFailures?: boolean;
  /**
   * 0: no windows.
   *
   * @default 0
   */
  readonly tumblingWindow?: Seconds;
  /** @default true */
  readonly enabled?: boolean;
  /** @default - every record passes */
  readonly filters?: readonly FilterInput[];
  /**
   * The kind of failure destination; that of the construct's props fits too.
   *
   * @default 'sqs'
   */
  readonly onFailure?: 'sqs' | 'sns' | 's3' | 'none' | object;
}

/** What a simulation needs to know of a mapping. */
export interface ResolvedMapping {
  readonly settings: MappingSettings;
  readonly destination?: 'sqs' | 'sns' | 's3';
  /** The function's timeout in seconds, where a template says it. */
  readonly timeout?: number;
}

const DURATIONS = ['maxBatchingWindow', 'maxRecordAge', 'tumblingWindow'] as const;
const FLAGS = ['bisectBatchOnError', 'reportBatchItemFailures', 'enabled'] as const;
/** Props of the construct that say nothing about how records are delivered. */
const NOT_LOOKED_AT = ['table', 'handler', 'permissions', 'filterEncryption', 'metricsConfig', 'failureQueueRemovalPolicy'];

/**
 * Settings from what the caller gave, complete and judged.
 *
 * @throws TypeError or RangeError that names the setting, what was given and what is allowed.
 */
export function resolveMapping(given: SimulatedMapping | SynthesizedTemplate | SynthesizedMapping = {}): ResolvedMapping {
  const resolved = isSynthesized(given) ? readMapping(given) : fromProps(given);
  judge(resolved.settings);
  return resolved;
}

function fromProps({ onFailure, filters = [], ...given }: SimulatedMapping): ResolvedMapping {
  const settings: { [name: string]: unknown } = { ...DEFAULT_SETTINGS };
  for (const [name, value] of Object.entries(given)) {
    if (name in DEFAULT_SETTINGS) {
      settings[name] = value ?? settings[name];
    } else if (!NOT_LOOKED_AT.includes(name)) {
      throw new TypeError(`mapping.${name} is no setting. There are ${Object.keys(DEFAULT_SETTINGS).join(', ')} and onFailure.`);
    }
  }
  for (const name of DURATIONS) {
    settings[name] = inSeconds(settings[name]);
  }
  return {
    settings: { ...settings, filters: filters.map(filterText) } as unknown as MappingSettings,
    destination: destinationKind(onFailure),
  };
}

function inSeconds(value: unknown): unknown {
  return typeof (value as { toSeconds?: unknown }).toSeconds === 'function' ? (value as { toSeconds(): number }).toSeconds() : value;
}

/** `lambda.FilterCriteria.filter(…)` returns an object with the pattern's text. */
function filterText(filter: FilterInput): string {
  if (typeof filter === 'string') {
    return filter;
  }
  if (typeof filter.toJson === 'function') {
    return filter.toJson();
  }
  const { pattern } = filter as { pattern?: unknown };
  return typeof pattern === 'string' ? pattern : JSON.stringify(filter);
}

const DESTINATIONS = ['sqs', 'sns', 's3', 'none'];

function destinationKind(onFailure: SimulatedMapping['onFailure'] = 'sqs'): 'sqs' | 'sns' | 's3' | undefined {
  if (typeof onFailure === 'object' && onFailure !== null) {
    return 'topic' in onFailure ? 'sns' : 'bucket' in onFailure ? 's3' : 'queue' in onFailure ? 'sqs' : undefined;
  }
  if (!DESTINATIONS.includes(onFailure)) {
    throw new TypeError(`mapping.onFailure is ${JSON.stringify(onFailure)}; it has to be one of ${DESTINATIONS.join(', ')}.`);
  }
  return onFailure === 'none' ? undefined : onFailure as 'sqs' | 'sns' | 's3';
}

function judge(settings: MappingSettings): void {
  for (const [name, range] of Object.entries(RANGES)) {
    judgeRange(name, settings[name as keyof typeof RANGES], range);
  }
  for (const name of FLAGS) {
    if (typeof settings[name] !== 'boolean') {
      throw new TypeError(`mapping.${name} is ${show(settings[name])}; it has to be true or false.`);
    }
  }
  if (settings.startingPosition !== 'TRIM_HORIZON' && settings.startingPosition !== 'LATEST') {
    throw new TypeError(`mapping.startingPosition is ${show(settings.startingPosition)}; it has to be TRIM_HORIZON or LATEST.`);
  }
  if (settings.tumblingWindow > 0 && settings.parallelizationFactor > 1) {
    throw new RangeError(`mapping.parallelizationFactor is ${settings.parallelizationFactor}; with a tumblingWindow it has to be 1.`);
  }
}

function judgeRange(name: string, value: number, { min, max, unlimited }: Range): void {
  if (value !== unlimited && !(Number.isInteger(value) && value >= min && value <= max)) {
    const orUnlimited = unlimited === undefined ? '' : `, or ${unlimited} for no limit`;
    throw new RangeError(`mapping.${name} is ${show(value)}; it has to be a whole number from ${min} to ${max}${orUnlimited}.`);
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
