import {
  App, type aws_dynamodb as dynamodb, type aws_lambda as lambda, type Duration, RemovalPolicy, type ResourceEnvironment, Stack, Stage, Token,
} from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { type Known, type Location, Misfit, UNKNOWN } from '../../rules/facts';
import { type FilterFacts, filterFacts } from '../../rules/filter/filter-facts';
import type { SettingFacts } from '../../rules/mapping-rules';
import { nameFacts } from '../../rules/property-names';
import { eachSetting, type SettingName, SETTING_NAMES, SETTINGS } from '../../rules/settings';
import type { Apart, PropFacts } from '../../rules/trigger-rules';
import { destinationSource } from '../destination/trigger-destination';
import { StreamFilter } from '../filter/stream-filter';
import { hasRuntime } from '../function/informed';
import { ownedFunction } from '../function/owned-function';
import { type DynamoStreamTriggerProps, PROP_NAMES } from '../props';
import { StreamPermissions } from '../role/permissions';
import { streamArnOf } from '../table/stream-source';
import { plain } from '../template/known-text';
import { resourceOf } from '../template/resource';

type Settings = { readonly [setting in SettingName]: unknown };

/** The settings of a trigger as plain values, for the rules: tokens are unknown. */
export function settingFacts(props: DynamoStreamTriggerProps, settings: Settings): SettingFacts {
  return {
    ...eachSetting((name) => plain(settings[name])),
    filters: Array.isArray(settings.filters) ? settings.filters.map(knownFilter) : [UNKNOWN],
    metricsConfig: metricGroups(props.metricsConfig),
    onFailure: destinationSource(props.onFailure) !== 'none',
    ...nameFacts(Object.keys(props), PROP_NAMES),
  };
}

/** The other props, for the rules. From an untyped caller they can be anything. */
export function propFacts(props: DynamoStreamTriggerProps, settings: Settings, trigger: Construct): PropFacts {
  const { table, handler, onFailure } = props;
  return {
    table: misfit(props, 'table') ?? (table && {
      streamNamed: streamArnOf(table) !== undefined,
      location: isOfThisApp(table) ? locationOf(Stack.of(table)) : undefined,
      apart: isOfThisApp(table) ? apartFrom(table, trigger) : undefined,
    }),
    handler: misfit(props, 'handler') ?? (handler && {
      location: locationOf(handler.env),
      apart: apartHandler(handler, trigger, onFailure !== undefined),
      isOwned: ownedFunction(handler) !== undefined,
      hasRuntime: hasRuntime(handler, props.informHandler),
    }),
    filters: Array.isArray(settings.filters)
      ? settings.filters.map((filter) => Token.isUnresolved(filter) || isFilter(filter) ? undefined : misfitOf(filter))
      : misfitOf(settings.filters),
    informHandler: misfit(props, 'informHandler') ?? props.informHandler,
    filterEncryption: misfit(props, 'filterEncryption') ?? (props.filterEncryption && 'given'),
    failureQueueRemovalPolicy: misfit(props, 'failureQueueRemovalPolicy') ?? (props.failureQueueRemovalPolicy && 'given'),
    failureQueueKey: misfit(props, 'failureQueueKey') ?? (props.failureQueueKey && 'given'),
    permissions: misfit(props, 'permissions'),
    onFailure: onFailure === undefined || typeof onFailure.bind === 'function' ? destinationSource(onFailure) : misfitOf(onFailure),
    reportBatchItemFailures: plain(settings.reportBatchItemFailures),
    trigger: locationOf(Stack.of(trigger)),
  };
}

/** The durations among the props, as numbers of seconds. What is not a Duration is not turned into one: a rule refuses it. */
export function inSeconds(props: { readonly [name: string]: any }): { readonly [setting: string]: unknown } {
  const durations = SETTING_NAMES.filter((name) => SETTINGS[name].unit === 'seconds' && props[name] !== undefined);
  return Object.fromEntries(durations.map((name) => [name, isDuration(props[name]) ? seconds(props[name]) : misfitOf(props[name])]));
}

