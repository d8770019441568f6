import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import type { StreamAlarms } from './alarm-options';
import { concurrentExecutions, errorPercent, silence } from './metrics';
import {
  AGE_CRITICAL_SHARE, AGE_WARNING_SHARE, ONE_MINUTE, CONCURRENCY_SHARE, DURATION_SHARE, ERROR_PERCENT, LASTING, LEAST_AGE_CRITICAL, LEAST_AGE_WARNING,
  LEAST_POINTER_AGE, LEAST_RESERVED, MOST_AGE_CRITICAL, MOST_AGE_WARNING, MOST_POINTER_AGE, PERIOD, POINTER_SHARE, SILENCE_PERIOD, SILENT,
} from './thresholds';
import {
  failureQueueOf, isParking, isSwitchedOff, isTableOfThisApp, lifeOf, named, reservedConcurrencyOf, retriesOf, timeoutOf, type Watched, windowOf,
} from './watched';
import { STREAM_RETENTION } from '../../stream/shard';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';

/** One of the alarms: what it watches, and when it fires unless its options say otherwise. */
export interface AlarmKind {
  /** What several triggers share that have one alarm together; undefined: the alarm does not fit. */
  readonly shared: (trigger: DynamoStreamTrigger) => string | undefined;
  /** The heading of its runbook, as a link names it. */
  readonly runbook: string;
  readonly metric: (watched: Watched, period: Duration) => cloudwatch.IMetric;
  /** It fires above this. Undefined: nothing is known to compare with. */
  readonly threshold: (watched: Watched) => number | undefined;
  /** Of the threshold. */
  readonly unit: 'ms' | 's' | '%' | '';
  /** What happened, and what it means: sentences. `limit` is the threshold in words. */
  readonly says: (watched: Watched, limit: string) => string;
  /** Seconds. */
  readonly period: number;
  readonly datapoints: { readonly datapointsToAlarm: number; readonly evaluationPeriods: number };
  /** Whether its data is of invocations, which may last longer than a period. */
  readonly isOfInvocations?: boolean;
  readonly missing: cloudwatch.TreatMissingData;
  /** Whether it is made only if its options say so. */
  readonly isOmitted?: (watched: Watched) => boolean;
}

const byMapping = ({ node }: DynamoStreamTrigger) => node.path;
const byFunction = ({ handler }: DynamoStreamTrigger) => handler.functionArn;
const byQueue = (trigger: DynamoStreamTrigger) => failureQueueOf(trigger)?.queue.queueArn;
const ifDelivering = (shared: typeof byMapping) => (trigger: DynamoStreamTrigger) => trigger.failureDestination && shared(trigger);

const { NOT_BREACHING, IGNORE } = cloudwatch.TreatMissingData;

/** A state that must last. Without invocations there is nothing to judge. */
const lasting = { period: PERIOD, datapoints: LASTING, missing: NOT_BREACHING };
/** A state that invocations show when they end. */
const lastingInvocations = { ...lasting, isOfInvocations: true };
/** Events, each of which counts. A period without one has no data. */
const anySingle = { period: PERIOD, datapoints: ONE_MINUTE, missing: NOT_BREACHING, threshold: () => 0, unit: '' } as const;

