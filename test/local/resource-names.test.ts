import type { TemplateResource } from '../../lib/assembly';
import { attributeOf, type Endpoints } from '../../lib/local/assembly/resource-names';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const ENDPOINTS: Endpoints = {
  dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3',
  destinations: 'http://127.0.0.1:2',
  streamLabels: new Map([['arn:aws:dynamodb:eu-west-1:123456789012:table/it', '2026-11-23T09:00:00.000']]),
};
const of = (type: string, attribute?: string, endpoints?: Endpoints, properties: Record<string, unknown> = {}) =>
  attributeOf({ resource: { Type: type } as TemplateResource, name: 'it', ...PLACE, property: (name) => properties[name] }, attribute, endpoints);

/** What a template may ask of each type of resource: Ref, which has no name, and the attributes of GetAtt. */
test.each([
  ['AWS::DynamoDB::Table', undefined, 'it'],
  ['AWS::DynamoDB::Table', 'Arn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/it'],
  ['AWS::DynamoDB::Table', 'StreamArn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/it/stream/2026-11-23T09:00:00.000'],
  ['AWS::DynamoDB::GlobalTable', undefined, 'it'],
  ['AWS::DynamoDB::GlobalTable', 'Arn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/it'],
  ['AWS::DynamoDB::GlobalTable', 'StreamArn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/it/stream/2026-11-23T09:00:00.000'],
  ['AWS::Lambda::Function', undefined, 'it'],
  ['AWS::Lambda::Function', 'Arn', 'arn:aws:lambda:eu-west-1:123456789012:function:it'],
  ['AWS::Logs::LogGroup', undefined, 'it'],
  ['AWS::Logs::LogGroup', 'Arn', 'arn:aws:logs:eu-west-1:123456789012:log-group:it:*'],
  ['AWS::S3::Bucket', undefined, 'it'],
  ['AWS::S3::Bucket', 'Arn', 'arn:aws:s3:::it'],
  ['AWS::SNS::Topic', undefined, 'arn:aws:sns:eu-west-1:000000000000:it'],
  ['AWS::SNS::Topic', 'TopicArn', 'arn:aws:sns:eu-west-1:000000000000:it'],
  ['AWS::SNS::Topic', 'TopicName', 'it'],
  ['AWS::SQS::Queue', undefined, 'http://127.0.0.1:2/000000000000/it'],
  ['AWS::SQS::Queue', 'Arn', 'arn:aws:sqs:eu-west-1:000000000000:it'],
  ['AWS::SQS::Queue', 'QueueUrl', 'http://127.0.0.1:2/000000000000/it'],
  ['AWS::SQS::Queue', 'QueueName', 'it'],
  ['AWS::S3::Bucket', 'RegionalDomainName', 'it.s3.eu-west-1.amazonaws.com'],
  ['AWS::Events::EventBus', undefined, 'it'],
  ['AWS::Events::EventBus', 'Arn', 'arn:aws:events:eu-west-1:123456789012:event-bus/it'],
  ['AWS::StepFunctions::StateMachine', undefined, 'arn:aws:states:eu-west-1:123456789012:stateMachine:it'],
  ['AWS::StepFunctions::StateMachine', 'Name', 'it'],
  ['AWS::IAM::Role', undefined, 'it'],
  ['AWS::IAM::Role', 'Arn', 'arn:aws:iam::123456789012:role/it'],
  ['AWS::Scheduler::Schedule', 'Arn', 'arn:aws:scheduler:eu-west-1:123456789012:schedule/default/it'],
  ['AWS::Kinesis::Stream', 'Arn', 'arn:aws:kinesis:eu-west-1:123456789012:stream/it'],
  ['AWS::Lambda::LayerVersion', undefined, 'arn:aws:lambda:eu-west-1:123456789012:layer:it:1'],
  ['AWS::SSM::Parameter', undefined, 'it'],
  ['AWS::SecretsManager::Secret', undefined, expect.stringMatching(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:it-[0-9a-f]{6}$/)],
  ['AWS::KMS::Key', undefined, expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)],
  ['AWS::KMS::Key', 'Arn', expect.stringMatching(/^arn:aws:kms:eu-west-1:123456789012:key\/[0-9a-f]{8}-/)],
  ['AWS::IAM::Role', 'RoleId', undefined],
  ['AWS::ApiGateway::RestApi', undefined, undefined],
  ['AWS::DynamoDB::Table', 'Unknown', undefined],
])('%s %s', (type, attribute, value) => {
  expect(of(type, attribute, ENDPOINTS)).toEqual(value);
});

test('a part that AWS would make at random is the same each time, and properties are parts of ARNs', () => {
  expect(of('AWS::KMS::Key')).toBe(of('AWS::KMS::Key'));
  expect(of('AWS::IAM::Role', 'Arn', undefined, { Path: '/app/' })).toBe('arn:aws:iam::123456789012:role/app/it');
  expect(of('AWS::SSM::Parameter', 'Value', undefined, { Value: 'info' })).toBe('info');
});

test('before everything runs, a value that depends on it is a placeholder', () => {
  expect(of('AWS::SQS::Queue')).toBe('http://pending/000000000000/it');
  expect(of('AWS::DynamoDB::Table', 'StreamArn')).toMatch(/\/stream\/pending$/);
});
