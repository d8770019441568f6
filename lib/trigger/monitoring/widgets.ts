import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { PERIOD } from './thresholds';
import { failureQueueOf } from './watched';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';

/** Three beside each other fill the width of a dashboard. */
const SIZE = { width: 8, height: 6 };
const NOTHING = new cloudwatch.Spacer(SIZE);

/** What a dashboard shows of a trigger: its title, and two rows of graphs with the thresholds of its alarms. */
export function widgetsOf(trigger: DynamoStreamTrigger, thresholds: Thresholds): cloudwatch.IWidget[] {
  return [
    new cloudwatch.TextWidget({ markdown: `### ${trigger.node.path}`, width: 24, height: 1 }),
    new cloudwatch.Row(ageWidget(trigger, thresholds), recordsWidget(trigger), trigger._isMeasured ? runtimeWidget(trigger) : NOTHING),
    new cloudwatch.Row(invocationsWidget(trigger), durationWidget(trigger, thresholds), queueWidget(trigger) ?? NOTHING),
  ];
}

/** The thresholds of a trigger's alarms that have one, as the template will have them. */
export interface Thresholds {
  readonly iteratorAgeWarning?: number;
  readonly iteratorAgeCritical?: number;
  readonly duration?: number;
}

const period = Duration.seconds(PERIOD);

function graph(title: string, left: cloudwatch.IMetric[], lines: { readonly [label: string]: number | undefined } = {}): cloudwatch.GraphWidget {
  const leftAnnotations = Object.entries(lines).flatMap(([label, value]) => value === undefined ? [] : [{ label, value }]);
  return new cloudwatch.GraphWidget({ ...SIZE, title, left, leftAnnotations, leftYAxis: { min: 0 } });
}

function ageWidget(trigger: DynamoStreamTrigger, { iteratorAgeWarning, iteratorAgeCritical }: Thresholds): cloudwatch.IWidget {
  return graph('Age of the records that the function gets', [trigger.metricIteratorAge({ period, label: 'Iterator age' })],
    { warning: iteratorAgeWarning, critical: iteratorAgeCritical });
}

function recordsWidget(trigger: DynamoStreamTrigger): cloudwatch.IWidget {
  return graph('Records', [
    trigger.metricPolledEventCount({ period, label: 'Read' }),
    trigger.metricFilteredOutEventCount({ period, label: 'Filtered out' }),
    trigger.metricInvokedEventCount({ period, label: 'Sent to the function' }),
    trigger.metricFailedInvokeEventCount({ period, label: 'Not done' }),
    trigger.metricOnFailureDestinationDeliveredEventCount({ period, label: 'Given up' }),
    trigger.metricDroppedEventCount({ period, label: 'Dropped' }),
  ]);
}

function runtimeWidget(trigger: DynamoStreamTrigger): cloudwatch.IWidget {
  return graph('Failures in the function', [
    trigger.metricParkedRecords({ period, label: 'Parked' }),
    trigger.metricRetriedRecords({ period, label: 'Tried again' }),
    trigger.metricTransientFailures({ period, label: 'Transient' }),
    trigger.metricDeadlines({ period, label: 'Out of time' }),
    trigger.metricSickEnvironments({ period, label: 'Sick environments' }),
  ]);
}

function invocationsWidget({ handler }: DynamoStreamTrigger): cloudwatch.IWidget {
  return graph('Invocations', [
    handler.metricInvocations({ period, label: 'Invocations' }),
    handler.metricErrors({ period, label: 'Errors' }),
    handler.metricThrottles({ period, label: 'Throttles' }),
  ]);
}

function durationWidget({ handler }: DynamoStreamTrigger, { duration }: Thresholds): cloudwatch.IWidget {
  return graph('Duration', [50, 99].map((percent) => (
    handler.metricDuration({ period, statistic: cloudwatch.Stats.percentile(percent), label: `p${percent}` })
  )), { 'near the timeout': duration });
}

function queueWidget(trigger: DynamoStreamTrigger): cloudwatch.IWidget | undefined {
  const queue = failureQueueOf(trigger)?.queue;
  return queue && new cloudwatch.GraphWidget({
    ...SIZE,
    title: 'Failures that wait',
    left: [queue.metricApproximateNumberOfMessagesVisible({ period, label: 'Messages' })],
    right: [queue.metricApproximateAgeOfOldestMessage({ period, label: 'Age of the oldest, seconds' })],
    leftYAxis: { min: 0 },
    rightYAxis: { min: 0 },
  });
}
