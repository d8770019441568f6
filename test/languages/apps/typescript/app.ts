import { App, Duration, Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, MetricType, Runtime } from 'aws-cdk-lib/aws-lambda';
import {
  AttributeCondition, DynamoStreamTrigger, FailureStore, NoFailureDestination, StreamedTable, StreamEventName, StreamFilter, StreamFunction,
  StreamPermissions, TextCondition,
} from 'dynamo-stream-trigger';

const app = new App({ analyticsReporting: false });
const stack = new Stack(app, 'Shop');
const table = new TableV2(stack, 'Orders', {
  partitionKey: { name: 'orderId', type: AttributeType.STRING },
  dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
});
const handler = new StreamFunction(stack, 'OnOrder', { entry: 'src/on-order.ts', timeout: Duration.seconds(30) });
const trigger = new DynamoStreamTrigger(stack, 'PaidOrders', {
  table,
  handler,
  batchSize: 50,
  maxRecordAge: Duration.hours(6),
  filters: [
    StreamFilter.allOf(
      StreamFilter.eventName(StreamEventName.INSERT, StreamEventName.MODIFY),
      StreamFilter.newImage('status', AttributeCondition.stringMatches(TextCondition.prefix('PAID'))),
      StreamFilter.newImage('version', AttributeCondition.numberIs(1, 2)),
    ),
    StreamFilter.newImage('address', AttributeCondition.mapHas({ city: AttributeCondition.stringIs('Graz', 'Linz') })),
    StreamFilter.fromPattern({ eventName: ['REMOVE'], userIdentity: { type: ['Service'] } }),
  ],
  onFailure: new FailureStore(stack, 'Failures'),
  permissions: StreamPermissions.LEAST_PRIVILEGE,
  metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
});
new Alarm(stack, 'Late', { metric: trigger.metricIteratorAge(), threshold: Duration.hours(1).toMilliseconds(), evaluationPeriods: 3 });
new DynamoStreamTrigger(stack, 'Places', {
  table: StreamedTable.fromTableName(stack, 'PlacesTable', 'places'),
  handler: new Function(stack, 'OnPlace', { runtime: Runtime.PYTHON_3_13, handler: 'index.handler', code: Code.fromInline('def handler(event, context): pass') }),
  onFailure: NoFailureDestination.INSTANCE,
});

refused(() => new DynamoStreamTrigger(new Stack(app, 'Wrong'), 'Trigger', { table, handler, batchSize: 20_000, retryAttempts: -5 }));
refused(() => AttributeCondition.numberIs(2 ** 53));
app.synth();

/** Prints the error that must come, as JSON on a line. */
function refused(wrong: () => unknown): void {
  try {
    wrong();
  } catch (error) {
    console.log(`refused: ${JSON.stringify((error as Error).message)}`);
  }
}
