import { isKnown, type Known, Misfit, UNKNOWN } from './facts';
import type { FilterFacts } from './filter/filter-facts';
import { type NameFacts, unknownName } from './property-names';
import { type Rule, SOURCES } from './rule';
import { type Bounds, type SettingName, SETTING_NAMES, SETTINGS } from './settings';
import { TRIGGER_WORDS } from './words';
import { STREAM_RETENTION } from '../stream/shard';

/** The settings of a mapping, as whoever wrote them wrote them. From an untyped caller they can be anything. */
export interface SettingFacts extends Readonly<Record<Exclude<SettingName, 'filters'>, unknown>>, NameFacts {
  readonly filters: readonly Known<FilterFacts>[];
  /** The groups of metrics; undefined: what was given is not a list of them. */
  readonly metricsConfig: Known<readonly unknown[]> | undefined;
  /** Whether there is a failure destination. */
  readonly onFailure: boolean;
}

/** Filters have rules of their own. */
const PLAIN_SETTINGS = SETTING_NAMES.filter((name) => name !== 'filters');

/** The only group of metrics that a mapping of a DynamoDB stream has. */
const EVENT_COUNT = 'EventCount';

/** What is wrong with the settings of a mapping, whoever made it and whatever it is wired to. */
export const MAPPING_RULES: readonly Rule<SettingFacts>[] = [
  {
    id: 'unknown-property',
    severity: 'error',
    summary: 'Every property is one of a DynamoDB stream\'s mapping; those of other event sources are not.',
    reads: ['names'],
    source: SOURCES.apiModel,
    check: ({ names: { unknown, known } }) => unknown.map((name) => unknownName(name, known)),
  },
  ...PLAIN_SETTINGS.flatMap(rangeRules),
  {
    id: 'not-a-boolean',
    severity: 'error',
    summary: '`bisectBatchOnError`, `reportBatchItemFailures` and `enabled` are `true` or `false`.',
    reads: ['bisectBatchOnError', 'reportBatchItemFailures', 'enabled'],
    source: SOURCES.apiModel,
    check: (facts, words) => (['bisectBatchOnError', 'reportBatchItemFailures', 'enabled'] as const)
      .filter((name) => isKnown(facts[name]) && typeof facts[name] !== 'boolean')
      .map((name) => `${words.name(name)} is ${show(facts[name])} but must be true or false.`),
  },
  {
    id: 'starting-position-timestamp',
    severity: 'error',
    summary: 'A DynamoDB stream can\'t be read from a point in time.',
    reads: ['startingPosition', 'startingPositionTimestamp'],
    source: `${SOURCES.recorded}: "Unsupported starting position for arn type"; ${SOURCES.parameters}`,
    check: ({ startingPosition, startingPositionTimestamp }, { name }) => {
      const found = [
        ...startingPosition === 'AT_TIMESTAMP' ? [`${name('startingPosition')} is AT_TIMESTAMP`] : [],
        ...startingPositionTimestamp ? [`${name('startingPositionTimestamp')} is given`] : [],
      ];
      return found.slice(0, 1).map((what) => `${what} but Lambda reads a DynamoDB stream from TRIM_HORIZON or LATEST only. `
        + 'Start from TRIM_HORIZON, and let the function skip what is too old.');
    },
  },
  {
    id: 'starting-position',
    severity: 'error',
    summary: '`startingPosition` is TRIM_HORIZON or LATEST.',
    reads: ['startingPosition'],
    source: SOURCES.parameters,
    check: ({ startingPosition }, { name, omit }) => ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', UNKNOWN].includes(startingPosition as string)
      ? []
      : [`${name('startingPosition')} is ${startingPosition === undefined ? 'not given' : show(startingPosition)} but must be TRIM_HORIZON or LATEST. ${omit('startingPosition')}`],
  },
  {
    id: 'tumbling-window-parallelization',
    severity: 'error',
    summary: 'With a `tumblingWindow`, `parallelizationFactor` is 1.',
    reads: ['tumblingWindow', 'parallelizationFactor'],
    source: `${SOURCES.recorded}: "Parallelization factor must be equal to 1 when tumbling window period is configured"`,
    check: ({ tumblingWindow, parallelizationFactor }, { name }) => isAtLeast(tumblingWindow, 1) && isAtLeast(parallelizationFactor, 2)
      ? [`${name('parallelizationFactor')} is ${parallelizationFactor} and ${name('tumblingWindow')} is ${seconds(tumblingWindow)}, but a tumbling `
        + 'window needs the batches of a shard one after another. Omit one of the two.']
      : [],
  },
  {
    id: 'metrics-group',
    severity: 'error',
    summary: '`metricsConfig` names EVENT_COUNT, the only group of metrics that a mapping of a DynamoDB stream has.',
    reads: ['metricsConfig'],
    source: SOURCES.metrics,
    check: ({ metricsConfig }, { name, metrics }) => {
      const wayOut = `Give ${metrics}, or omit it.`;
      if (metricsConfig === undefined) {
        return [`${name('metricsConfig')} does not have a list of metrics. ${wayOut}`];
      }
      return metricsConfig === UNKNOWN ? [] : metricsConfig
        .filter((group) => group !== UNKNOWN && group !== EVENT_COUNT)
        .map((group) => `${name('metricsConfig')} asks for ${show(group)} but a mapping of a DynamoDB stream has "${EVENT_COUNT}" only. ${wayOut}`);
    },
  },
  {
    id: 'record-age-over-retention',
    severity: 'warning',
    summary: '`maxRecordAge` is at most the 24 hours that a stream keeps its records.',
    // With unlimited retries it is another rule's.
    reads: ['maxRecordAge', 'retryAttempts'],
    source: SOURCES.streams,
    check: ({ maxRecordAge, retryAttempts }, { name }) => isAtLeast(maxRecordAge, STREAM_RETENTION + 1) && retryAttempts !== -1
      ? [`${name('maxRecordAge')} is ${seconds(maxRecordAge)} but the stream keeps records for ${seconds(STREAM_RETENTION)} (24 hours) only: what Lambda has not `
        + 'given up by then is gone and never reaches the failure destination. Give less, such as 22 hours.']
      : [],
  },
  {
    id: 'unlimited-retries',
    severity: 'warning',
    summary: 'Retries are limited by their number or by an age under 24 hours.',
    reads: ['retryAttempts', 'maxRecordAge'],
    source: SOURCES.errorHandling,
    check: ({ retryAttempts, maxRecordAge }, { name }) => retryAttempts === -1 && (maxRecordAge === -1 || isAtLeast(maxRecordAge, STREAM_RETENTION))
      ? [`${name('retryAttempts')} is -1 (no limit) and ${name('maxRecordAge')} is ${maxRecordAge === -1 ? '-1 (no limit)' : seconds(maxRecordAge)}, `
        + 'but the stream keeps records for 24 hours only: a batch that always fails blocks its shard until the stream drops the records, and none of '
        + 'them reaches the failure destination. Limit one of the two.']
      : [],
  },
  {
    id: 'no-destination',
    severity: 'warning',
    summary: 'There is a failure destination.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ onFailure }, { name, addDestination }) => onFailure
      ? []
      : [`${name('onFailure')} does not name a failure destination: the records of a batch that Lambda gives up are lost. ${addDestination}`],
  },
  {
    id: 'bisect-single-record',
    severity: 'warning',
    summary: 'A batch that is split has more than one record.',
    // A default is not worth a warning.
    reads: ['bisectBatchOnError', 'batchSize', 'written'],
    source: SOURCES.errorHandling,
    check: ({ bisectBatchOnError, batchSize, written }, { name }) =>
      bisectBatchOnError === true && batchSize === 1 && written.includes('bisectBatchOnError')
        ? [`${name('bisectBatchOnError')} is on but ${name('batchSize')} is 1, and one record can't be split. Omit one of the two.`]
        : [],
  },
  {
    id: 'starting-position-latest',
    severity: 'warning',
    summary: 'A mapping starts from TRIM_HORIZON.',
    reads: ['startingPosition'],
    source: 'Lambda guide, with-ddb',
    check: ({ startingPosition }, { name }) => startingPosition === 'LATEST'
      ? [`${name('startingPosition')} is LATEST: records that are written while Lambda creates or updates the mapping, which takes minutes, can be missed. `
        + 'For a mapping that is not deployed yet, use TRIM_HORIZON. On a deployed mapping it has no effect, and a change fails the deployment: '
        + 'leave it, and acknowledge this.']
      : [],
  },
];

function rangeRules(setting: Exclude<SettingName, 'filters'>): Rule<SettingFacts>[] {
  const { range, unit } = SETTINGS[setting];
  return range === undefined ? [] : [{
    id: range.rule,
    severity: 'error',
    summary: `\`${setting}\` is ${TRIGGER_WORDS.allowed(setting, range)}.`,
    reads: [setting],
    source: SOURCES.apiModel,
    check: ({ [setting]: value }, { name, allowed, omit }) => value === UNKNOWN || isWithin(range, value)
      ? []
      : [`${name(setting)} is ${unit && typeof value === 'number' ? seconds(value) : show(value)} but must be ${allowed(setting, range)}. ${omit(setting)}`],
  }];
}

function isWithin({ min, max, unlimited }: Bounds, value: unknown): boolean {
  return Number.isInteger(value) && (value === unlimited || (Number(value) >= min && Number(value) <= max));
}

function isAtLeast(value: unknown, least: number): value is number {
  return typeof value === 'number' && value >= least;
}

function seconds(count: number): string {
  return count === 1 ? '1 second' : `${count} seconds`;
}

/** A value as its author would recognize it. */
function show(value: unknown): string {
  if (value instanceof Misfit) {
    return value.given;
  }
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value);
}
