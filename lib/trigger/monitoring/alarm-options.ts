import type { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';

/**
 * What replaces the defaults of an alarm, which docs/operate/operations.md lists.
 *
 * @example
 * declare const pager: cloudwatch.IAlarmAction;
 *
 * new StreamTriggerMonitoring(this, 'Monitoring', {
 *   triggers: [trigger],
 *   alarms: {
 *     silence: { enabled: false },
 *     errors: { threshold: 5, datapointsToAlarm: 3, evaluationPeriods: 5 },
 *     dropped: { actions: [pager] },
 *   },
 * });
 */
export interface StreamAlarmOptions {
  /**
   * Whether the alarm is made. `true` also makes one that is omitted by default where it can be made.
   *
   * @default - true, except as the alarm says
   */
  readonly enabled?: boolean;

  /**
   * The alarm fires above this value, in the unit that the alarm names.
   *
   * @default - as the alarm says
   */
  readonly threshold?: number;

  /**
   * The length of a period: a whole number of minutes.
   *
   * @default - 1 minute; of `silence` 5 minutes
   */
  readonly period?: Duration;

  /**
   * How many of the latest periods are looked at.
   *
   * @default - 3 where a state must last, or more where invocations may last longer than a minute, 1 where a single event is enough
   */
  readonly evaluationPeriods?: number;

  /**
   * In how many of these periods the value must be above the threshold.
   *
   * @default - 2 of 3 where a state must last, 3 of 3 of `silence`, 1 of 1 where a single event is enough
   */
  readonly datapointsToAlarm?: number;

  /**
   * What a period without data means.
   *
   * @default - NOT_BREACHING; of `failureQueue` IGNORE, because SQS sends no metrics of a queue that nobody uses
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;

  /**
   * What happens when it fires.
   *
   * @default - the `actions` of the monitoring
   */
  readonly actions?: cloudwatch.IAlarmAction[];

  /**
   * What whoever is alarmed reads.
   *
   * @default - what happened, what it means, and a link to docs/operate/operations.md
   */
  readonly description?: string;
}

/**
 * The alarms of a monitoring, by their names. Each is made unless `enabled` is false, with defaults that can be replaced one by one.
 *
 * @example
 * new StreamTriggerMonitoring(this, 'Monitoring', {
 *   triggers: [trigger],
 *   alarms: { iteratorAgeWarning: { threshold: Duration.minutes(30).toMilliseconds() } },
 * });
 */
export interface StreamAlarms {
  /**
   * The function gets records late. The threshold is in milliseconds.
   *
   * @default - 0.5 % of `maxRecordAge` or of 24 hours, whichever is shorter, but at least a minute, or a quarter of a shorter life, plus the batching window:
   * 2 of 3 minutes, or of 2 + 2 × the timeout if that is longer than a minute
   */
  readonly iteratorAgeWarning?: StreamAlarmOptions;

  /**
   * The function gets records so late that they are in danger. The threshold is in milliseconds.
   *
   * @default - 25 % of `maxRecordAge` or of 24 hours, whichever is shorter, but at least 2 minutes or half of a shorter life, plus the batching window:
   * 2 of 3 minutes, or of 2 + 2 × the timeout if that is longer than a minute
   */
  readonly iteratorAgeCritical?: StreamAlarmOptions;

  /**
   * The table is written, and nothing is read from its stream. The metric is 1 for such a period.
   *
   * @default - above 0 in 3 of 3 periods of 5 minutes; omitted for tables that are not of this app and account, and if `enabled` of the trigger is false
   */
  readonly silence?: StreamAlarmOptions;

  /**
   * Lambda gave records up, and the failure destination received a message about them. The threshold is a number of records.
   *
   * @default - above 0 in a minute; omitted without a failure destination
   */
  readonly givenUp?: StreamAlarmOptions;

  /**
   * Lambda gave records up, and nothing received them. The threshold is a number of records.
   *
   * @default - above 0 in a minute
   */
  readonly dropped?: StreamAlarmOptions;

  /**
   * Lambda could not deliver to the failure destination. The threshold is a number of messages.
   *
   * @default - above 0 in a minute; omitted without a failure destination
   */
  readonly deliveryFailures?: StreamAlarmOptions;

  /**
   * The runtime parked poison records. The threshold is a number of records.
   *
   * @default - above 0 in a minute; omitted if the function is not known to have the runtime, is not informed, or can't park: without a failure
   * destination, or with a tumbling window
   */
  readonly parked?: StreamAlarmOptions;

  /**
   * The failure queue, or the to-do queue of a `FailureStore`, is not empty. The threshold is a number of messages.
   *
   * @default - above 0 in a minute; omitted for topics, for buckets without a queue, and for queues of another account or Region
   */
  readonly failureQueue?: StreamAlarmOptions;

  /**
   * Messages about failed batches wait so long in the failure queue that the stream may soon delete the records. The threshold is in seconds.
   *
   * @default - half of the time from `maxRecordAge` to 24 hours, but at least 10 minutes and at most 5 hours: in 2 of 3 minutes; omitted where the
   * records are kept with the message, as in a `FailureStore`, and for queues of another account or Region
   */
  readonly expiringPointers?: StreamAlarmOptions;

  /**
   * Invocations of the function fail. The threshold is in percent of the invocations.
   *
   * @default - above 1 % in 2 of 3 minutes, or of 2 + 2 × the timeout if that is longer than a minute
   */
  readonly errors?: StreamAlarmOptions;

  /**
   * Lambda throttles the function. The threshold is a number of invocations.
   *
   * @default - above 0 in 2 of 3 minutes
   */
  readonly throttles?: StreamAlarmOptions;

  /**
   * The slowest invocations, the 99th percentile, come near the timeout of the function. The threshold is in milliseconds.
   *
   * @default - above 80 % of the timeout in 2 of 3 minutes, or of 2 + 2 × the timeout if that is longer than a minute; omitted if
   * the timeout is not known at synth, as of an imported function
   */
  readonly duration?: StreamAlarmOptions;

  /**
   * The function uses nearly all of its reserved concurrency. The threshold is a number of invocations at the same time.
   *
   * @default - above 80 % in 2 of 3 minutes; omitted if fewer than 5 are reserved, or none, or an unknown number
   */
  readonly concurrency?: StreamAlarmOptions;
}
