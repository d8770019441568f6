const { App, Stack } = require('aws-cdk-lib');
const { AttributeType, StreamViewType, Table } = require('aws-cdk-lib/aws-dynamodb');
const { DynamoStreamTrigger, StreamedTable, StreamFunction } = require('dynamo-stream-trigger');

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Orders');
const handler = new StreamFunction(stack, 'OnOrder', { entry: 'on-order.ts' });
new DynamoStreamTrigger(stack, 'OrderEvents', {
  table: new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING }, stream: StreamViewType.NEW_IMAGE }),
  handler,
});
new DynamoStreamTrigger(stack, 'PlaceEvents', { table: StreamedTable.fromTableName(stack, 'Places', 'places'), handler });
app.synth();
