import { join } from 'node:path';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AdotLambdaExecWrapper, AdotLambdaLayerJavaScriptSdkVersion, AdotLayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamFunction, StreamPermissions, StreamTriggerMonitoring } from 'dynamo-stream-trigger';

/** A trigger whose function is traced by AWS's distribution of OpenTelemetry. */
export class OrdersStack extends Stack {
  readonly orderEvents: DynamoStreamTrigger;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.orderEvents = new DynamoStreamTrigger(this, 'OrderEvents', {
      table: new TableV2(this, 'Orders', {
        partitionKey: { name: 'orderId', type: AttributeType.STRING },
        dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      }),
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
