import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  aws_dynamodb as dynamodb, aws_ec2 as ec2, aws_ecr as ecr, aws_iam as iam, aws_kms as kms, aws_lambda as lambda,
  aws_lambda_event_sources as sources, aws_sqs as sqs, NestedStack, Stack,
} from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import type { Node } from 'constructs';
import { ENV, TestApp } from '../app';
import { APPS, FUNCTION_ARN, KEY_ARN, STREAM_ARN } from './variants';
import { DynamoStreamTrigger, NoFailureDestination, StreamFunction, StreamPermissions } from '../../lib';

const ROLE_ARN = 'arn:aws:iam::123456789012:role/service-role/handler';
const STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'];
const MANAGED_POLICY = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole']] };
const { MANAGED_POLICY: MANAGED, LEAST_PRIVILEGE } = StreamPermissions;
const MODES = [MANAGED, LEAST_PRIVILEGE];

/** The roles of all stacks of an app that have AWS's managed policy for streams, by their logical ids. */
function rolesWithManagedPolicy(app: TestApp): [stack: Stack, id: string][] {
  const stacks = app.app.node.findAll().filter((construct) => Stack.isStack(construct));
  return stacks.flatMap((stack) => Object.entries(app.template(stack).findResources('AWS::IAM::Role'))
    .filter(([, { Properties }]) => JSON.stringify(Properties.ManagedPolicyArns ?? []).includes('AWSLambdaDynamoDBExecutionRole'))
    .map(([id]): [Stack, string] => [stack, id]));
}

/** All statements of the policies of a stack, or of some of them. */
function statements(app: TestApp, stack = app.stack, policies?: readonly string[]): any[] {
  return Object.entries(app.template(stack).findResources('AWS::IAM::Policy'))
    .filter(([id]) => policies?.includes(id) ?? true)
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}

function actions(granted: readonly any[]): string[] {
  return granted.flatMap(({ Action }) => Action);
}

/** The logical ids that the mapping depends on. */
function waitsFor(app: TestApp): string[] {
  const [mapping] = Object.values(app.template().findResources('AWS::Lambda::EventSourceMapping'));
  return mapping.DependsOn ?? [];
}

/** The statements of the policies that the mapping depends on. */
function statementsBeforeMapping(app: TestApp): any[] {
  return statements(app, app.stack, waitsFor(app));
}

function imported(stack: Stack, role?: iam.IRole): lambda.IFunction {
  return lambda.Function.fromFunctionAttributes(stack, 'Imported', { functionArn: FUNCTION_ARN, role, sameEnvironment: true });
}

function importedRole(stack: Stack, options?: iam.FromRoleArnOptions): iam.IRole {
  return iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN, options);
}

function ownRole(stack: Stack): iam.Role {
  return new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
}

const code = lambda.Code.fromInline('…');
const functions = { code, handler: 'index.handler' };

