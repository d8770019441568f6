import { aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { TestApp } from './app';
import { StreamPermissions } from '../../lib';

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:imported';
const ROLE_ARN = 'arn:aws:iam::123456789012:role/service-role/handler';
const STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'];
const MANAGED_POLICY = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole']] };

/** All statements of all policies of a stack. */
function statements(app: TestApp, stack = app.stack): any[] {
  return Object.values(app.template(stack).findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

function importedFunction(app: TestApp, role?: iam.IRole): lambda.IFunction {
  return lambda.Function.fromFunctionAttributes(app.stack, 'Imported', { functionArn: FUNCTION_ARN, role, sameEnvironment: true });
}

/** The logical ids of the policies on which the mapping waits. */
function policiesBeforeMapping(app: TestApp): string[] {
  const [mapping] = Object.values(app.template().findResources('AWS::Lambda::EventSourceMapping'));
  const policies = Object.keys(app.template().findResources('AWS::IAM::Policy'));
  return policies.filter((id) => mapping.DependsOn?.includes(id));
}

describe('the role of a function of the same stack', () => {
  test('gets the managed policy, once', () => {
    const app = new TestApp();
    const handler = app.fn();
    app.trigger({ handler }, 'One');
    app.trigger({ handler }, 'Two');

    const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
    expect(role.Properties.ManagedPolicyArns.filter((arn: object) => JSON.stringify(arn) === JSON.stringify(MANAGED_POLICY))).toHaveLength(1);
    expect(statements(app).flatMap(({ Action }) => Action)).not.toContain('dynamodb:GetRecords');
  });

  test('gets the four actions on the stream alone with least privilege', () => {
    const app = new TestApp();
    app.trigger({ permissions: StreamPermissions.LEAST_PRIVILEGE });

    const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
    expect(role.Properties.ManagedPolicyArns).not.toContainEqual(MANAGED_POLICY);
    expect(statements(app)).toContainEqual({
      Effect: 'Allow',
      Action: STREAM_ACTIONS,
      Resource: { 'Fn::GetAtt': [expect.stringMatching(/^TriggerTable/), 'StreamArn'] },
    });
    expect(policiesBeforeMapping(app)).toHaveLength(1);
  });

  test('may decrypt with the key of the table', () => {
    const app = new TestApp({ env: { account: '123456789012', region: 'eu-west-1' } });
    const tableKey = new kms.Key(app.stack, 'Key');
    app.trigger({ table: app.table('Encrypted', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(tableKey) }) });

    expect(statements(app)).toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:DescribeKey'] }));
  });
});

test('an alias gets a mapping of its own name, and its function the permissions', () => {
  const app = new TestApp();
  const alias = new lambda.Alias(app.stack, 'Live', { aliasName: 'live', version: app.fn().currentVersion });
  app.trigger({ handler: alias });

  expect(JSON.stringify(app.mapping().FunctionName)).toContain('Live');
  const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
  expect(role.Properties.ManagedPolicyArns).toContainEqual(MANAGED_POLICY);
});

test('an imported alias keeps its qualifier', () => {
  const app = new TestApp();
  const handler = lambda.Function.fromFunctionArn(app.stack, 'Imported', `${FUNCTION_ARN}:live`);
  app.trigger({ handler });

  expect(app.mapping().FunctionName).toBe(`${FUNCTION_ARN}:live`);
});

test('an imported role gets the four actions in a policy of the trigger, before the mapping', () => {
  const app = new TestApp({ env: { account: '123456789012', region: 'eu-west-1' } });
  app.trigger({ handler: importedFunction(app, iam.Role.fromRoleArn(app.stack, 'Role', ROLE_ARN)) });

  expect(statements(app).map(({ Action }) => Action)).toEqual([
    STREAM_ACTIONS,
    ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
  ]);
  app.template().hasResourceProperties('AWS::IAM::Policy', { Roles: ['handler'] });
  expect(policiesBeforeMapping(app)).toEqual([expect.stringMatching(/^TriggerPolicy/)]);
});

test.each([
  ['an immutable role', (app: TestApp) => iam.Role.fromRoleArn(app.stack, 'Role', ROLE_ARN, { mutable: false })],
  ['a role of another account', (app: TestApp) => iam.Role.fromRoleArn(app.stack, 'Role', 'arn:aws:iam::999999999999:role/other')],
  ['no role', () => undefined],
])('%s takes no policy', (_name, role) => {
  const app = new TestApp({ env: { account: '123456789012', region: 'eu-west-1' } });
  app.trigger({ handler: importedFunction(app, role(app)) });

  app.template().resourceCountIs('AWS::IAM::Policy', 0);
  app.template().resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
});

describe('a function of another stack', () => {
  test('gets nothing of the stack of the trigger, and its role a policy there', () => {
    const app = new TestApp();
    const functions = app.addStack('Functions');
    const handler = app.fn('Fn', {}, functions);
    app.trigger({ handler, permissions: StreamPermissions.LEAST_PRIVILEGE });
    app.app.synth();

    expect(app.stack.dependencies.map(({ node }) => node.path)).toEqual(['Functions']);
    expect(functions.dependencies).toHaveLength(0);
    expect(statements(app).flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining(STREAM_ACTIONS));
    expect(statements(app, functions)).toEqual([]);
    expect(policiesBeforeMapping(app)).toHaveLength(1);
  });

  test('has the made failure queue beside it, and parks records there', () => {
    const app = new TestApp();
    const functions = app.addStack('Functions');
    const trigger = app.trigger({ handler: app.fn('Fn', {}, functions) });

    expect(trigger.failureQueue!.stack).toBe(functions);
    app.template(functions).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          DYNAMO_STREAM_TRIGGER: {
            'Fn::Join': ['', [
              '{"v":1,"triggers":[{"report":true,"park":"',
              { 'Fn::GetAtt': [Match.stringLikeRegexp('FailureQueue'), 'Arn'] },
              '"}]}',
            ]],
          },
        },
      },
    });
  });

  test('takes a given queue of the stack of the trigger, without parking records there', () => {
    const app = new TestApp();
    const functions = app.addStack('Functions');
    app.trigger({ handler: app.fn('Fn', {}, functions), onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')) });

    app.app.synth();
    expect(functions.dependencies).toHaveLength(0);
    app.template(functions).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DYNAMO_STREAM_TRIGGER: '{"v":1,"triggers":[{"report":true}]}' } },
    });
    expect(statements(app).flatMap(({ Action }) => Action)).toContain('sqs:SendMessage');
  });

  test('may be in use by the stack of the trigger already', () => {
    const app = new TestApp();
    const functions = app.addStack('Functions');
    const handler = app.fn('Fn', {}, functions);
    handler.grantInvoke(new iam.Role(app.stack, 'Caller', { assumedBy: new iam.ServicePrincipal('events.amazonaws.com') }));
    app.trigger({ handler });

    expect(() => app.app.synth()).not.toThrow();
  });
});

test('a queue of a third stack takes records of a function of another', () => {
  const app = new TestApp();
  const queue = new sqs.Queue(app.addStack('Queues'), 'Queue');
  app.trigger({ handler: app.fn('Fn', {}, app.addStack('Functions')), onFailure: new sources.SqsDlq(queue) });

  expect(() => app.app.synth()).not.toThrow();
});
