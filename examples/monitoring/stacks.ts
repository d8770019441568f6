import { join } from 'node:path';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AdotLambdaExecWrapper, AdotLambdaLayerJavaScriptSdkVersion, AdotLayerVersion, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { MonitoringFacade, SnsAlarmActionStrategy } from 'cdk-monitoring-constructs';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamFunction, StreamPermissions, StreamTriggerMonitoring } from 'dynamo-stream-trigger';

/** Two triggers of one table, whose functions are traced: by AWS's distribution of OpenTelemetry, and by Powertools. */
export class OrdersStack extends Stack {
  readonly table: TableV2;
  readonly orderEvents: DynamoStreamTrigger;
  readonly auditEvents: DynamoStreamTrigger;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.table = new TableV2(this, 'Orders', {
      partitionKey: { name: 'orderId', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    this.orderEvents = new DynamoStreamTrigger(this, 'OrderEvents', {
      table: this.table,
      handler: new StreamFunction(this, 'OnOrder', {
        entry: join(__dirname, 'on-order.ts'),
        // The layer is made for the runtimes that its documentation lists.
        runtime: Runtime.NODEJS_22_X,
        // Switches X-Ray's tracing on, which lets the role send traces of any name.
        adotInstrumentation: {
          layerVersion: AdotLayerVersion.fromJavaScriptSdkLayerVersion(AdotLambdaLayerJavaScriptSdkVersion.LATEST),
          execWrapper: AdotLambdaExecWrapper.REGULAR_HANDLER,
        },
      }),
      permissions: StreamPermissions.LEAST_PRIVILEGE,
    });
    this.auditEvents = new DynamoStreamTrigger(this, 'AuditEvents', {
      table: this.table,
      handler: new StreamFunction(this, 'OnAudit', {
        entry: join(__dirname, 'on-audit.ts'),
        tracing: Tracing.ACTIVE,
        environment: { POWERTOOLS_SERVICE_NAME: 'audit' },
      }),
      permissions: StreamPermissions.LEAST_PRIVILEGE,
    });
  }
}

/**
 * Who is called for what. Two topics: one for what can wait until the morning, one for what can't.
 *
 * It is deployed after the triggers, which don't depend on it.
 */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, { triggers, ...props }: StackProps & { readonly triggers: DynamoStreamTrigger[] }) {
    super(scope, id, props);
    const morning = new SnsAction(new Topic(this, 'Morning', { enforceSSL: true }));
    const now = [new SnsAction(new Topic(this, 'Now', { enforceSSL: true }))];
    const monitoring = new StreamTriggerMonitoring(this, 'Monitoring', {
      triggers,
      actions: [morning],
      alarms: {
        iteratorAgeCritical: { actions: now },
        dropped: { actions: now },
        deliveryFailures: { actions: now },
        expiringPointers: { actions: now },
        // Imports in the night take so long.
        iteratorAgeWarning: { threshold: Duration.minutes(20).toMilliseconds() },
      },
    });
    new Dashboard(this, 'Shop', { widgets: [[new TextWidget({ markdown: '# Shop', width: 24, height: 1 })], ...monitoring.widgets().map((widget) => [widget])] });
  }
}

interface TeamProps extends StackProps {
  readonly table: TableV2;
  readonly triggers: DynamoStreamTrigger[];
}

/** A team that monitors everything by cdk-monitoring-constructs: the triggers are a part of its dashboard, beside the table. */
export class TeamStack extends Stack {
  constructor(scope: Construct, id: string, { table, triggers, ...props }: TeamProps) {
    super(scope, id, props);
    const team = new Topic(this, 'Team', { enforceSSL: true });
    const facade = new MonitoringFacade(this, 'Shop', {
      alarmFactoryDefaults: { alarmNamePrefix: 'Shop', actionsEnabled: true, action: new SnsAlarmActionStrategy({ onAlarmTopic: team }) },
    });
    const monitoring = new StreamTriggerMonitoring(this, 'Monitoring', { triggers, actions: [new SnsAction(team)] });
    facade
      .addLargeHeader('Shop')
      .monitorDynamoTable({ table, addReadThrottledEventsCountAlarm: { Warning: { maxThrottledEventsThreshold: 0 } } });
    monitoring.widgets().forEach((widget) => facade.addWidget(widget));
  }
}