/** Functions whose role the trigger can extend. */
const EXTENSIBLE: readonly { readonly name: string; readonly handler: (app: TestApp) => lambda.IFunction }[] = [
  { name: 'a function', handler: (app) => app.fn() },
  { name: 'an alias', handler: (app) => app.fn().addAlias('live') },
  { name: 'a version', handler: (app) => app.fn().currentVersion },
  { name: 'the latest version', handler: (app) => app.fn().latestVersion },
  { name: 'a StreamFunction', handler: ({ stack }) => new StreamFunction(stack, 'Fn', { entry: join(__dirname, 'handlers', 'on-order.ts') }) },
  { name: 'a function in Python', handler: (app) => app.fn('Fn', { runtime: lambda.Runtime.PYTHON_3_14 }) },
  {
    name: 'a function in Java',
    handler: ({ stack }) => new lambda.Function(stack, 'Fn', {
      runtime: lambda.Runtime.JAVA_25, code: lambda.Code.fromAsset(join(__dirname, 'handlers')), handler: 'orders.OnOrder',
    }),
  },
  {
    name: 'a function in a container',
    handler: ({ stack }) => new lambda.DockerImageFunction(stack, 'Fn', {
      code: lambda.DockerImageCode.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'images')),
    }),
  },
  { name: 'a function in a VPC', handler: (app) => app.fn('Fn', { vpc: new ec2.Vpc(app.stack, 'Vpc') }) },
  {
    name: 'a singleton',
    handler: ({ stack }) => new lambda.SingletonFunction(stack, 'Fn', { uuid: 'orders', runtime: lambda.Runtime.NODEJS_24_X, ...functions }),
  },
  { name: 'a function with a role of the app', handler: (app) => app.fn('Fn', { role: ownRole(app.stack) }) },
  { name: 'a function with an imported role', handler: (app) => app.fn('Fn', { role: importedRole(app.stack) }) },
  { name: 'a function with a lazy role', handler: (app) => app.fn('Fn', { role: new iam.LazyRole(app.stack, 'Lazy', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) }) },
  { name: 'a function of another stack', handler: (app) => app.fn('Fn', {}, app.addStack('Functions', { env: ENV })) },
  { name: 'an alias of another stack', handler: (app) => app.fn('Fn', {}, app.addStack('Functions', { env: ENV })).addAlias('live') },
  { name: 'a function of a nested stack', handler: (app) => app.fn('Fn', {}, new NestedStack(app.stack, 'Functions')) },
  { name: 'an imported function', handler: ({ stack }) => imported(stack, importedRole(stack)) },
  {
    name: 'an imported function with a role by name',
    handler: ({ stack }) => imported(stack, iam.Role.fromRoleName(stack, 'Role', 'handler')),
  },
  {
    name: 'an imported alias',
    handler: ({ stack }) => lambda.Function.fromFunctionAttributes(stack, 'Imported', {
      functionArn: `${FUNCTION_ARN}:live`, role: importedRole(stack), sameEnvironment: true,
    }),
  },
];

describe.each(APPS)('in $age', ({ flags }) => {
  describe.each(EXTENSIBLE)('the role of $name', ({ handler }) => {
    test.each(MODES)('has what the trigger needs before the mapping is created, with %s', (permissions) => {
      const app = new TestApp({ env: ENV }, flags);
      const table = app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(app.stack, 'Key')) });
      app.trigger({ table, handler: handler(app), permissions });

      const granted = statementsBeforeMapping(app);
      expect(actions(granted)).toEqual(expect.arrayContaining(['sqs:SendMessage', 'sqs:GetQueueUrl', 'kms:Decrypt', 'kms:DescribeKey']));
      const managed = rolesWithManagedPolicy(app);
      if (actions(granted).includes('dynamodb:GetRecords')) {
        expect(granted).toContainEqual({ Effect: 'Allow', Action: STREAM_ACTIONS, Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Table/), 'StreamArn'] } });
        expect(managed).toEqual([]);
      } else {
        expect(permissions).toBe(MANAGED);
        // A role of another stack is there before this one is deployed.
        expect(managed).toHaveLength(1);
        expect(waitsFor(app)).toEqual(expect.arrayContaining(managed.filter(([stack]) => stack === app.stack).map(([, id]) => id)));
      }
      expect(app.warnings()).not.toContain('grant-missing');
    });

    test.each(MODES)('has what a destination class of the app adds to it, with %s', (permissions) => {
      const app = new TestApp({ env: ENV }, flags);
      const onFailure: lambda.IEventSourceDlq = {
        bind: (_mapping, fn) => {
          fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['kms:Sign'], resources: [KEY_ARN] }));
          return { destination: 'arn:aws:sqs:eu-west-1:123456789012:failures' };
        },
      };
      app.trigger({ handler: handler(app), permissions, onFailure });

      expect(statementsBeforeMapping(app)).toContainEqual({ Effect: 'Allow', Action: 'kms:Sign', Resource: KEY_ARN });
    });
  });
});

