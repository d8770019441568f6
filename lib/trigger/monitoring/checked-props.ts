import { type Duration, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { datapointsOf } from './alarm';
import { type AlarmKind, ALARM_KINDS } from './alarm-kinds';
import type { StreamAlarmOptions, StreamAlarms } from './alarm-options';
import type { StreamTriggerMonitoringProps } from './monitoring-props';
import { isAnother } from './watched';
import { nearestName } from '../../rules/nearest-name';

/**
 * The props, if nothing is wrong with them. An untyped caller may give anything.
 *
 * @throws Error with everything that is wrong.
 */
export function checkedProps(props: StreamTriggerMonitoringProps, scope: Construct): StreamTriggerMonitoringProps {
  const problems = [...triggerProblems(props?.triggers, Stack.of(scope)), ...actionProblems('actions', props?.actions), ...alarmProblems(props?.alarms)];
  if (problems.length > 0) {
    throw new Error(problems.map((problem) => `[${scope.node.path}] ${problem}`).join('\n'));
  }
  return props;
}

function triggerProblems(triggers: unknown, { account, region }: Stack): string[] {
  if (!Array.isArray(triggers) || triggers.length === 0) {
    return [`triggers is ${Array.isArray(triggers) ? 'an empty list' : String(triggers)} but must be a list of at least one DynamoStreamTrigger.`];
  }
  return triggers.flatMap((trigger, index) => [
    ...Construct.isConstruct(trigger) && 'eventSourceMapping' in trigger && 'handler' in trigger
      ? environmentProblems(`triggers[${index}]`, trigger, { account, region })
      : [`triggers[${index}] is ${Construct.isConstruct(trigger) ? `the construct ${trigger.node.path}` : typeof trigger} but must be a DynamoStreamTrigger.`],
    ...triggers.indexOf(trigger) < index ? [`triggers[${index}] is ${trigger.node.path}, which the list has already. Omit it.`] : [],
  ]);
}

/** An alarm can't watch the metrics of another Region, and those of another account only where the accounts share them. */
function environmentProblems(path: string, trigger: Construct, { account, region }: Pick<Stack, 'account' | 'region'>): string[] {
  const place = Stack.of(trigger);
  return [['Region', place.region, region], ['account', place.account, account]].filter(([, one, other]) => isAnother(one, other))
    .map(([what, one, other]) => `${path} is ${trigger.node.path} in the ${what} ${one}, but its alarms would be in ${other}, which does not have `
      + `its metrics. Put a monitoring into a stack of that ${what}.`);
}

/** CloudWatch's limit. */
const MOST_ACTIONS = 5;

function actionProblems(path: string, actions: unknown): string[] {
  return Array.isArray(actions) && actions.length > MOST_ACTIONS
    ? [`${path} has ${actions.length} actions but CloudWatch takes at most ${MOST_ACTIONS}. Send to one topic, and subscribe the others to it.`] : [];
}

function alarmProblems(alarms: object = {}): string[] {
  return Object.entries(alarms).filter(([, options]) => options !== undefined).flatMap(([name, options]) => {
    const path = `alarms.${name}`;
    if (!(name in ALARM_KINDS)) {
      return [`${path} is not an alarm.${didYouMean(name, Object.keys(ALARM_KINDS))}`];
    }
    const kind = ALARM_KINDS[name as keyof StreamAlarms];
    return [...unknownOptions(path, options), ...optionProblems(path, options), ...lengthProblems(path, options, kind)];
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

/** Characters of a description, and seconds that an alarm looks back: with periods of an hour or more, and with shorter ones. */
const LONGEST_DESCRIPTION = 1_024;
const [LONGEST_RANGE, LONGEST_RANGE_BELOW_AN_HOUR] = [7 * 86_400, 86_400];

function lengthProblems(path: string, { description = '', actions, ...options }: StreamAlarmOptions, kind: AlarmKind): string[] {
  const period = options.period === undefined ? kind.period : options.period.isUnresolved() ? 0 : options.period.toSeconds({ integral: false });
  const { evaluationPeriods } = datapointsOf(kind, options);
  const limit = period < 3_600 ? LONGEST_RANGE_BELOW_AN_HOUR : LONGEST_RANGE;
  return [
    ...actionProblems(`${path}.actions`, actions),
    ...!Token.isUnresolved(description) && description.length > LONGEST_DESCRIPTION
      ? [`${path}.description has ${description.length} characters but CloudWatch takes at most ${LONGEST_DESCRIPTION}. Shorten it.`] : [],
    ...!Token.isUnresolved(evaluationPeriods) && period * evaluationPeriods > limit
      ? [`${path} would look back ${period * evaluationPeriods} seconds, but an alarm with periods of ${period} seconds looks back at most ${limit}. `
        + 'Use fewer periods, or shorter ones.'] : [],
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
