import { aws_cloudwatch as cloudwatch, Duration, Lazy, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type AlarmKind, thresholdInWords } from './alarm-kinds';
import type { StreamAlarmOptions } from './alarm-options';
import { docsPage } from './runbook';
import { lastingFor, PERIOD } from './thresholds';
import { timeoutOf, type Watched } from './watched';

/** The page that explains each alarm. */
const RUNBOOKS = 'operate/operations.md';

/** Makes an alarm, unless it is omitted, or nothing is known that the metric could be compared with. */
export function newAlarm(scope: Construct, id: string, kind: AlarmKind, watched: Watched, options: StreamAlarmOptions): cloudwatch.Alarm | undefined {
  const { enabled = !kind.isOmitted?.(watched), period = Duration.seconds(kind.period), treatMissingData = kind.missing } = options;
  const threshold = options.threshold ?? kind.threshold(watched);
  if (!enabled || threshold === undefined) {
    return undefined;
  }
  const datapoints = () => datapointsOf({ datapoints: spanning(kind, watched, period) }, options);
  const { evaluationPeriods, datapointsToAlarm } = datapoints();
  const describe = (value: number) => options.description ?? `${says(kind, watched, value)} Runbook: ${docsPage(RUNBOOKS, kind.runbook)}`;
  const alarm = new cloudwatch.Alarm(scope, id, {
    metric: kind.metric(watched, period),
    threshold,
    evaluationPeriods,
    datapointsToAlarm,
    treatMissingData,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    alarmDescription: describe(threshold),
  });
  alarm.addAlarmAction(...options.actions ?? []);
  (alarm.node.defaultChild as cloudwatch.CfnAlarm).evaluationPeriods = Lazy.number({ produce: () => datapoints().evaluationPeriods });
  if (options.threshold === undefined) {
    followSettings(alarm, () => kind.threshold(watched) ?? threshold, describe);
  }
  return alarm;
}

/** What only the deployment knows has no words. */
function says({ says: sentences, unit }: AlarmKind, watched: Watched, threshold: number): string {
  return sentences(watched, Token.isUnresolved(threshold) ? 'what its threshold says' : thresholdInWords(threshold, unit));
}

/** Aspects and overrides may change later what the threshold is a share of. */
function followSettings(alarm: cloudwatch.Alarm, threshold: () => number, describe: (threshold: number) => string): void {
  const resource = alarm.node.defaultChild as cloudwatch.CfnAlarm;
  resource.threshold = Lazy.number({ produce: threshold });
  resource.alarmDescription = Lazy.string({ produce: () => describe(threshold()) });
}

/** Aspects and overrides may change later how long an invocation may last. */
function spanning({ datapoints, isOfInvocations }: AlarmKind, [trigger]: Watched, period: Duration): AlarmKind['datapoints'] {
  const timeout = isOfInvocations ? timeoutOf(trigger) : undefined;
  return timeout === undefined ? datapoints : lastingFor(timeout, period.isUnresolved() ? PERIOD : period.toSeconds());
}

/** Fewer periods than must be over the threshold would never fire it. */
export function datapointsOf({ datapoints }: Pick<AlarmKind, 'datapoints'>, { evaluationPeriods, datapointsToAlarm }: StreamAlarmOptions) {
  const periods = evaluationPeriods ?? Math.max(datapoints.evaluationPeriods, datapointsToAlarm ?? 0);
  return { evaluationPeriods: periods, datapointsToAlarm: datapointsToAlarm ?? Math.min(datapoints.datapointsToAlarm, periods) };
}