function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration).toSeconds === 'function';
}

function seconds(duration: Duration): number {
  return duration.isUnresolved() ? duration.toSeconds() : duration.toSeconds({ integral: false });
}

function knownFilter(filter: unknown): Known<FilterFacts> {
  if (Token.isUnresolved(filter) || !isFilter(filter)) {
    return UNKNOWN;
  }
  const text = plain(filter.toJson());
  return text === UNKNOWN ? UNKNOWN : filter instanceof StreamFilter ? filter._facts : filterFacts(text);
}

/** Not by `instanceof`: two copies of this package may meet in one app. */
function isFilter(filter: unknown): filter is { toJson(): string } {
  return typeof (filter as { toJson?: unknown } | undefined)?.toJson === 'function';
}

function metricGroups(config: unknown): SettingFacts['metricsConfig'] {
  if (config === undefined) {
    return [];
  }
  const { metrics } = config as { metrics?: unknown };
  if (Token.isUnresolved(config) || Token.isUnresolved(metrics)) {
    return UNKNOWN;
  }
  return Array.isArray(metrics) ? metrics.map(plain) : undefined;
}

function isOfThisApp(table: dynamodb.ITable): boolean {
  return resourceOf(table) !== undefined;
}

function locationOf({ account, region }: ResourceEnvironment): Location {
  return { account: plain(account), region: plain(region) };
}

function apartFrom(part: IConstruct, trigger: Construct): Apart | undefined {
  const [stage, triggerStage] = [part, trigger].map((construct) => Stage.of(construct));
  if (stage !== triggerStage) {
    return { by: 'stage', path: spelled(stage), triggerPath: spelled(triggerStage) };
  }
  const [stack, triggerStack] = [part, trigger].map((construct) => Stack.of(construct));
  const isMixed = stack.environment !== triggerStack.environment && [stack, triggerStack].some(({ environment }) => environment.includes('unknown-'));
  return isMixed ? { by: 'environment', path: stack.node.path, triggerPath: triggerStack.node.path } : undefined;
}

/** A function with a name of its own can be referred to by that, but a queue that the trigger makes beside it has none. */
function apartHandler(handler: lambda.IFunction, trigger: Construct, hasDestination: boolean): Apart | undefined {
  const fn = ownedFunction(handler);
  const apart = fn && apartFrom(fn, trigger);
  const { functionName } = (resourceOf(fn) ?? {}) as Partial<lambda.CfnFunction>;
  const isNamed = functionName !== undefined && !Token.isUnresolved(functionName);
  return apart?.by === 'environment' && hasDestination && isNamed ? undefined : apart;
}

function spelled(stage: Stage | undefined): string {
  return stage === undefined || App.isApp(stage) ? 'the app itself' : `the Stage ${stage.node.path}`;
}

/** Whether a prop that is not a plain value is what it must be. Not by `instanceof`: imported constructs have classes of their own. */
const FITS = {
  table: (value: any) => Construct.isConstruct(value) && 'tableArn' in value,
  handler: (value: any) => Construct.isConstruct(value) && 'functionArn' in value,
  informHandler: (value: any) => typeof value === 'boolean',
  filterEncryption: (value: any) => Construct.isConstruct(value) && 'keyArn' in value,
  failureQueueRemovalPolicy: (value: any) => value !== RemovalPolicy.SNAPSHOT && Object.values(RemovalPolicy).includes(value),
  failureQueueKey: (value: any) => Construct.isConstruct(value) && 'keyArn' in value,
  permissions: (value: any) => Object.values(StreamPermissions).includes(value),
} as const;

function misfit(props: DynamoStreamTriggerProps, name: keyof typeof FITS): Misfit | undefined {
  const value = props[name];
  return value === undefined || FITS[name](value) ? undefined : misfitOf(value);
}

function misfitOf(value: unknown): Misfit {
  return new Misfit(described(value));
}

/** A value as its author would recognize it. */
function described(value: unknown): string {
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
