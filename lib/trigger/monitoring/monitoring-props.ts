import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { StreamAlarms } from './alarm-options';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';

/**
 * Which triggers are watched, and who is notified.
 *
 * @example
 * const topic = new sns.Topic(this, 'OnCall');
 *
 * new StreamTriggerMonitoring(this, 'Monitoring', { triggers: [trigger], actions: [new SnsAction(topic)], alarms: { silence: { enabled: false } } });
 */
export interface StreamTriggerMonitoringProps {
  /** What is watched. The triggers may be of other stacks in the same Region, on which this one then depends. */
  readonly triggers: DynamoStreamTrigger[];

  /**
   * What happens when an alarm fires, such as a message to a topic.
   *
   * @default - nothing: the alarms show in the console and on the dashboard
   */
  readonly actions?: cloudwatch.IAlarmAction[];

  /**
   * What replaces the defaults of single alarms, and which of them are omitted.
   *
   * @default - all that fit the triggers, with their defaults
   */
  readonly alarms?: StreamAlarms;
}