/** Functions whose role the trigger can't extend. */
const FIXED: readonly { readonly name: string; readonly handler: (app: TestApp) => lambda.IFunction }[] = [
  { name: 'an imported function with an immutable role', handler: ({ stack }) => imported(stack, importedRole(stack, { mutable: false })) },
  { name: 'a function with an immutable role', handler: (app) => app.fn('Fn', { role: importedRole(app.stack, { mutable: false }) }) },
  { name: 'a function with a role that is not updated', handler: (app) => app.fn('Fn', { role: ownRole(app.stack).withoutPolicyUpdates() }) },
  {
    name: 'a function with a role of another account',
    handler: ({ stack }) => imported(stack, iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::999999999999:role/other')),
  },
  { name: 'an imported function without its role', handler: ({ stack }) => imported(stack) },
  { name: 'a function by its ARN', handler: ({ stack }) => lambda.Function.fromFunctionArn(stack, 'Imported', FUNCTION_ARN) },
  { name: 'a function by its name', handler: ({ stack }) => lambda.Function.fromFunctionName(stack, 'Imported', 'imported') },
];

describe.each(APPS)('in $age', ({ flags }) => {
  describe.each(FIXED)('for $name, a warning has', ({ handler }) => {
    const withTrigger = (of: (app: TestApp) => lambda.IFunction, permissions: StreamPermissions): TestApp => {
      const app = new TestApp({ env: ENV }, flags);
      const table = dynamodb.TableV2.fromTableAttributes(app.stack, 'Table', {
        tableName: 'orders', tableStreamArn: STREAM_ARN, encryptionKey: kms.Key.fromKeyArn(app.stack, 'Key', KEY_ARN),
      });
      const queue = sqs.Queue.fromQueueAttributes(app.stack, 'Queue', {
        queueArn: 'arn:aws:sqs:eu-west-1:123456789012:failures', keyArn: KEY_ARN,
      });
      app.trigger({ table, handler: of(app), onFailure: new sources.SqsDlq(queue), permissions });
      return app;
    };

    test.each(MODES)('exactly what a role that can be extended would be granted, with %s', (permissions) => {
      const app = withTrigger(handler, permissions);
      app.app.synth();
      const warning = app.app.node.findAll().flatMap(({ node }) => node.metadata).map(({ data }) => data)
        .find((data) => /\[ack: dynamo-stream-trigger:grant-missing\]/.test(data));
      const missing = JSON.parse(/\{"Version".*\}(?= )/.exec(warning)![0]);

      const extended = withTrigger(({ stack }) => imported(stack, importedRole(stack)), permissions);
      expect(missing).toEqual({ Version: '2012-10-17', Statement: statementsBeforeMapping(extended) });
      expect(actions(missing.Statement)).toEqual(expect.arrayContaining([...STREAM_ACTIONS, 'kms:Decrypt', 'sqs:SendMessage']));
      app.template().resourceCountIs('AWS::IAM::Policy', 0);
      app.template().resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
    });
  });
});

test('the warning also has what a destination class of the app adds', () => {
  const app = new TestApp({ env: ENV }, { '@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy': true });
  const onFailure: lambda.IEventSourceDlq = {
    bind: (_mapping, fn) => {
      fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['kms:Sign'], resources: [KEY_ARN] }));
      return { destination: 'arn:aws:sqs:eu-west-1:123456789012:failures' };
    },
  };
  app.trigger({ handler: imported(app.stack, importedRole(app.stack, { mutable: false })), onFailure });
  app.app.synth();

  expect(JSON.stringify(app.app.node.findAll().flatMap(({ node }) => node.metadata))).toContain('kms:Sign');
});

test('a destination class of the app may attach a managed policy to the role, by the role\'s name', () => {
  const app = new TestApp({ env: ENV });
  const onFailure: lambda.IEventSourceDlq = {
    bind: (mapping, fn) => {
      new iam.ManagedPolicy(mapping, 'Signing', {
        roles: [fn.role!], statements: [new iam.PolicyStatement({ actions: ['kms:Sign'], resources: [KEY_ARN] })],
      });
      return { destination: 'arn:aws:sqs:eu-west-1:123456789012:failures' };
    },
  };
  app.trigger({ handler: imported(app.stack, importedRole(app.stack)), onFailure });

  app.template().hasResourceProperties('AWS::IAM::ManagedPolicy', { Roles: ['handler'] });
});

