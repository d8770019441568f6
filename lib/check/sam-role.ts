import { type Held, inDocument, inManagedPolicy, heldTogether } from './policies';
import { simplified, type TargetResource } from './values';
import { asText, isIntrinsic } from '../rules/cloudformation';
import { listOf } from '../rules/policies';

/** The role that SAM makes for a function that is not given one. */
export function samRole({ stack, resource: { Properties: properties } }: TargetResource): Held {
  const policies = listOf(simplified(properties!.Policies, stack));
  const { Events: events } = properties!;
  const reading = Object.values<any>(events ?? {}).filter((event) => event?.Type === 'DynamoDB');
  return heldTogether([
    ...policies.map((policy) => inPolicy(policy)),
    ...reading.length > 0 ? [inManagedPolicy('AWSLambdaDynamoDBExecutionRole', stack)] : [],
    ...reading.map((event) => simplified(event.Properties?.DestinationConfig, stack)?.OnFailure)
      .map((onFailure) => inDocument({ Statement: forDestination(onFailure) }, stack)),
  ]);

  function inPolicy(policy: any): Held {
    if (typeof policy !== 'object' || policy === null || isIntrinsic(policy)) {
      return inManagedPolicy(policy, stack);
    }
    const [[name, parameters] = ['', {}]] = Object.entries<any>(policy);
    const ofTemplate = () => ({ Statement: Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name](parameters ?? {}) : [] });
    return inDocument('Statement' in policy ? policy : ofTemplate(), stack);
  }
}

/** What SAM grants where an event names the type of its destination. */
function forDestination(onFailure: any): object[] {
  const action = { SQS: 'sqs:SendMessage', SNS: 'sns:Publish' }[asText(onFailure?.Type)];
  return onFailure?.Type === 'S3'
    ? [allow(['s3:PutObject', 's3:ListBucket'], onFailure.Destination, { 'Fn::Sub': ['${Bucket}/*', { Bucket: onFailure.Destination }] })]
    : action === undefined ? [] : [allow([action], onFailure.Destination)];
}

const WRITES = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:BatchWriteItem'];

/**
 * SAM's policy templates that allow something that a mapping needs or that changes a table.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
 */
const TEMPLATES: { readonly [name: string]: (parameters: { readonly [name: string]: unknown }) => object[] } = {
  DynamoDBCrudPolicy: ({ TableName: name }) => [allow([...WRITES, 'dynamodb:DeleteItem'], named('dynamodb:*:*:table/${Name}', name))],
  DynamoDBRestoreFromBackupPolicy: ({ TableName: name }) => [allow([...WRITES, 'dynamodb:DeleteItem'], named('dynamodb:*:*:table/${Name}', name))],
  DynamoDBWritePolicy: ({ TableName: name }) => [allow(WRITES, named('dynamodb:*:*:table/${Name}', name))],
  DynamoDBStreamReadPolicy: ({ TableName: name, StreamName: stream }) => [
    allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      { 'Fn::Sub': ['arn:*:dynamodb:*:*:table/${Name}/stream/${Stream}', { Name: name, Stream: stream }] }),
    allow(['dynamodb:ListStreams'], named('dynamodb:*:*:table/${Name}/stream/*', name)),
  ],
  KMSDecryptPolicy: ({ KeyId: name }) => [allow(['kms:Decrypt'], named('kms:*:*:key/${Name}', name))],
  KMSEncryptPolicy_v2: ({ KeyId: name }) => [allow(['kms:GenerateDataKey'], named('kms:*:*:key/${Name}', name))],
  S3CrudPolicy: ({ BucketName: name }) => ofBucket(name, 's3:PutObject', 's3:ListBucket'),
  S3FullAccessPolicy: ({ BucketName: name }) => ofBucket(name, 's3:PutObject', 's3:ListBucket'),
  S3ReadPolicy: ({ BucketName: name }) => ofBucket(name, 's3:ListBucket'),
  S3WritePolicy: ({ BucketName: name }) => ofBucket(name, 's3:PutObject'),
  SNSCrudPolicy: ({ TopicName: name }) => [allow(['sns:Publish'], named('sns:*:*:${Name}*', name))],
  SNSPublishMessagePolicy: ({ TopicName: name }) => [allow(['sns:Publish'], named('sns:*:*:${Name}', name))],
  SQSSendMessagePolicy: ({ QueueName: name }) => [allow(['sqs:SendMessage'], named('sqs:*:*:${Name}', name))],
};

function ofBucket(name: unknown, ...actions: string[]): object[] {
  return [allow(actions, named('s3:::${Name}', name), named('s3:::${Name}/*', name))];
}

function named(arn: string, name: unknown): object {
  return { 'Fn::Sub': [`arn:*:${arn}`, { Name: name }] };
}

function allow(actions: readonly string[], ...resources: unknown[]): object {
  return { Effect: 'Allow', Action: actions, Resource: resources };
}
