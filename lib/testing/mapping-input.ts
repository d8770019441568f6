import { inWords } from './check';
import { filterText, type FilterInput } from './filter';
import { isSynthesized, readMapping, type SynthesizedMapping, type SynthesizedTemplate } from './synthesized-mapping';
import { refusalsOf } from '../rules/refusals';
import { DEFAULT_SETTINGS, type MappingSettings } from '../rules/settings';
import { DESTINATION_KINDS, type DestinationKind } from '../stream/destination';

/** A number of seconds, or a `Duration` of the CDK. */
export type Seconds = number | { toSeconds(): number };

/**
 * A mapping's settings under the construct's names. Omitted settings are the construct's defaults. The construct's own props fit:
 * their table and handler are ignored.
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
   * -1 means without limit.
   *
   * @default 100
   */
  readonly retryAttempts?: number;
  /**
   * -1 means without limit.
   *
   * @default - 22 hours
   */
  readonly maxRecordAge?: Seconds;
  /** @default true */
  readonly bisectBatchOnError?: boolean;
  /** @default true */
  readonly reportBatchItemFailures?: boolean;
  /**
   * 0 means no windows.
   *
   * @default 0
   */
  readonly tumblingWindow?: Seconds;
  /** @default true */
  readonly enabled?: boolean;
  /** @default - every record passes */
  readonly filters?: readonly FilterInput[];
  /**
   * The kind of failure destination. The `onFailure` of the construct's props fits too.
   *
   * @default 'sqs'
   */
  readonly onFailure?: DestinationKind | 'none' | object;
}

/** What a simulation needs to know of a mapping. */
export interface ResolvedMapping {
  readonly settings: MappingSettings;
  readonly destination?: DestinationKind;
  /** The function's timeout in seconds, where a template has it. */
  readonly timeout?: number;
}

const DURATIONS = ['maxBatchingWindow', 'maxRecordAge', 'tumblingWindow'] as const;

/** Props of the construct that don't change how records are delivered. */
const IGNORED = ['table', 'handler', 'permissions', 'filterEncryption', 'metricsConfig', 'failureQueueRemovalPolicy'];

const PROPERTIES = [...Object.keys(DEFAULT_SETTINGS), 'onFailure', ...IGNORED];

/**
 * The settings that the caller gave, completed by defaults, and checked by the rules that the construct applies.
 *
 * @throws TypeError with all that is wrong: for each setting what was given and what is allowed.
 */
export function resolveMapping(given: SimulatedMapping | SynthesizedTemplate | SynthesizedMapping = {}): ResolvedMapping {
  if (isSynthesized(given)) {
    const found = readMapping(given);
    checkSettings(found.settings, []);
    return found;
  }
  const settings = fromProps(given);
  checkSettings(settings, Object.keys(given).filter((name) => given[name as keyof SimulatedMapping] !== undefined));
  return { settings, destination: destinationOf(given.onFailure) };
}

function fromProps(given: { readonly [name: string]: any }): MappingSettings {
  const settings: { [name: string]: unknown } = { ...DEFAULT_SETTINGS };
  for (const name of Object.keys(DEFAULT_SETTINGS)) {
    settings[name] = given[name] ?? settings[name];
  }
  for (const name of DURATIONS) {
    settings[name] = inSeconds(settings[name]);
  }
  settings.filters = Array.isArray(settings.filters) ? settings.filters.map(filterText) : settings.filters;
  return settings as unknown as MappingSettings;
}

function inSeconds(value: unknown): unknown {
  const { toSeconds } = value as { toSeconds?: unknown };
  return typeof toSeconds === 'function' ? toSeconds.call(value) : value;
}

const DESTINATIONS = [...DESTINATION_KINDS, 'none'];

function destinationOf(onFailure: SimulatedMapping['onFailure'] = 'sqs'): DestinationKind | undefined {
  if (typeof onFailure === 'object' && onFailure !== null) {
    return 'topic' in onFailure ? 'sns' : 'bucket' in onFailure ? 's3' : 'queue' in onFailure ? 'sqs' : undefined;
  }
  if (!DESTINATIONS.includes(onFailure)) {
    throw new TypeError(`onFailure is ${inWords(onFailure)} but must be one of ${DESTINATIONS.join(', ')}.`);
  }
  return onFailure === 'none' ? undefined : onFailure as DestinationKind;
}

function checkSettings(settings: MappingSettings, written: readonly string[]): void {
  const refusals = refusalsOf(settings, written, PROPERTIES);
  if (refusals.length > 0) {
    throw new TypeError(`The mapping is not valid.\n${refusals.map((message) => `- ${message}`).join('\n')}`);
  }
}
