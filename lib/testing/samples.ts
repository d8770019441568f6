import type { Notice } from '../engine';
import type { InvocationEnd } from './handler-invocation';
import type { StreamEvent } from '../stream/record';
import { RUNTIME_NAMESPACE } from '../stream/runtime-metrics';

/** One value of a metric of CloudWatch. */
export interface MetricSample {
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** `AWS/Lambda` for what Lambda sends of the mapping and the function, `DynamoStreamTrigger` for what the runtime counts. */
  readonly namespace: string;
  /** Such as `IteratorAge`, `Errors`, `PolledEventCount` or `ParkedRecords`. */
  readonly name: string;
  /** In the metric's own unit: a count, or milliseconds. */
  readonly value: number;
}

/** Collects what CloudWatch would get. */
export class Samples {
  private readonly all: MetricSample[] = [];

  /** In order of time: what an invocation says of itself comes when it has ended. */
  list(): readonly MetricSample[] {
    return this.all.sort((a, b) => a.at - b.at);
  }

  noticed(at: number, notice: Notice): void {
    if (notice.type === 'count') {
      this.ofLambda(at, notice.name, notice.value);
    }
  }

  /** @param concurrency how many invocations of the function run now */
  started(at: number, concurrency: number): void {
    this.ofLambda(at, 'ConcurrentExecutions', concurrency);
  }

  throttled(at: number): void {
    this.ofLambda(at, 'Throttles', 1);
  }

  undelivered(at: number): void {
    this.ofLambda(at, 'DestinationDeliveryFailures', 1);
  }

  ended({ startedAt, endedAt, outcome }: InvocationEnd, { Records }: StreamEvent): void {
    const created = Records.at(-1)?.dynamodb?.ApproximateCreationDateTime;
    if (created !== undefined) {
      this.ofLambda(startedAt, 'IteratorAge', startedAt - created * 1000);
    }
    this.ofLambda(endedAt, 'Invocations', 1);
    this.ofLambda(endedAt, 'Errors', outcome.type === 'error' ? 1 : 0);
    this.ofLambda(endedAt, 'Duration', endedAt - startedAt);
  }

  /** Takes a line in CloudWatch's embedded metric format. */
  measured(line: string): void {
    const { _aws: { Timestamp: at, CloudWatchMetrics: [{ Metrics }] }, ...values } = JSON.parse(line);
    for (const { Name: name } of Metrics) {
      this.all.push({ at, namespace: RUNTIME_NAMESPACE, name, value: values[name] });
    }
  }

  private ofLambda(at: number, name: string, value: number): void {
    this.all.push({ at, namespace: 'AWS/Lambda', name, value });
  }
}
