/*
 * When the alarms fire, unless their options change it. Each number has its reason, and its source where it is not our own. `AWS's minimum set`
 * is the alarms that AWS advises for any consumer: aws/agent-toolkit-for-aws, aws-serverless/references/production.md.
 */

/** One period, in seconds: the shortest for which Lambda and SQS have data. */
export const PERIOD = 60;

/**
 * Of three minutes, two must be over the threshold: one alone passes, such as a cold start or a single retry. It also spans the pauses
 * between retries, which are about as long as a period. AWS's minimum set.
 */
export const LASTING = { datapointsToAlarm: 2, evaluationPeriods: 3 };

/**
 * Like `LASTING`, but with enough periods for two invocations, each of which may last as long as the function's timeout. Lambda sends the
 * metrics of an invocation when it ends, and for the time when it began: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
 *
 * @param timeout seconds
 * @param period seconds
 */
export function lastingFor(timeout: number, period: number): typeof LASTING {
  return timeout <= period ? LASTING : { ...LASTING, evaluationPeriods: LASTING.datapointsToAlarm + Math.ceil(2 * timeout / period) };
}

/** One minute is enough: each single one must be looked at. */
export const ONE_MINUTE = { datapointsToAlarm: 1, evaluationPeriods: 1 };

/**
 * How old records may be when the function gets them, as a share of their life: of `maxRecordAge` or the 24 hours of the stream, whichever
 * is shorter. At 22 hours these are 6.6 minutes: longer than a burst takes that the function is made for, and early enough to be known
 * within 10 minutes of an outage.
 */
export const AGE_WARNING_SHARE = 0.005;

/** But not less than this, in seconds: AWS's minimum set. Retries alone take that long. */
export const LEAST_AGE_WARNING = 60;

/** A quarter of their life. At 22 hours these are 5.5 hours: three quarters are left, which is a night. */
export const AGE_CRITICAL_SHARE = 0.25;

/** But this many times the warning, which a short life brings near. */
export const LEAST_AGE_CRITICAL = 2;

/**
 * But both come before Lambda gives records up: the warning at a quarter of the life that the batching window leaves, the critical one at
 * half of it.
 */
export const [MOST_AGE_WARNING, MOST_AGE_CRITICAL] = [0.25, 0.5];

/**
 * Seconds of a period in which a table is written and nothing is read from its stream. A mapping reads four times a second. The period is that long because
 * the metrics of DynamoDB and Lambda come with different delays.
 */
export const SILENCE_PERIOD = 300;

/** All of three: a period in which the only write changes nothing has no record to read. */
export const SILENT = { datapointsToAlarm: 3, evaluationPeriods: 3 };

/**
 * The share of the shortest time that the records of a failed batch are still there when its message arrives: 24 hours less
 * `maxRecordAge`. Half of it is left to bring them back. At 22 hours this is 1 hour.
 */
export const POINTER_SHARE = 0.5;

/** But not less than this, in seconds: without a `maxRecordAge`, records may be gone at any time after the message. */
export const LEAST_POINTER_AGE = 600;

/** And not more than this, in seconds: SQS may stop sending the age of a queue that nobody used for 6 hours. */
export const MOST_POINTER_AGE = 5 * 3_600;

/** Percent of the invocations. AWS's minimum set. */
export const ERROR_PERCENT = 1;

/** The share of the timeout, for the slowest hundredth of the invocations. AWS's minimum set. */
export const DURATION_SHARE = 0.8;

/** The share of the reserved concurrency. AWS's minimum set. */
export const CONCURRENCY_SHARE = 0.8;

/** With less reserved there is no alarm: four fifths would be all of it, and normal use would fire the alarm. */
export const LEAST_RESERVED = 5;
