import { aws_lambda as lambda, aws_sqs as sqs, CfnParameter, CfnResource, Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import { NoFailureDestination, StreamTriggerMonitoring } from '../../lib';
import { acknowledgeObjects } from '../../lib/trigger/destination/cdk-nag';
import { environmentSize } from '../../lib/trigger/facts/environment-size';
import { canonicalText, soleReference } from '../../lib/trigger/template/canonical-text';
import { deployedProperty } from '../../lib/trigger/template/deployed-properties';
import { knownText } from '../../lib/trigger/template/known-text';
import { logicalIdsIn } from '../../lib/trigger/template/logical-ids';
import { ENV, TestApp } from '../app';

test.each<[string, unknown, string[]]>([
  ['Ref', { Ref: 'Orders' }, ['Orders']],
  ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, []],
  ['DependsOn', { DependsOn: 'Orders' }, ['Orders']],
  ['DependsOn with several', { DependsOn: ['Orders', 'Carts', 5] }, ['Orders', 'Carts']],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Orders', 'Arn'] }, ['Orders']],
  ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Orders.Arn' }, ['Orders']],
  ['Fn::Sub', { 'Fn::Sub': '${Orders}-${Carts.Arn}-${!Literal}-${AWS::Region}' }, ['Orders', 'Carts']],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${Name}', { Name: { Ref: 'Orders' } }] }, ['Orders', 'Name']],
  ['anything, however deep', [{ a: { b: [{ Ref: 'Orders' }] } }, 'Ref', null, 5], ['Orders']],
])('a template names logical ids by %s', (_, value, ids) => {
  expect(logicalIdsIn(value)).toEqual(ids);
});

describe('the values of a stack:', () => {
  const { app, stack } = new TestApp({ env: ENV });
  const other = new Stack(app, 'Other', { env: ENV });
  const queue = new sqs.Queue(stack, 'Queue');
  const parameter = new CfnParameter(stack, 'Name').valueAsString;

  test.each<[string, unknown, string]>([
    ['a text', 'orders', 'orders'],
    ['a reference', queue.queueArn, '${token}'],
    ['a token in a text', `queue/${parameter}`, 'queue/${token}'],
    ['Fn::Sub', Fn.sub('a-${AWS::Region}-b'), 'a-${token}-b'],
    ['Fn::Select of Fn::Split', Fn.select(1, Fn.split('/', `x/${parameter}/y`)), '${token}'],
    ['a part that is known', Token.asString({ 'Fn::Select': [2, { 'Fn::Split': ['/', { 'Fn::Join': ['/', ['x', { Ref: 'Name' }, 'y']] }] }] }), 'y'],
    ['a part that is not there', Token.asString({ 'Fn::Select': [9, { 'Fn::Split': ['/', { 'Fn::Join': ['/', ['x', { Ref: 'Name' }]] }] }] }), '${token}'],
  ])('%s is known as a text', (_, value, text) => {
    expect(knownText(value, stack)).toBe(text);
  });

  test('what means the same has the same text, in whatever stack it stands', () => {
    const path = '<Orders/Queue/Resource.Arn>';

    expect(canonicalText(queue.queueArn, stack)).toBe(path);
    expect(canonicalText(queue.queueArn, other)).toBe(path);
    expect(canonicalText(`${queue.queueArn}/x`, other)).toBe(`${path}/x`);
    expect(canonicalText('orders', stack)).toBe('orders');
    expect(canonicalText(Fn.importValue('orders'), stack)).toBe(`${ENV.account}/${ENV.region} {"Fn::ImportValue":"orders"}`);
    expect(soleReference(queue.queueArn, stack)?.displayName).toBe('Arn');
    expect(soleReference(`${queue.queueArn}/x`, stack)).toBeUndefined();
  });

  test('a property is read as the template will have it', () => {
    const resource = new CfnResource(stack, 'Thing', { type: 'Custom::Thing', properties: { Given: 1 } });
    const mapping = new lambda.CfnEventSourceMapping(stack, 'Mapping', {
      functionName: 'orders', destinationConfig: { onFailure: { destination: Lazy.string({ produce: () => 'queue' }) } }, functionResponseTypes: ['a'],
    });

    expect(deployedProperty(resource, 'Given')).toBe(1);
    expect(deployedProperty(mapping, 'DestinationConfig')).toEqual({ OnFailure: { Destination: 'queue' } });
    expect(deployedProperty(mapping, 'FunctionResponseTypes')).toEqual(['a']);
    mapping.addPropertyOverride('BatchSize', 7);
    expect(deployedProperty(mapping, 'BatchSize')).toBe(7);
    expect(deployedProperty(mapping, 'FunctionName')).toBe('orders');
  });

  test('variables have the bytes of their names and values, and of others a guess', () => {
    const size = (value: unknown) => {
      const { literal, estimate } = environmentSize({ N: value }, stack);
      return [literal - 1, estimate - 1];
    };
    const name = 'Orders'.length + 15;
    const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/'.length;

    expect(size('äb')).toEqual([3, 3]);
    expect(size(5)).toEqual([1, 1]);
    expect(size({ Ref: 'Queue' })).toEqual([0, name + 5]);
    expect(size({ Ref: 'AWS::Region' })).toEqual([0, name]);
    expect(size({ 'Fn::GetAtt': ['Table', 'Arn'] })).toEqual([0, name + 5 + arn]);
    expect(size({ 'Fn::GetAtt': ['Table', 'StreamArn'] })).toEqual([0, name + 5 + arn + '/stream/2026-01-01T00:00:00.000'.length]);
    expect(size({ 'Fn::Join': ['--', ['ab', { Ref: 'Queue' }, 'c']] })).toEqual([7, 7 + name + 5]);
    expect(size({ 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::GetAtt': ['Table', 'StreamArn'] }] }] })).toEqual([0, name + 5]);
    expect(size({ 'Fn::If': ['A', 'b', 'c'] })).toEqual([0, name]);
  });

  test('objects that a policy names are acknowledged as cdk-nag spells them', () => {
    const arns = [
      'arn:aws:s3:::bucket/*', `${queue.queueArn}/*`, stack.formatArn({ service: 's3', resource: 'x' }), parameter, Fn.importValue('orders'), Token.asString({ 'Fn::If': ['A', 'b', 'c'] }),
    ];
    acknowledgeObjects(queue, arns, 'Because.');
    const found = queue.node.metadata.filter(({ type }) => type === 'aws:cdk:acknowledged-rules').map(({ data }) => data);

    expect(found).toEqual([Object.fromEntries([
      'arn:aws:s3:::bucket/*', '<Queue4A7E3555.Arn>/*', 'arn:<AWS::Partition>:s3:eu-west-1:123456789012:x', '<Name>', 'orders', '{"Fn::If":["A","b","c"]}',
    ].map((spelled) => [`AwsSolutions-IAM5[Resource::${spelled}]`, 'Because.']))]);
  });
});

test('another copy of this package in the app knows by these names what this one did', () => {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger();
  new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [trigger] });

  expect(Symbol.for('dynamo-stream-trigger/monitored') in trigger.eventSourceMapping.node.defaultChild!).toBe(true);
  expect(Symbol.for('dynamo-stream-trigger/no-failure-destination') in NoFailureDestination.INSTANCE).toBe(true);
  expect((app.app as any)[Symbol.for('dynamo-stream-trigger/packages')].size).toBe(1);
});