test('what a precreated role needs is in the CDK\'s own report', () => {
  const app = new TestApp({ env: ENV });
  iam.Role.customizeRoles(app.stack, { usePrecreatedRoles: { 'Orders/Fn/ServiceRole': 'made-by-others' } });
  app.trigger({ handler: app.fn(), permissions: LEAST_PRIVILEGE });
  const { directory } = app.app.synth();

  const report = readFileSync(join(directory, 'iam-policy-report.json'), 'utf8');
  expect([...STREAM_ACTIONS, 'sqs:SendMessage'].filter((action) => !report.includes(action))).toEqual([]);
});

describe('the role of a function of the same stack', () => {
  test('gets the managed policy, once', () => {
    const app = new TestApp();
    const handler = app.fn();
    app.trigger({ handler }, 'One');
    app.trigger({ handler }, 'Two');

    const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
    expect(role.Properties.ManagedPolicyArns.filter((arn: object) => JSON.stringify(arn) === JSON.stringify(MANAGED_POLICY))).toHaveLength(1);
    expect(actions(statements(app))).not.toContain('dynamodb:GetRecords');
  });

  test('gets the four actions on the stream alone with least privilege', () => {
    const app = new TestApp();
    app.trigger({ permissions: LEAST_PRIVILEGE });

    const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
    expect(role.Properties.ManagedPolicyArns).not.toContainEqual(MANAGED_POLICY);
    expect(statements(app)).toEqual([
      {
        Effect: 'Allow',
        Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^TriggerFailureQueue/), 'Arn'] },
      },
      { Effect: 'Allow', Action: STREAM_ACTIONS, Resource: { 'Fn::GetAtt': [expect.stringMatching(/^TriggerTable/), 'StreamArn'] } },
    ]);
  });
});

test('with least privilege, the role of a function in a VPC has the managed policy for VPCs and no other', () => {
  const app = new TestApp();
  const handler = new StreamFunction(app.stack, 'Fn', {
    entry: join(__dirname, 'handlers', 'on-order.ts'), vpc: new ec2.Vpc(app.stack, 'Vpc', { restrictDefaultSecurityGroup: false }),
  });
  app.trigger({ handler, permissions: LEAST_PRIVILEGE });

  const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
  expect(role.Properties.ManagedPolicyArns).toEqual([
    { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole']] },
  ]);
});

test('the mapping of an alias names the alias, and its function\'s role gets the permissions', () => {
  const app = new TestApp();
  const alias = new lambda.Alias(app.stack, 'Live', { aliasName: 'live', version: app.fn().currentVersion });
  app.trigger({ handler: alias });

  expect(JSON.stringify(app.mapping().FunctionName)).toContain('Live');
  const [role] = Object.values(app.template().findResources('AWS::IAM::Role'));
  expect(role.Properties.ManagedPolicyArns).toContainEqual(MANAGED_POLICY);
});

test('the mapping of an imported alias names the alias', () => {
  const app = new TestApp();
  const handler = lambda.Function.fromFunctionArn(app.stack, 'Imported', `${FUNCTION_ARN}:live`);
  app.trigger({ handler });

  expect(app.mapping().FunctionName).toBe(`${FUNCTION_ARN}:live`);
});

test.each(MODES)('an imported role gets the four actions in a policy of the trigger, with %s', (permissions) => {
  const app = new TestApp({ env: ENV });
  app.trigger({ handler: imported(app.stack, importedRole(app.stack)), permissions, onFailure: NoFailureDestination.INSTANCE });

  app.template().hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [{ Effect: 'Allow', Action: STREAM_ACTIONS, Resource: Match.anyValue() }] },
    Roles: ['handler'],
  });
  expect(waitsFor(app)).toEqual([expect.stringMatching(/^Trigger.*Policy/)]);
});