/** Every alarm, by its name. */
export const ALARM_KINDS: { readonly [name in keyof StreamAlarms]-?: AlarmKind } = {
  iteratorAgeWarning: {
    ...lastingInvocations,
    shared: byFunction,
    unit: 'ms',
    runbook: 'iterator-age',
    metric: ([{ handler }], period) => iteratorAge(handler, period),
    threshold: (watched) => 1000 * (warningAge(watched) + windowOf(watched)),
    says: (watched, limit) => `${named(watched)}: the function gets records that are older than ${limit}. It fails, is throttled, or is too `
      + `slow for what is written. ${sentence(endOf(watched))}`,
  },
  iteratorAgeCritical: {
    ...lastingInvocations,
    shared: byFunction,
    unit: 'ms',
    runbook: 'iterator-age',
    metric: ([{ handler }], period) => iteratorAge(handler, period),
    threshold: (watched) => 1000 * (criticalAge(watched) + windowOf(watched)),
    says: (watched, limit) => `${named(watched)}: the function gets records that are older than ${limit}, and they are in danger: `
      + `${endOf(watched)}.`,
  },
  silence: {
    shared: byMapping,
    unit: '',
    runbook: 'silence',
    metric: ([trigger], period) => silence(trigger, period),
    threshold: () => 0,
    says: (watched) => `${named(watched)}: the table is written, and nothing is read from its stream. The mapping is disabled, it lost a permission, or a batch `
      + 'that fails holds it up. The stream deletes records after 24 hours. Known false alarm: only writes that change nothing, or whose condition fails.',
    period: SILENCE_PERIOD,
    datapoints: SILENT,
    missing: NOT_BREACHING,
    isOmitted: ([trigger]) => !isTableOfThisApp(trigger) || isSwitchedOff(trigger),
  },
  givenUp: {
    ...anySingle,
    shared: ifDelivering(byMapping),
    runbook: 'given-up',
    metric: ([trigger], period) => trigger.metricOnFailureDestinationDeliveredEventCount({ period }),
    says: (watched) => `${named(watched)}: Lambda gave records up, because their retries or their time were used up, and the failure destination received a `
      + 'message about them. They are not processed until somebody brings them back.',
  },
  dropped: {
    ...anySingle,
    shared: byMapping,
    runbook: 'dropped',
    metric: ([trigger], period) => trigger.metricDroppedEventCount({ period }),
    says: (watched) => `${named(watched)}: Lambda gave records up, and nothing received them. The function will never get them. The stream may still have them `
      + 'for some hours.',
  },
  deliveryFailures: {
    ...anySingle,
    shared: ifDelivering(byFunction),
    runbook: 'delivery-failures',
    metric: ([trigger], period) => trigger.metricDestinationDeliveryFailures({ period }),
    says: (watched) => `${named(watched)}: Lambda could not deliver to the failure destination. It does not exist, or the function's role may not send to it or `
      + 'use its key. What is not delivered is dropped.',
  },
  parked: {
    ...anySingle,
    // The runtime's metrics are of the function and the table, whatever alias is invoked.
    shared: (trigger) => isParking(trigger) ? `${trigger.handler.functionArn} ${trigger.table.tableArn}` : undefined,
    runbook: 'parked',
    metric: ([trigger], period) => trigger.metricParkedRecords({ period }),
    says: (watched) => `${named(watched)}: the runtime put records aside that fail whatever happens. Other records go on. The parked ones are whole on the failure `
      + 'destination, each with its error, until somebody brings them back.',
  },
  failureQueue: {
    ...anySingle,
    // SQS sends no metrics of a queue that was not used for 6 hours, which may hold messages all the same. One that was emptied was used.
    missing: IGNORE,
    shared: byQueue,
    runbook: 'failure-queue',
    metric: ([trigger], period) => failureQueueOf(trigger)!.queue.metricApproximateNumberOfMessagesVisible({ period }),
    says: (watched) => `${named(watched)}: failures wait to be brought back.`,
  },
  expiringPointers: {
    ...lasting,
    shared: (trigger) => failureQueueOf(trigger)?.isPointers ? byQueue(trigger) : undefined,
    unit: 's',
    runbook: 'expiring-pointers',
    metric: ([trigger], period) => failureQueueOf(trigger)!.queue.metricApproximateAgeOfOldestMessage({ period }),
    threshold: (watched) => Math.min(Math.max(POINTER_SHARE * shortestRest(watched), LEAST_POINTER_AGE), MOST_POINTER_AGE),
    says: (watched, limit) => `${named(watched)}: a message has waited in the failure queue for more than ${limit}. If it is about a failed `
      + `batch, it names records in the stream, which deletes them 24 hours after they were written: perhaps ${
        shortestRest(watched) > 0 ? `${thresholdInWords(shortestRest(watched), 's')} after the message came` : 'at any time'}. Parked records are whole and stay.`,
  },
  errors: {
    ...lastingInvocations,
    shared: byFunction,
    unit: '%',
    runbook: 'errors',
    metric: ([trigger], period) => errorPercent(trigger, period),
    threshold: () => ERROR_PERCENT,
    says: (watched, limit) => `${named(watched)}: more than ${limit} of the function's invocations fail. It throws, runs into its timeout, or its process `
      + 'ends. Lambda repeats their batches, and their shards wait.',
  },
  throttles: {
    ...lasting,
    shared: byFunction,
    unit: '',
    runbook: 'throttles',
    metric: ([{ handler }], period) => handler.metricThrottles({ period, statistic: cloudwatch.Stats.SUM }),
    threshold: () => 0,
    says: (watched) => `${named(watched)}: Lambda throttles the function, because its reserved concurrency, or that of the account, is used up. Lambda repeats the `
      + 'batches, and their shards wait.',
  },
  duration: {
    ...lastingInvocations,
    shared: byFunction,
    unit: 'ms',
    runbook: 'duration',
    metric: ([{ handler }], period) => handler.metricDuration({ period, statistic: cloudwatch.Stats.percentile(99) }),
    threshold: ([trigger]) => {
      const timeout = timeoutOf(trigger);
      return timeout && 1000 * DURATION_SHARE * timeout;
    },
    says: (watched, limit) => `${named(watched)}: the slowest invocations of the function take longer than ${limit}, near its timeout. Soon batches `
      + 'will not be done in one invocation.',
  },
  concurrency: {
    ...lasting,
    shared: byFunction,
    unit: '',
    runbook: 'concurrency',
    metric: ([trigger], period) => concurrentExecutions(trigger, period),
    threshold: ([trigger]) => {
      const reserved = reservedConcurrencyOf(trigger);
      return reserved === undefined || reserved < LEAST_RESERVED ? undefined : CONCURRENCY_SHARE * reserved;
    },
    says: (watched, limit) => `${named(watched)}: more than ${limit} invocations of the function run at the same time, near what is reserved for it. Lambda will `
      + 'throttle it when that is used up.',
  },
};

