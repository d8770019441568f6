import type { SynthesizedStack, TemplateResource } from '../../lib/assembly';
import { attributeOf, type Endpoints, LOCAL_ACCOUNT, LOCAL_REGION, physicalName } from '../../lib/local/assembly/resource-names';
import { RESOURCE_TYPES } from '../../lib/local/assembly/resource-types';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const ENDPOINTS: Endpoints = {
  dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3',
  destinations: 'http://127.0.0.1:2',
  streamLabels: new Map([['arn:aws:dynamodb:eu-west-1:123456789012:table/it', '2026-11-23T09:00:00.000']]),
};
const of = (type: string, attribute?: string, endpoints?: Endpoints, properties: Record<string, unknown> = {}) =>
  attributeOf({ resource: { Type: type } as TemplateResource, name: 'it', ...PLACE, property: (name) => properties[name] }, attribute, endpoints);

test.each([
  ['AWS::DynamoDB::Table', 'StreamArn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/it/stream/2026-11-23T09:00:00.000'],
  ['AWS::DynamoDB::GlobalTable', 'StreamArn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/it/stream/2026-11-23T09:00:00.000'],
  ['AWS::IAM::Role', 'RoleId', undefined],
  ['AWS::ApiGateway::RestApi', undefined, undefined],
  ['AWS::ApiGateway::RestApi', 'StreamArn', undefined],
  ['AWS::DynamoDB::Table', 'Unknown', undefined],
])('%s %s', (type, attribute, value) => {
  expect(of(type, attribute, ENDPOINTS)).toEqual(value);
});

/** How a resource with this logical id is called in the stack `Shop`. */
const nameOf = (type: string, logicalId: string, properties: object = {}) => physicalName(
  { name: 'Shop' } as SynthesizedStack, logicalId, { Type: type, Properties: properties } as TemplateResource, (stack, value) => `${stack.name} ${value}`,
);

test('each type has a name, and values that follow from it', () => {
  const table = Object.entries(RESOURCE_TYPES).map(([type, { property, attributes }]) => {
    const values = Object.keys(attributes).map((attribute) => `${attribute} ${of(type, attribute, ENDPOINTS)}`);
    return [
      `${type}: ${property}, made of ${nameOf(type, 'ID')}, at most ${nameOf(type, 'x'.repeat(3000)).length} characters`,
      `Ref ${of(type, undefined, ENDPOINTS)}`, ...values,
    ].join('\n  ');
  });
  expect(`\n${table.join('\n')}\n`).toMatchSnapshot();
});

test.each([
  ['its own one', 'AWS::DynamoDB::Table', 'Orders', { TableName: 'orders' }, 'Shop orders'],
  ['one made of those of its stack and its own', 'AWS::DynamoDB::Table', 'Orders', {}, 'Shop-Orders'],
  ['one in lower case where capitals are not allowed', 'AWS::S3::Bucket', 'Files', {}, 'shop-files'],
  ['one that ends as that of an ordered queue must', 'AWS::SQS::Queue', 'Jobs', { FifoQueue: true }, 'Shop-Jobs.fifo'],
  ['one that ends as that of an ordered topic must', 'AWS::SNS::Topic', 'News', { FifoTopic: true }, 'Shop-News.fifo'],
  ['the whole one if it just fits', 'AWS::Lambda::Function', 'x'.repeat(59), {}, `Shop-${'x'.repeat(59)}`],
  ['a shortened one, which is different for different resources, if it does not fit', 'AWS::Lambda::Function', 'x'.repeat(60), {}, `Shop-${'x'.repeat(50)}-c44d644d`],
  ['a shortened one that leaves room for its ending', 'AWS::SQS::Queue', 'x'.repeat(71), { FifoQueue: true }, `Shop-${'x'.repeat(61)}-181e3195.fifo`],
  ['its property Name for a type that is not known here', 'AWS::ApiGateway::RestApi', 'Api', { Name: 'api' }, 'Shop api'],
  ['at most 255 characters for such a type', 'AWS::ApiGateway::RestApi', 'x'.repeat(251), {}, `Shop-${'x'.repeat(241)}-8a2a471b`],
])('a resource has %s', (_, type, logicalId, properties, name) => {
  expect(nameOf(type, logicalId, properties)).toBe(name);
});

test('stacks that do not say where they are deployed have an account and a Region', () => {
  expect([LOCAL_ACCOUNT, LOCAL_REGION]).toEqual(['000000000000', 'us-east-1']);
});

test('properties are parts of ARNs', () => {
  expect(of('AWS::IAM::Role', 'Arn', undefined, { Path: '/app/' })).toBe('arn:aws:iam::123456789012:role/app/it');
  expect(of('AWS::SSM::Parameter', 'Value', undefined, { Value: 'info' })).toBe('info');
});

test('before everything runs, a value that depends on it is a placeholder', () => {
  expect(of('AWS::SQS::Queue')).toBe('http://pending/000000000000/it');
  expect(of('AWS::DynamoDB::Table', 'StreamArn')).toMatch(/\/stream\/pending$/);
});
