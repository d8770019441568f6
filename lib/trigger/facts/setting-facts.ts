import { type aws_dynamodb as dynamodb, type Duration, RemovalPolicy, type ResourceEnvironment, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { JudgedFilters } from '../../rules/filter/filter-rules';
import { UNKNOWN } from '../../rules/rule';
import { type JudgedSettings, NoDuration, type Places, type Shaped } from '../../rules/setting-rules';
import { DEFAULT_SETTINGS } from '../../rules/settings';
import { NoFailureDestination } from '../destination/failure-destination';
import type { DynamoStreamTriggerProps } from '../dynamo-stream-trigger';
import { ownedFunction } from '../function/owned-function';
import { StreamFunction } from '../function/stream-function';
import { StreamPermissions } from '../role/permissions';
import { streamArnOf } from '../table/stream-source';
import { plain } from '../template/known-text';
import { resourceOf } from '../template/resource';

/** Each of the trigger's properties; the compiler sees to it that none is missing. */
export const PROPERTIES: { readonly [name in keyof Required<DynamoStreamTriggerProps>]: true } = {
  table: true,
  handler: true,
  startingPosition: true,
  batchSize: true,
  maxBatchingWindow: true,
  parallelizationFactor: true,
  retryAttempts: true,
  maxRecordAge: true,
  bisectBatchOnError: true,
  reportBatchItemFailures: true,
  tumblingWindow: true,
  enabled: true,
  filters: true,
  filterEncryption: true,
  metricsConfig: true,
  onFailure: true,
  failureQueueRemovalPolicy: true,
  permissions: true,
};

/** The properties that were given, by a caller who may be untyped: what is null is not. */
export function givenProperties(props: DynamoStreamTriggerProps | null | undefined): DynamoStreamTriggerProps {
  return Object.fromEntries(Object.entries(props ?? {}).filter(([, value]) => value !== undefined && value !== null)) as any;
}

/** The given properties as plain values, for the rules: durations in seconds, tokens unknown, defaults for what is not given. */
export function judgedSettings(props: DynamoStreamTriggerProps, trigger: Construct): JudgedSettings & JudgedFilters {
  const filters = judgedFilters(props.filters);
  const misfits = judgedShapes(props);
  return {
    settings: {
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
    },
    written: Object.keys(props),
    properties: Object.keys(PROPERTIES),
    filters,
    filterCount: filters.length,
    metrics: judgedMetrics(props.metricsConfig),
    misfits,
    streamNamed: props.table !== undefined && misfits.table === undefined && streamArnOf(props.table) !== undefined,
    streamElsewhere: misfits.table === undefined && isOfThisApp(props.table) ? judgedPlaces(Stack.of(props.table), trigger) : undefined,
    handlerElsewhere: misfits.handler === undefined && props.handler !== undefined ? judgedPlaces(props.handler.env, trigger) : undefined,
    destination: destination(props.onFailure),
    handlerIsStreamFunction: misfits.handler === undefined && props.handler !== undefined
      && ownedFunction(props.handler) instanceof StreamFunction,
  };
}

function isOfThisApp(table: dynamodb.ITable | undefined): table is dynamodb.ITable {
  return resourceOf(table) !== undefined;
}

function judgedPlaces(place: ResourceEnvironment, trigger: Construct): Places | undefined {
  const [there, here] = [place, Stack.of(trigger)].map(({ account, region }) => [account, region]);
  const differs = there.some((part, index) => part !== here[index] && !Token.isUnresolved(part) && !Token.isUnresolved(here[index]));
  return differs ? { there: inPlace(there), trigger: inPlace(here) } : undefined;
}

/** An account and a Region, of which one may be open. */
function inPlace([account, region]: string[]): string {
  return [account, region].filter((part) => !Token.isUnresolved(part)).join('/');
}

function judgedFilters(filters: unknown): JudgedFilters['filters'] {
  if (filters === undefined) {
    return [];
  }
  if (!Array.isArray(filters)) {
    return [{ notAFilter: `${inWords(filters)}, outside of an array` }];
  }
  return filters.map((filter) => {
    if (Token.isUnresolved(filter)) {
      return UNKNOWN;
    }
    return isFilter(filter) ? plain(filter.toJson()) : { notAFilter: inWords(filter) };
  });
}

function judgedMetrics(config: unknown): JudgedSettings['metrics'] {
  if (config === undefined) {
    return [];
  }
  const { metrics } = config as { metrics?: unknown };
  if (Token.isUnresolved(config) || Token.isUnresolved(metrics)) {
    return UNKNOWN;
  }
  return Array.isArray(metrics) ? metrics.map(plain) : undefined;
}

/** What a property that is no plain value has to be. Not by `instanceof`: imported constructs have classes of their own. */
const SHAPES: { readonly [property in Shaped]: (value: any) => boolean } = {
  table: (value) => Construct.isConstruct(value) && 'tableArn' in value,
  handler: (value) => Construct.isConstruct(value) && 'functionArn' in value,
  filterEncryption: (value) => Construct.isConstruct(value) && 'keyArn' in value,
  failureQueueRemovalPolicy: (value) => Object.values(RemovalPolicy).includes(value),
  permissions: (value) => Object.values(StreamPermissions).includes(value),
};

function judgedShapes(props: DynamoStreamTriggerProps): JudgedSettings['misfits'] {
  const names = Object.keys(SHAPES) as Shaped[];
  return Object.fromEntries(names
    .filter((name) => props[name] !== undefined && !SHAPES[name](props[name]))
    .map((name) => [name, inWords(props[name])]));
}

/** A value as its author would recognize it. */
function inWords(value: unknown): string {
  if (Construct.isConstruct(value)) {
    return `the construct ${value.node.path}`;
  }
  if (Token.isUnresolved(value)) {
    return 'a token';
  }
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return `an object of ${(value as object).constructor?.name ?? 'no class'}`;
  }
}

/** Not by `instanceof`: two copies of this package may meet in one app. */
function isFilter(filter: unknown): filter is { toJson(): string } {
  return typeof (filter as { toJson?: unknown } | undefined)?.toJson === 'function';
}

function destination(onFailure: DynamoStreamTriggerProps['onFailure']): JudgedSettings['destination'] {
  if (onFailure === undefined) {
    return 'made';
  }
  if (onFailure instanceof NoFailureDestination) {
    return 'none';
  }
  return typeof onFailure.bind === 'function' ? 'given' : 'not a destination';
}

/** An untyped caller may have given anything. What is no Duration is not turned into one: the rule refuses it. */
function seconds(value: unknown): unknown {
  if (value === undefined) {
    return undefined;
  }
  if (!isDuration(value)) {
    return new NoDuration(inWords(value));
  }
  return value.isUnresolved() ? UNKNOWN : value.toSeconds({ integral: false });
}

function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration).toSeconds === 'function';
}