describe('several triggers', () => {
  const grants = (app: TestApp, handler: lambda.IFunction): any[] => {
    const queue = new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue'));
    const tables = [app.table('A'), app.table('B')];
    for (const [index, table] of [tables[0], tables[0], tables[1]].entries()) {
      const alias = new lambda.Alias(app.stack, `Alias${index}`, { aliasName: `alias${index}`, version: (handler as lambda.Function).currentVersion });
      new DynamoStreamTrigger(app.stack, `Trigger${index}`, { table, handler: alias, onFailure: queue, permissions: LEAST_PRIVILEGE });
    }
    return statements(app);
  };

  test('on one function grant each thing once', () => {
    const app = new TestApp({ env: ENV });
    const granted = grants(app, app.fn());

    expect(granted.map(({ Action, Resource }) => [Action[0], Resource['Fn::GetAtt'][0].slice(0, 5)])).toEqual([
      ['dynamodb:DescribeStream', expect.stringMatching(/^A/)],
      ['sqs:SendMessage', 'Queue'],
      ['dynamodb:DescribeStream', expect.stringMatching(/^B/)],
    ]);
  });

  test('on one function share statements where the app minimizes its policies', () => {
    const app = new TestApp({ env: ENV }, { '@aws-cdk/aws-iam:minimizePolicies': true });

    expect(grants(app, app.fn())).toEqual([
      { Effect: 'Allow', Action: STREAM_ACTIONS, Resource: [expect.anything(), expect.anything()] },
      { Effect: 'Allow', Action: ['sqs:GetQueueUrl', 'sqs:SendMessage'], Resource: expect.anything() },
    ]);
  });

  test.each([[2, []], [3, ['Orders/Trigger2']]])('on one function and one table, by aliases: of %d, these warn: %j', (count, warned) => {
    const app = new TestApp({ env: ENV });
    const [table, version] = [app.table(), app.fn().currentVersion];
    for (let index = 0; index < count; index++) {
      app.trigger({ table, handler: new lambda.Alias(app.stack, `Alias${index}`, { aliasName: `alias${index}`, version }) }, `Trigger${index}`);
    }
    app.app.synth();

    const isWarned = ({ metadata }: Node) => metadata.some(({ data }) => /\[ack: dynamo-stream-trigger:stream-readers\]/.test(data));
    expect(app.app.node.findAll().filter(({ node }) => isWarned(node)).map(({ node }) => node.path)).toEqual(warned);
  });
});

describe('a function of another stack', () => {
  test('has its role\'s policy in the stack of the trigger, on which its own stack does not depend', () => {
    const app = new TestApp();
    const functionStack = app.addStack('Functions');
    const handler = app.fn('Fn', {}, functionStack);
    app.trigger({ handler, permissions: LEAST_PRIVILEGE });
    app.app.synth();

    expect(app.stack.dependencies.map(({ node }) => node.path)).toEqual(['Functions']);
    expect(functionStack.dependencies).toHaveLength(0);
    expect(actions(statements(app))).toEqual(expect.arrayContaining(STREAM_ACTIONS));
    expect(statements(app, functionStack)).toEqual([]);
  });

  test('has the made failure queue in its own stack, and parks records there', () => {
    const app = new TestApp();
    const functionStack = app.addStack('Functions');
    const trigger = app.trigger({ handler: app.fn('Fn', {}, functionStack) });

    expect(trigger.failureQueue!.stack).toBe(functionStack);
    app.template(functionStack).hasResourceProperties('AWS::Lambda::Function', {
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

  test('may have a failure queue in the stack of the trigger, but parks no records there', () => {
    const app = new TestApp();
    const functionStack = app.addStack('Functions');
    app.trigger({ handler: app.fn('Fn', {}, functionStack), onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')) });

    app.app.synth();
    expect(functionStack.dependencies).toHaveLength(0);
    app.template(functionStack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DYNAMO_STREAM_TRIGGER: '{"v":1,"triggers":[{"report":true}]}' } },
    });
    expect(actions(statements(app))).toContain('sqs:SendMessage');
  });

  test('may be used by the stack of the trigger already', () => {
    const app = new TestApp();
    const functionStack = app.addStack('Functions');
    const handler = app.fn('Fn', {}, functionStack);
    handler.grantInvoke(new iam.Role(app.stack, 'Caller', { assumedBy: new iam.ServicePrincipal('events.amazonaws.com') }));
    app.trigger({ handler });

    expect(() => app.app.synth()).not.toThrow();
  });
});

test('queue, function and trigger may be in three stacks', () => {
  const app = new TestApp();
  const queue = new sqs.Queue(app.addStack('Queues'), 'Queue');
  app.trigger({ handler: app.fn('Fn', {}, app.addStack('Functions')), onFailure: new sources.SqsDlq(queue) });

  expect(() => app.app.synth()).not.toThrow();
});
