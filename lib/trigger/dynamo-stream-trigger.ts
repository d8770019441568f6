import { aws_cloudwatch as cloudwatch, type aws_dynamodb as dynamodb, aws_iam as iam, type aws_lambda as lambda, type aws_sqs as sqs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { TriggerDestination } from './destination/trigger-destination';
import { newMapping } from './event-source-mapping';
import { namingCopies, constructsIn, takePart } from './facts/copies';
import { judgeFinishedTree } from './finished-tree';
import { informFunction } from './function/function-environment';
import { hasRuntime, informedFunction } from './function/informed';
import { ownedFunction } from './function/owned-function';
import type { DynamoStreamTriggerProps } from './props';
import { grantRedrive } from './redrive/grant-redrive';
import { ExecutionRole } from './role/execution-role';
import { grantStreamRead } from './role/permissions';
import { streamArnOf } from './table/stream-source';
import type { StreamedTable } from './table/streamed-table';
import { validProps } from './valid-props';
import { RUNTIME_DIMENSIONS, RUNTIME_METRICS, RUNTIME_NAMESPACE, type RuntimeMetric } from '../stream/runtime-metrics';

/**
 * Drives a function from a table's stream: permissions, a failure destination, and the mapping between stream and function, with
 * settings that lose no records.
 *
 * Settings that Lambda would refuse fail the synthesis, with one error that names everything that is wrong. Settings that could lose
 * records are warnings.
 *
 * @example
 * new DynamoStreamTrigger(this, 'OrderEvents', {
 *   table,
 *   handler: new StreamFunction(this, 'OnOrder', { entry: 'src/on-order.ts' }),
 * });
 */
export class DynamoStreamTrigger extends Construct {
  /** The table whose stream drives the function. */
  readonly table: dynamodb.ITable;
  /** The ARN of the stream that the trigger reads. */
  readonly streamArn: string;
  /** The function that receives the records. */
  readonly handler: lambda.IFunction;
  /** The mapping between the stream and the function. */
  readonly eventSourceMapping: lambda.EventSourceMapping;
  /** What receives the batches that Lambda gives up; undefined: they are dropped. */
  readonly failureDestination?: lambda.IEventSourceDlq;
  /** The queue that the trigger made; undefined if `onFailure` was given. */
  readonly failureQueue?: sqs.Queue;
  /**
   * Whether the function is known to have the runtime, and gets the variable that switches the runtime's metrics on.
   *
   * @internal
   */
  readonly _isMeasured: boolean;

  /**
   * Wires the stream to the function.
   *
   * @param scope the stack or construct that the trigger is part of
   * @param id the name of the trigger within the scope
   * @param props at least `table` and `handler`
   * @throws an error that lists everything that is wrong with the props; what only the finished app shows fails `app.synth()`
   */
  constructor(scope: Construct, id: string, props: DynamoStreamTriggerProps) {
    super(scope, id);
    takePart(this);
    try {
      const valid = validProps(props, this);
      this.table = valid.table;
      this.handler = valid.handler;
      const destination = new TriggerDestination(this, valid);
      this.failureDestination = destination.dlq;
      this.failureQueue = destination.queue;

      const role = new ExecutionRole(this, this.handler);
      this.streamArn = streamArnOf(this.table)!;
      (this.table as StreamedTable)._shared?.readBy(this.handler.role);
      grantStreamRead(role, valid.permissions, this.table, this.streamArn);
      this.eventSourceMapping = newMapping(this, valid, this.streamArn, destination.boundTo(role));
      role.applyBefore(this.eventSourceMapping);
      const mapping = this.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
      const informed = informedFunction(this.handler, valid.informHandler);
      this._isMeasured = informed !== undefined && hasRuntime(this.handler, valid.informHandler);
      const omitted = informed && informFunction(informed, mapping, valid.settings.reportBatchItemFailures);
      judgeFinishedTree(this, { ...valid, mapping, destination, role, informed, omitted, hasRuntime: hasRuntime(this.handler, valid.informHandler) });
    } catch (error) {
      throw namingCopies(error, this, constructsIn(props));
    }
  }

  /**
   * Allows to bring back what the trigger gave up and what its runtime parked, with the command `dynamo-stream-trigger redrive`: to take it
   * from the failure destination, to read the stream and the items of the table, and to invoke the function.
   *
   * For a topic, the queue that it sends to needs grants of its own: `queue.grantConsumeMessages(grantee)`.
   *
   * @param grantee who runs the command: a role, a user or a function
   */
  grantRedrive(grantee: iam.IGrantable): iam.Grant {
    const listing = iam.Grant.addToPrincipal({ grantee, actions: ['lambda:ListEventSourceMappings'], resourceArns: ['*'] });
    return grantRedrive(grantee, this).combine(listing);
  }

  /**
   * A metric of the mapping, such as `PolledEventCount`. Lambda emits these metrics if `metricsConfig` has `EVENT_COUNT`, or, if it is not
   * given, if an alarm of the app watches one. CloudWatch charges them as custom metrics: up to six for each mapping.
   *
   * @param metricName a metric of event source mappings, see the Lambda guide
   * @param props what differs from the sum over 5 minutes
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   * @default - the sum over 5 minutes
   */
  metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensionsMap: { EventSourceMappingUUID: this.eventSourceMapping.eventSourceMappingId },
      statistic: cloudwatch.Stats.SUM,
      ...props,
    }).attachTo(this);
  }

  /**
   * Records read from the stream. Needs `metricsConfig`, or an alarm.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricPolledEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('PolledEventCount', props);
  }

  /**
   * Records that match no filter. Needs `metricsConfig`, or an alarm.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricFilteredOutEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('FilteredOutEventCount', props);
  }

  /**
   * Records that the function was invoked with. Needs `metricsConfig`, or an alarm.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricInvokedEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InvokedEventCount', props);
  }

  /**
   * Records whose invocation failed. Needs `metricsConfig`, or an alarm.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricFailedInvokeEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('FailedInvokeEventCount', props);
  }

  /**
   * Records that Lambda gave up and no failure destination received. Needs `metricsConfig`, or an alarm.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricDroppedEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DroppedEventCount', props);
  }

  /**
   * Records whose failed batch the failure destination received. Needs `metricsConfig`, or an alarm.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricOnFailureDestinationDeliveredEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OnFailureDestinationDeliveredEventCount', props);
  }

  /**
   * The age of the last record of a batch, in milliseconds: how far the function is behind. Measured for the function, over all of its
   * triggers.
   *
   * A mapping that is disabled or broken sends no values.
   *
   * @param props what differs from the maximum over 5 minutes
   * @default - the maximum over 5 minutes
   */
  metricIteratorAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.handler.metric('IteratorAge', { statistic: cloudwatch.Stats.MAXIMUM, ...props });
  }

  /**
   * Failed batches that Lambda could not deliver to the failure destination. Counted for the function, over all of its triggers.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricDestinationDeliveryFailures(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.handler.metric('DestinationDeliveryFailures', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * Records that the runtime parked. Needs a StreamTriggerMonitoring, and a function with the runtime.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricParkedRecords(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.runtimeMetric(RUNTIME_METRICS.recordParked, props);
  }

  /**
   * Tries that failed of something else than the record, such as throttling or a lost connection. Needs a StreamTriggerMonitoring, and a
   * function with the runtime.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricTransientFailures(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.runtimeMetric(RUNTIME_METRICS.transient, props);
  }

  /**
   * Tries of a record after its first one in an invocation. Needs a StreamTriggerMonitoring, and a function with the runtime.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricRetriedRecords(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.runtimeMetric(RUNTIME_METRICS.recordRetried, props);
  }

  /**
   * Invocations whose time was up before their batch was done. Needs a StreamTriggerMonitoring, and a function with the runtime.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricDeadlines(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.runtimeMetric(RUNTIME_METRICS.deadline, props);
  }

  /**
   * Processes that ended themselves, because calls no longer settled in them. Needs a StreamTriggerMonitoring, and a function with the
   * runtime.
   *
   * @param props what differs from the sum over 5 minutes
   * @default - the sum over 5 minutes
   */
  metricSickEnvironments(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.runtimeMetric(RUNTIME_METRICS.exit, props);
  }

  /** The runtime names the function without alias or version. */
  private runtimeMetric(metricName: RuntimeMetric, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const [fn, table] = RUNTIME_DIMENSIONS;
    return new cloudwatch.Metric({
      namespace: RUNTIME_NAMESPACE,
      metricName,
      dimensionsMap: { [fn]: (ownedFunction(this.handler) ?? this.handler).functionName, [table]: this.table.tableName },
      statistic: cloudwatch.Stats.SUM,
      ...props,
    }).attachTo(this.handler);
  }
}
