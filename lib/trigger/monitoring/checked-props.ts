import { type Duration, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ALARM_KINDS } from './alarm-kinds';
import type { StreamAlarmOptions } from './alarm-options';
import type { StreamTriggerMonitoringProps } from './monitoring-props';
import { nearestName } from '../../rules/nearest-name';

/**
 * The props, if nothing is wrong with them. An untyped caller may give anything.
 *
 * @throws Error with everything that is wrong.
 */
export function checkedProps(props: StreamTriggerMonitoringProps, scope: Construct): StreamTriggerMonitoringProps {
  const problems = [...triggerProblems(props?.triggers), ...alarmProblems(props?.alarms)];
  if (problems.length > 0) {
    throw new Error(problems.map((problem) => `[${scope.node.path}] ${problem}`).join('\n'));
  }
  return props;
}

function triggerProblems(triggers: unknown): string[] {
  if (!Array.isArray(triggers) || triggers.length === 0) {
    return [`triggers is ${Array.isArray(triggers) ? 'an empty list' : String(triggers)} but must be a list of at least one DynamoStreamTrigger.`];
  }
  return triggers.flatMap((trigger, index) => [
    ...Construct.isConstruct(trigger) && 'eventSourceMapping' in trigger && 'handler' in trigger
      ? []
      : [`triggers[${index}] is ${Construct.isConstruct(trigger) ? `the construct ${trigger.node.path}` : typeof trigger} but must be a DynamoStreamTrigger.`],
    ...triggers.indexOf(trigger) < index ? [`triggers[${index}] is ${trigger.node.path}, which the list has already. Omit it.`] : [],
  ]);
}

function alarmProblems(alarms: object = {}): string[] {
  return Object.entries(alarms).filter(([, options]) => options !== undefined).flatMap(([name, options]) => {
    const path = `alarms.${name}`;
    if (!(name in ALARM_KINDS)) {
      return [`${path} is not an alarm.${didYouMean(name, Object.keys(ALARM_KINDS))}`];
    }
    return [...unknownOptions(path, options), ...optionProblems(path, options)];
  });
}

const OPTIONS = Object.keys({
  enabled: true,
  threshold: true,
  period: true,
  evaluationPeriods: true,
  datapointsToAlarm: true,
  treatMissingData: true,
  actions: true,
  description: true,
} satisfies { readonly [name in keyof Required<StreamAlarmOptions>]: true });

function unknownOptions(path: string, options: object): string[] {
  return Object.keys(options).filter((name) => !OPTIONS.includes(name))
    .map((name) => `${path}.${name} is not an option of an alarm.${didYouMean(name, OPTIONS)}`);
}

/** CloudWatch refuses these at deployment. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function optionProblems(path: string, { threshold, period, evaluationPeriods, datapointsToAlarm }: StreamAlarmOptions): string[] {
  const isKnown = (value: unknown) => value !== undefined && !Token.isUnresolved(value);
  const counts = { evaluationPeriods, datapointsToAlarm };
  return [
    ...Object.entries(counts).filter(([, value]) => isKnown(value) && !(Number.isInteger(value) && value! >= 1))
      .map(([name, value]) => `${path}.${name} is ${value} but must be a whole number from 1.`),
    ...isKnown(evaluationPeriods) && isKnown(datapointsToAlarm) && datapointsToAlarm! > evaluationPeriods!
      ? [`${path}.datapointsToAlarm is ${datapointsToAlarm} but must be at most evaluationPeriods, which is ${evaluationPeriods}.`] : [],
    ...isKnown(threshold) && !Number.isFinite(threshold) ? [`${path}.threshold is ${threshold} but must be a number.`] : [],
    ...period !== undefined && !period.isUnresolved() && !isWholeMinutes(period)
      ? [`${path}.period is ${period.toHumanString()} but must be a whole number of minutes: Lambda, SQS and DynamoDB have no data for less.`] : [],
  ];
}

function isWholeMinutes(period: Duration): boolean {
  const minutes = period.toMinutes({ integral: false });
  return Number.isInteger(minutes) && minutes >= 1;
}

function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return ` ${nearest === undefined ? `There are ${known.join(', ')}.` : `Did you mean ${nearest}?`}`;
}
