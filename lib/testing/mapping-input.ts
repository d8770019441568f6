import { filterText, type FilterInput } from './filter';
import { shownValue } from './option-check';
import { isSynthesized, readMapping, type SynthesizedMapping, type SynthesizedTemplate } from './synthesized-mapping';
import { filterFacts } from '../rules/filter/filter-facts';
import type { SettingFacts } from '../rules/mapping-rules';
import { nameFacts } from '../rules/property-names';
import { completed, eachSetting, SETTING_NAMES, type ValidSettings } from '../rules/settings';
import { validSettings } from '../rules/valid-settings';
import { SETTING_WORDS, TEMPLATE_WORDS } from '../rules/words';
import { arnParts } from '../stream/arn';
import type { TriggerFacts } from '../stream/boundary';
import { DESTINATION_KINDS, type DestinationKind } from '../stream/destination-kind';

/** A number of seconds, or a `Duration` of the CDK. */
export type Seconds = number | {
  /** The whole of it in seconds. */
  toSeconds(): number;
};

/**
 * A mapping's settings under the construct's names. Omitted settings are the construct's defaults. The construct's own props fit:
 * their table and handler are ignored.
 */
export interface SimulatedMapping {
  /**
   * Where in the stream the mapping starts.
   *
   * @default 'TRIM_HORIZON'
   */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST';
  /**
   * The most records in a batch, from 1 to 10,000.
   *
   * @default 100
   */
  readonly batchSize?: number;
  /**
   * How long records are collected for a batch, up to 300 seconds.
   *
   * @default 0
   */
  readonly maxBatchingWindow?: Seconds;
  /**
   * How many batches of a shard are processed at the same time, from 1 to 10.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;
  /**
   * How often a failed batch is retried before it is given up. -1 means without limit.
   *
   * @default 100
   */
  readonly retryAttempts?: number;
  /**
   * How old a record may get before it is given up. -1 means without limit.
   *
   * @default - 22 hours
   */
  readonly maxRecordAge?: Seconds;
  /**
   * Whether a failed batch is split in two before it is retried.
   *
   * @default true
   */
  readonly bisectBatchOnError?: boolean;
  /**
   * Whether the function's response names the records that are not done.
   *
   * @default true
   */
  readonly reportBatchItemFailures?: boolean;
  /**
   * The length of the tumbling windows, up to 900 seconds. 0 means no windows.
   *
   * @default 0
   */
  readonly tumblingWindow?: Seconds;
  /**
   * Whether the mapping polls the stream from the start. `switches` change it later.
   *
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Which records reach the function: those that match at least one.
   *
   * @default - every record passes
   */
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
  readonly settings: ValidSettings;
  readonly destination?: DestinationKind;
  /** The function's timeout in seconds, where a template has it. */
  readonly timeout?: number;
  /** The version of Node.js that the function runs on, where a template has it. */
  readonly nodeVersion?: number;
}

/** Props of the construct that don't change how records are delivered. */
const IGNORED = ['table', 'handler', 'permissions', 'filterEncryption', 'metricsConfig', 'failureQueueRemovalPolicy'];

const NAMES = [...SETTING_NAMES, 'onFailure', ...IGNORED];

/**
 * The settings that the caller gave, completed by defaults, and checked by the rules that the construct applies.
 *
 * @throws TypeError with all that is wrong: for each setting what was given and what is allowed.
 */
export function resolveMapping(given: SimulatedMapping | SynthesizedTemplate | SynthesizedMapping = {}): ResolvedMapping {
  if (isSynthesized(given)) {
    const found = readMapping(given);
    return { ...found, settings: validSettings(found.settings, TEMPLATE_WORDS, refuse) };
  }
  const destination = destinationOf(given.onFailure);
  return { settings: validSettings(settingFacts(given, destination), SETTING_WORDS, refuse), destination };
}

/**
 * A mapping with some of its settings changed.
 *
 * @throws TypeError if a setting can't be changed, or is not what it must be.
 */
export function changeMapping(before: ResolvedMapping, given: SimulatedMapping): ResolvedMapping {
  if ('startingPosition' in given || 'enabled' in given) {
    throw new TypeError('changes[].mapping has startingPosition or enabled, but AWS can\'t change a starting position, and switches enable a mapping. Omit them.');
  }
  const destination = given.onFailure === undefined ? before.destination : destinationOf(given.onFailure);
  return { ...before, destination, settings: validSettings(settingFacts({ ...before.settings, ...given }, destination), SETTING_WORDS, refuse) };
}

/** What the runtime knows of a mapping. */
export function runtimeFacts(stream: string, { settings, destination }: ResolvedMapping): TriggerFacts {
  const { region, account } = arnParts(stream);
  return {
    stream,
    report: settings.reportBatchItemFailures,
    metrics: true,
    salt: 'simulation',
    park: destination && `arn:aws:${destination}:${region}:${account}:failed-batches`,
  };
}

function settingFacts(given: { readonly [name: string]: any }, destination: DestinationKind | undefined): SettingFacts {
  const settings = completed(given);
  if (!Array.isArray(settings.filters)) {
    return refuse([`filters is ${shownValue(settings.filters)} but must be an array of filters, such as [{ eventName: ['INSERT'] }].`]);
  }
  return {
    ...eachSetting((name, { unit }) => unit === 'seconds' ? inSeconds(settings[name]) : settings[name]),
    filters: settings.filters.map((filter) => filterFacts(filterText(filter))),
    metricsConfig: [],
    onFailure: destination !== undefined,
    ...nameFacts(Object.keys(given).filter((name) => given[name] !== undefined), NAMES),
  };
}

function inSeconds(value: unknown): unknown {
  const { toSeconds } = (value ?? {}) as { toSeconds?: unknown };
  return typeof toSeconds === 'function' ? toSeconds.call(value) : value;
}

function refuse(refusals: readonly string[]): never {
  throw new TypeError(`The mapping is not valid.\n${refusals.map((message) => `- ${message}`).join('\n')}`);
}

const DESTINATION_CHOICES = [...DESTINATION_KINDS, 'none'];

function destinationOf(onFailure: SimulatedMapping['onFailure'] = 'sqs'): DestinationKind | undefined {
  if (typeof onFailure === 'object' && onFailure !== null) {
    return 'topic' in onFailure ? 'sns' : 'bucket' in onFailure ? 's3' : 'queue' in onFailure ? 'sqs' : undefined;
  }
  if (!DESTINATION_CHOICES.includes(onFailure)) {
    throw new TypeError(`onFailure is ${shownValue(onFailure)} but must be one of ${DESTINATION_CHOICES.join(', ')}.`);
  }
  return onFailure === 'none' ? undefined : onFailure as DestinationKind;
}
