// The move from Solutions Constructs that docs/changes.md describes: what CloudFormation does to each resource when the construct is
// replaced by a trigger, table and function of the same logical ids. Ends with 1 if any is replaced, deleted or made anew.
import { createRequire } from 'node:module';

const project = createRequire(new URL('../../package.json', import.meta.url));
process.env.CDK_VALIDATION = 'false';
const { App, aws_lambda: lambda, aws_lambda_event_sources: sources, aws_sqs: sqs, Stack } = project('aws-cdk-lib');
const { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } = project('aws-cdk-lib/aws-dynamodb');
const { fullDiff } = project('@aws-cdk/cloudformation-diff');
const { DynamoStreamTrigger } = project('./build');
const { DynamoDBStreamsToLambda } = createRequire(import.meta.url)('@aws-solutions-constructs/aws-dynamodbstreams-lambda');

const functionProps = {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
};

function resources(build) {
  const stack = new Stack(new App(), 'Orders');
  build(stack);
  return stack.node.root.synth().getStackByName('Orders').template.Resources;
}

const before = resources((stack) => new DynamoDBStreamsToLambda(stack, 'Orders', { lambdaFunctionProps: functionProps }));
const idOf = (type) => Object.keys(before).find((id) => before[id].Type === type);

const after = resources((stack) => {
  const keep = (construct, type) => construct.node.defaultChild.overrideLogicalId(idOf(type));
  const table = new Table(stack, 'Table', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  keep(table, 'AWS::DynamoDB::Table');
  const handler = new lambda.Function(stack, 'Function', { ...functionProps, tracing: lambda.Tracing.ACTIVE });
  keep(handler, 'AWS::Lambda::Function');
  const queue = new sqs.Queue(stack, 'FailureQueue', { encryption: sqs.QueueEncryption.KMS_MANAGED, enforceSSL: true });
  keep(queue, 'AWS::SQS::Queue');
  const trigger = new DynamoStreamTrigger(stack, 'Trigger', { table, handler, onFailure: new sources.SqsDlq(queue) });
  keep(trigger.eventSourceMapping, 'AWS::Lambda::EventSourceMapping');
});

const KEPT = ['AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping', 'AWS::SQS::Queue'];
const { resources: changes } = fullDiff({ Resources: before }, { Resources: after });
changes.forEachDifference((id, { changeImpact, oldResourceType, newResourceType }) => {
  const type = oldResourceType ?? newResourceType;
  console.log(`${changeImpact.padEnd(12)} ${type} ${id}`);
  if (KEPT.includes(type) && changeImpact !== 'WILL_UPDATE') process.exitCode = 1;
});
