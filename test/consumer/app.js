const { App, Stack } = require('aws-cdk-lib');
const { AttributeType, StreamViewType, Table } = require('aws-cdk-lib/aws-dynamodb');
const { DynamoStreamTrigger, StreamFunction } = require('dynamo-stream-trigger');

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Orders');
new DynamoStreamTrigger(stack, 'OrderEvents', {
  table: new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING }, stream: StreamViewType.NEW_IMAGE }),
  handler: new StreamFunction(stack, 'OnOrder', { entry: 'on-order.ts' }),
});
app.synth();
