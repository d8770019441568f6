import type { LambdaContext } from './context';
import { guarded } from './guarded';
import type { KnownHost } from './trigger-facts';
import { arnParts } from '../stream/arn';
import type { TriggerFacts } from '../stream/boundary';
import { RUNTIME_DIMENSIONS, RUNTIME_METRICS, RUNTIME_NAMESPACE } from '../stream/runtime-metrics';

/** Counts what happens in an invocation. */
export interface Metrics {
  /** Counts an event, if there is a metric of it. */
  readonly count: (event: string) => void;
  /**
   * Writes the counts as one line in CloudWatch's embedded metric format, if there are any and the trigger wants them. The line holds
   * nothing of an item.
   */
  readonly write: (trigger: TriggerFacts, streamArn: string, context: Partial<LambdaContext>, host: KnownHost) => void;
}

export function createMetrics(): Metrics {
  const counts: { [name: string]: number } = {};
  return {
    count: (event) => {
      const name = (RUNTIME_METRICS as { readonly [event: string]: string })[event];
      if (name) {
        counts[name] = (counts[name] ?? 0) + 1;
      }
    },
    write: ({ metrics }, streamArn, { functionName }, { measure, now = Date.now }) => {
      const names = Object.keys(counts);
      if (metrics && names[0]) {
        const [fn, table] = RUNTIME_DIMENSIONS;
        const metricsOf = { Namespace: RUNTIME_NAMESPACE, Dimensions: [RUNTIME_DIMENSIONS], Metrics: names.map((Name) => ({ Name, Unit: 'Count' })) };
        // The records matter more than their metrics.
        void guarded(() => measure(JSON.stringify({
          _aws: { Timestamp: now(), CloudWatchMetrics: [metricsOf] }, [fn]: functionName, [table]: arnParts(streamArn).resource.split('/')[1], ...counts,
        }) + '\n'));
      }
    },
  };
}
