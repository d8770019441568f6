/**
 * The move from Solutions Constructs that docs/operate/changes.md describes: what CloudFormation does to each resource when the construct is
 * replaced by a trigger, table and function with the same logical ids. Ends with 1 if one of them is replaced, deleted or made anew.
 *
 *     npx projen compile && cd bench/templates && npm install && npm run moving
 */
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs, type CfnResource } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DynamoDBStreamsToLambda } from './solutions-constructs';
import { resourcesOf } from './stack';
import { DynamoStreamTrigger } from '../../build';

const functionProps = {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
};

const before = resourcesOf((stack) => new DynamoDBStreamsToLambda(stack, 'Orders', { lambdaFunctionProps: functionProps }));

const after = resourcesOf((stack) => {
  const keepId = (construct: Construct) => {
    const resource = construct.node.defaultChild as CfnResource;
    resource.overrideLogicalId(Object.keys(before).find((id) => before[id].Type === resource.cfnResourceType)!);
  };
  const table = new Table(stack, 'Table', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const handler = new lambda.Function(stack, 'Function', { ...functionProps, tracing: lambda.Tracing.ACTIVE });
  const queue = new sqs.Queue(stack, 'FailureQueue', { encryption: sqs.QueueEncryption.KMS_MANAGED, enforceSSL: true });
  const { eventSourceMapping } = new DynamoStreamTrigger(stack, 'Trigger', { table, handler, onFailure: new sources.SqsDlq(queue) });
  [table, handler, queue, eventSourceMapping].forEach(keepId);
});

const KEPT = ['AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping', 'AWS::SQS::Queue'];
const { resources } = fullDiff({ Resources: before }, { Resources: after });
resources.forEachDifference((id, { changeImpact, oldResourceType, newResourceType }) => {
  const type = (oldResourceType ?? newResourceType)!;
  console.log(`${changeImpact.padEnd(12)} ${type} ${id}`);
  if (KEPT.includes(type) && changeImpact !== ResourceImpact.WILL_UPDATE) {
    process.exitCode = 1;
  }
});
