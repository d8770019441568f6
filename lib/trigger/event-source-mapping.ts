import { aws_lambda as lambda, Duration, Lazy, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isWatched } from './facts/alarms';
import type { StreamFilter } from './filter/stream-filter';
import { isMonitored } from './monitoring/monitored';
import { responseTypes } from './template/response-types';
import type { ValidProps } from './valid-props';
import { eachSetting, type MappingSettings } from '../rules/settings';
import { arnParts } from '../stream/arn';

/** The mapping of a trigger, between its stream and its function. */
export function newMapping(
  trigger: Construct, props: ValidProps, streamArn: string, onFailure: lambda.IEventSourceDlq | undefined,
): lambda.EventSourceMapping {
  const { handler, filters, filterEncryption, metricsConfig } = props;
  const { maxRecordAge, filters: _, ...settings } = writtenSettings(props);
  const mapping = new lambda.EventSourceMapping(trigger, 'EventSourceMapping', {
    target: handler,
    eventSourceArn: streamArn,
    ...settings,
    startingPosition: settings.startingPosition as lambda.StartingPosition,
    maxBatchingWindow: duration(settings.maxBatchingWindow),
    tumblingWindow: duration(settings.tumblingWindow),
    filters: filters.length > 0 ? filters.map(filterCriterion) : undefined,
    filterEncryption,
    // An empty list means none, but CloudFormation refuses an empty list.
    metricsConfig: metricsConfig?.metrics?.length === 0 ? undefined : metricsConfig,
    onFailure,
    supportS3OnFailureDestination: true,
  });
  const resource = mapping.node.defaultChild as lambda.CfnEventSourceMapping;
  // The CDK's class refuses a token as a number out of range.
  resource.maximumRecordAgeInSeconds = maxRecordAge;
  // Without the mapping's metrics, an alarm on one of them could never fire, and a widget would stay empty.
  if (metricsConfig === undefined) {
    resource.metricsConfig = Lazy.uncachedAny({
      produce: (context) => isMonitored(resource) || isWatched(resource, context) ? { metrics: [lambda.MetricType.EVENT_COUNT] } : undefined,
    });
  }
  // The CDK's class treats any token as true.
  if (Token.isUnresolved(settings.reportBatchItemFailures)) {
    resource.functionResponseTypes = responseTypes(settings.reportBatchItemFailures, trigger);
  }
  // The CDK's class names the function, and the name of an imported alias or version lacks its qualifier.
  if (isQualifiedArn(handler.functionArn)) {
    resource.functionName = handler.functionArn;
  }
  return mapping;
}

/**
 * The settings that the template holds: those that were given, and the defaults that are not Lambda's own. The others are left to
 * Lambda, as the CDK's event source leaves them, so that moving over from that changes no more than it must. That event source always
 * writes a batch size, and so does a trigger.
 */
function writtenSettings({ settings, settingFacts: { written } }: ValidProps): Partial<MappingSettings> {
  const isWritten = (name: string) => name === 'batchSize' || written.includes(name);
  const all: { readonly [name: string]: unknown } = settings;
  return eachSetting((name, { absent, default: ours }) => isWritten(name) || absent !== ours ? all[name] : undefined) as {};
}

function duration(seconds: number | undefined): Duration | undefined {
  return seconds === undefined ? undefined : Duration.seconds(seconds);
}

/** A filter that is a token goes into the template as it is. */
function filterCriterion(filter: StreamFilter): { [key: string]: any } {
  return Token.isUnresolved(filter) ? filter : { pattern: filter.toJson() };
}

function isQualifiedArn(functionArn: string): boolean {
  return !Token.isUnresolved(functionArn) && arnParts(functionArn).resource.split(':').length > 2;
}