function iteratorAge(handler: DynamoStreamTrigger['handler'], period: Duration): cloudwatch.Metric {
  return handler.metric('IteratorAge', { statistic: cloudwatch.Stats.MAXIMUM, period });
}

/** Seconds, after the batching window. */
function warningAge(watched: Watched): number {
  return Math.min(Math.max(AGE_WARNING_SHARE * lifeOf(watched), LEAST_AGE_WARNING), MOST_AGE_WARNING * lifeAfterWindow(watched));
}

/** Seconds, after the batching window. */
function criticalAge(watched: Watched): number {
  const wanted = Math.max(AGE_CRITICAL_SHARE * lifeOf(watched), LEAST_AGE_CRITICAL * warningAge(watched));
  return Math.min(wanted, MOST_AGE_CRITICAL * lifeAfterWindow(watched));
}

/** A trigger that shares the function may have a window that is longer than the life of another one's records. */
function lifeAfterWindow(watched: Watched): number {
  const [life, window] = [lifeOf(watched), windowOf(watched)];
  return life > window ? life - window : life;
}

/** Seconds for which the stream still has the records of a failed batch when its message comes, at the least. */
function shortestRest(watched: Watched): number {
  return STREAM_RETENTION - Math.max(...watched.map((trigger) => lifeOf([trigger])));
}

/** When records are lost. A batch that fails may come to its last retry hours before its records are too old. */
function endOf(watched: Watched): string {
  const [life, retries] = [lifeOf(watched), retriesOf(watched)];
  const [end, next] = life < STREAM_RETENTION ? ['Lambda gives records up', ''] : ['the stream deletes records', 'Lambda gives up '];
  return `${end} ${thresholdInWords(life, 's')} after they were written${retries === undefined ? '' : `, and ${next}a batch when it failed ${times(retries + 1)}`}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** A threshold as a sentence has it. */
export function thresholdInWords(threshold: number, unit: AlarmKind['unit']): string {
  switch (unit) {
    case 'ms': return Duration.millis(Math.round(threshold)).toHumanString().replace('millis', 'milliseconds');
    case 's': return Duration.seconds(Math.round(threshold)).toHumanString().replace('millis', 'milliseconds');
    case '%': return `${threshold} %`;
    case '': return String(threshold);
  }
}
