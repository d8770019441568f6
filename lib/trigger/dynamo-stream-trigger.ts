import {
  aws_cloudwatch as cloudwatch, type aws_dynamodb as dynamodb, type aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources,
  type aws_sqs as sqs, Duration, Names, RemovalPolicy, Stack, Token,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { acknowledgeFailureQueue } from './destination/cdk-nag';
import { failureQueue } from './destination/failure-destination';
import { changedSettings } from './facts/changed-settings';
import { givenProperties, judgedSettings } from './facts/setting-facts';
import { judgedWiring } from './facts/wiring-facts';
import type { StreamFilter } from './filter/stream-filter';
import { informFunction } from './function/function-environment';
import { ownedFunction } from './function/owned-function';
import { lateErrors, refuse, report } from './report';
import { ExecutionRole } from './role/execution-role';
import { destinationGrantee, grantStreamRead, StreamPermissions } from './role/permissions';
import { streamArnOf } from './table/stream-source';
import { deployedProperties } from './template/deployed-properties';
import { resourceNamed } from './template/references';
import { responseTypes, unwritable } from './template/response-types';
import { FILTER_RULES } from '../rules/filter/filter-rules';
import { judge } from '../rules/rule';
import { SETTING_RULES } from '../rules/setting-rules';
import { DEFAULT_SETTINGS } from '../rules/settings';
import { WIRING_RULES } from '../rules/wiring-rules';

/** A trigger's table, its function, and the settings of the mapping between them. */
export interface DynamoStreamTriggerProps {
  /**
   * The table whose stream drives the function.
   *
   * Its stream has to be on: `stream` of a `Table`, `dynamoStream` of a `TableV2`; an imported table has to be imported with
   * its stream's ARN.
   */
  readonly table: dynamodb.ITable;

  /** The function that receives the records: any function, alias or version. */
  readonly handler: lambda.IFunction;

  /**
   * Where in the stream a new mapping starts.
   *
   * LATEST can miss records that are written while the mapping is created. AT_TIMESTAMP does not exist for DynamoDB streams.
   *
   * @default - TRIM_HORIZON, the oldest record that the stream still has: up to 24 hours back
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * The largest number of records in a batch, from 1 to 10,000. A batch ends at 6 MB, too.
   *
   * @default 100
   */
  readonly batchSize?: number;

  /**
   * How long to gather records for a batch, in whole seconds up to 5 minutes.
   *
   * @default - none: the function is invoked as soon as there are records
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many batches of a shard are processed at once, from 1 to 10. Records of one item stay in order.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;

  /**
   * How often a failed batch is retried before it goes to the failure destination, from 0 to 10,000; -1: without limit.
   *
   * Progress within a batch starts the count again. Throttles don't count.
   *
   * @default 100
   */
  readonly retryAttempts?: number;

  /**
   * How old a record may get before it goes to the failure destination: 60 seconds to 7 days, in whole seconds.
   *
   * The stream itself keeps records for 24 hours, so that 24 hours or more means no limit.
   *
   * @default Duration.hours(22)
   */
  readonly maxRecordAge?: Duration;

  /**
   * Whether a failed batch is split in two before it is retried. Splitting uses up no retry.
   *
   * @default true
   */
  readonly bisectBatchOnError?: boolean;

  /**
   * Whether the function's response names the first record that is not done, so that only the rest of the batch is retried.
   *
   * Switched off, Lambda ignores such a response and takes the whole batch as done.
   *
   * @default true
   */
  readonly reportBatchItemFailures?: boolean;

  /**
   * The length of the tumbling windows over which the function keeps a state, in whole seconds up to 15 minutes.
   *
   * @default - no windows
   */
  readonly tumblingWindow?: Duration;

  /**
   * Whether the mapping polls the stream.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Which records reach the function: those that one of these lets pass. Lambda takes 5; 10 with a raised quota.
   *
   * @default - all records
   */
  readonly filters?: StreamFilter[];

  /**
   * The key that encrypts the filters.
   *
   * @default - a key of AWS's
   */
  readonly filterEncryption?: kms.IKey;

  /**
   * Metrics of the mapping's own. For DynamoDB streams there is one group, `EVENT_COUNT`, which the `metric…EventCount` methods
   * show.
   *
   * @default - none
   */
  readonly metricsConfig?: lambda.MetricsConfig;

  /**
   * What receives the batches that are given up and the records that are parked: a standard queue (`SqsDlq`), a standard topic
   * (`SnsDlq`) or a bucket (`S3FailureDestination`). `NoFailureDestination.INSTANCE` drops them.
   *
   * @default - a queue that the trigger makes: standard, encrypted, TLS only, keeps messages for 14 days
   */
  readonly onFailure?: lambda.IEventSourceDlq;

  /**
   * What happens to the queue that the trigger makes when the trigger is removed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly failureQueueRemovalPolicy?: RemovalPolicy;

  /**
   * How the function's role may read the stream. Permissions for keys and for the failure destination come with either.
   *
   * A role that is imported takes no managed policy from a template and gets the actions on the stream alone.
   *
   * @default StreamPermissions.MANAGED_POLICY
   */
  readonly permissions?: StreamPermissions;
}

/**
 * Drives a function from a table's stream: function, permissions, failure destination and the mapping between stream and
 * function, with settings that lose no records.
 *
 * Settings that Lambda would refuse, or with which records would be lost, fail the synthesis. All that is wrong is told at once.
 */
export class DynamoStreamTrigger extends Construct {
  /** The table whose stream drives the function. */
  readonly table: dynamodb.ITable;
  /** The function that receives the records. */
  readonly handler: lambda.IFunction;
  /** The mapping between the stream and the function. */
  readonly eventSourceMapping: lambda.EventSourceMapping;
  /** What receives the batches that are given up; undefined: they are dropped. */
  readonly failureDestination?: lambda.IEventSourceDlq;
  /** The queue that the trigger made, if it was given no `onFailure`. */
  readonly failureQueue?: sqs.Queue;

  constructor(scope: Construct, id: string, props: DynamoStreamTriggerProps) {
    super(scope, id);
    props = givenProperties(props);
    const judged = judgedSettings(props, this);
    report(this, [...judge(SETTING_RULES, judged), ...judge(FILTER_RULES, judged)]);

    this.table = props.table;
    this.handler = props.handler;
    if (judged.destination === 'made') {
      this.failureQueue = this.makeFailureQueue(props.failureQueueRemovalPolicy ?? RemovalPolicy.RETAIN);
      this.failureDestination = new sources.SqsDlq(this.failureQueue);
    } else if (judged.destination === 'given') {
      this.failureDestination = props.onFailure;
    }

    const streamArn = streamArnOf(this.table)!;
    const role = new ExecutionRole(this, this.handler);
    const permissions = props.permissions ?? StreamPermissions.MANAGED_POLICY;
    const granted = grantStreamRead(role, permissions, this.table, streamArn);
    const destination = this.failureDestination
      && new BoundDestination(this.failureDestination, destinationGrantee(role, permissions, this.failureDestination), () =>
        refuse(this, judge(SETTING_RULES, { ...judged, destination: 'nameless' })));
    const reportBatchItemFailures = props.reportBatchItemFailures ?? DEFAULT_SETTINGS.reportBatchItemFailures;
    const reportsByToken = Token.isUnresolved(reportBatchItemFailures);
    this.eventSourceMapping = new lambda.EventSourceMapping(this, 'EventSourceMapping', {
      target: this.handler,
      eventSourceArn: streamArn,
      startingPosition: props.startingPosition ?? lambda.StartingPosition.TRIM_HORIZON,
      batchSize: props.batchSize ?? DEFAULT_SETTINGS.batchSize,
      maxBatchingWindow: props.maxBatchingWindow,
      parallelizationFactor: props.parallelizationFactor,
      retryAttempts: props.retryAttempts ?? DEFAULT_SETTINGS.retryAttempts,
      bisectBatchOnError: props.bisectBatchOnError ?? DEFAULT_SETTINGS.bisectBatchOnError,
      reportBatchItemFailures,
      tumblingWindow: props.tumblingWindow,
      enabled: props.enabled,
      filters: props.filters?.length ? props.filters.map(filterCriterion) : undefined,
      filterEncryption: props.filterEncryption,
      // An empty list means none; CloudFormation takes no empty one.
      metricsConfig: props.metricsConfig?.metrics?.length === 0 ? undefined : props.metricsConfig,
      onFailure: destination,
      supportS3OnFailureDestination: true,
    });
    const mapping = this.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
    // Set here, because the CDK's own class takes a token for a number out of range.
    mapping.maximumRecordAgeInSeconds = (props.maxRecordAge ?? Duration.seconds(DEFAULT_SETTINGS.maxRecordAge)).toSeconds();
    if (reportsByToken) {
      mapping.functionResponseTypes = responseTypes(reportBatchItemFailures, this);
    }
    // The name of an imported alias or version leaves its qualifier out.
    if (isQualifiedArn(this.handler.functionArn)) {
      mapping.functionName = this.handler.functionArn;
    }
    role.applyBefore(this.eventSourceMapping);
    if (judged.destination === 'given') {
      const given = resourceNamed(destination?.arn, this);
      if (given?.cfnResourceType === 'AWS::SQS::Queue') {
        acknowledgeFailureQueue(given);
      }
    }
    // To a token, the function throws its failures: that loses nothing either way.
    const parks = this.informHandler(streamArn, reportBatchItemFailures && !reportsByToken, destination?.arn);
    this.node.addValidation({
      validate: () => {
        const deployed = deployedProperties(mapping);
        return lateErrors(this, [...changedSettings(deployed, judged), ...judge(WIRING_RULES, judgedWiring({
          table: this.table,
          handler: this.handler,
          failureDestination: this.failureDestination,
          mapping,
          deployed,
          filters: judged.filters,
          // The made queue needs nothing.
          granted: role.delaysHandler ? [...granted, ...judged.destination === 'given' ? [destination!.arn!] : []] : [],
          missingStatements: role.missingStatements,
          parkingOff: !parks(),
          unwritableReport: unwritable(reportBatchItemFailures, this),
        }))]);
      },
    });
  }

  /**
   * A metric of the mapping's own, such as `PolledEventCount`. Lambda emits them where `metricsConfig` asks for `EVENT_COUNT`.
   *
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

  /** Records read from the stream. Needs `metricsConfig`. */
  metricPolledEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('PolledEventCount', props);
  }

  /** Records that no filter let pass. Needs `metricsConfig`. */
  metricFilteredOutEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('FilteredOutEventCount', props);
  }

  /** Records that the function was invoked with. Needs `metricsConfig`. */
  metricInvokedEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InvokedEventCount', props);
  }

  /** Records whose invocation failed. Needs `metricsConfig`. */
  metricFailedInvokeEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('FailedInvokeEventCount', props);
  }

  /** Records given up without a failure destination, or that it did not take. Needs `metricsConfig`. */
  metricDroppedEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DroppedEventCount', props);
  }

  /** Records whose failed batch reached the failure destination. Needs `metricsConfig`. */
  metricOnFailureDestinationDeliveredEventCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OnFailureDestinationDeliveredEventCount', props);
  }

  /**
   * How old the last record of a batch was, in milliseconds: how far the function is behind. Counted for the function, over all of
   * its triggers.
   *
   * @default - the maximum over 5 minutes
   */
  metricIteratorAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.handler.metric('IteratorAge', { statistic: cloudwatch.Stats.MAXIMUM, ...props });
  }

  /**
   * Failed batches that the failure destination did not take. Counted for the function, over all of its triggers.
   *
   * @default - the sum over 5 minutes
   */
  metricDestinationDeliveryFailures(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.handler.metric('DestinationDeliveryFailures', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /** In the stack of the function, which has to name the queue to park records there. */
  private makeFailureQueue(removalPolicy: RemovalPolicy): sqs.Queue {
    const fn = ownedFunction(this.handler);
    return fn === undefined || Stack.of(fn) === Stack.of(this)
      ? failureQueue(this, 'FailureQueue', removalPolicy)
      : failureQueue(fn, `FailureQueue${Names.nodeUniqueId(this.node)}`, removalPolicy);
  }

  /** Returns whether the function knows the destination that it is told, as the finished app shows it; one that isn't ours may. */
  private informHandler(stream: string, reports: boolean, park?: string): () => boolean {
    const fn = ownedFunction(this.handler);
    if (fn === undefined) {
      return () => true;
    }
    const canName = informFunction(fn, this, { stream, report: reports, park });
    return () => park === undefined || canName(park);
  }
}

/** A failure destination whose permissions go to the function's role as the trigger may extend it. */
class BoundDestination implements lambda.IEventSourceDlq {
  arn?: string;

  constructor(
    private readonly destination: lambda.IEventSourceDlq,
    private readonly grantee: lambda.IFunction,
    private readonly refuseNameless: () => never,
  ) {}

  bind(mapping: lambda.IEventSourceMapping): lambda.DlqDestinationConfig {
    // An untyped caller's may return anything.
    const config: Partial<lambda.DlqDestinationConfig> = this.destination.bind(mapping, this.grantee) ?? {};
    if (!isName(config.destination)) {
      return this.refuseNameless();
    }
    this.arn = config.destination;
    return { destination: config.destination };
  }
}

/** CloudFormation takes an empty text for no destination. */
function isName(destination: unknown): destination is string {
  return Token.isUnresolved(destination) || (typeof destination === 'string' && destination !== '');
}

/** A token stands for itself. */
function filterCriterion(filter: StreamFilter): { [key: string]: any } {
  return Token.isUnresolved(filter) ? filter : { pattern: filter.toJson() };
}

function isQualifiedArn(functionArn: string): boolean {
  return !Token.isUnresolved(functionArn) && functionArn.split(':').length > 7;
}
