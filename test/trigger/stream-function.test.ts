import { join } from 'node:path';
import { aws_ec2 as ec2, aws_iam as iam, aws_lambda as lambda, aws_logs as logs, Duration, RemovalPolicies, Tags } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { StreamFunction } from '../../lib';
import { TestApp } from '../app';

const ENTRY = join(__dirname, 'handlers', 'on-order.ts');

test('has what a batch needs: time, memory, the newest fixed runtime', () => {
  const app = new TestApp();
  new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY });

  app.template().hasResourceProperties('AWS::Lambda::Function', {
    Architectures: ['arm64'], Handler: 'index.handler', MemorySize: 512, Runtime: 'nodejs24.x', Timeout: 60,
  });
});

test('given properties take precedence', () => {
  const app = new TestApp();
  new StreamFunction(app.stack, 'OnOrder', {
    entry: ENTRY,
    handler: 'onOrder',
    memorySize: 1024,
    timeout: Duration.minutes(5),
    architecture: lambda.Architecture.X86_64,
    runtime: lambda.Runtime.NODEJS_22_X,
  });

  app.template().hasResourceProperties('AWS::Lambda::Function', {
    Architectures: ['x86_64'], Handler: 'index.onOrder', MemorySize: 1024, Runtime: 'nodejs22.x', Timeout: 300,
  });
});

test('has a role of its own that can do nothing but write to a log group of its own', () => {
  const app = new TestApp();
  new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY });

  app.template().hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  app.template().hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  app.template().hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^OnOrderLogs'), 'Arn'] },
      }],
    },
  });
});

test('in a VPC, its role has AWS\'s policy for network interfaces', () => {
  const app = new TestApp();
  new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY, vpc: new ec2.Vpc(app.stack, 'Vpc') });

  app.template().hasResourceProperties('AWS::IAM::Role', {
    ManagedPolicyArns: [{ 'Fn::Join': ['', Match.arrayWith([':iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole'])] }],
  });
});

test('a given role does not change', () => {
  const app = new TestApp();
  const role = new iam.Role(app.stack, 'Mine', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY, role });

  app.template().resourceCountIs('AWS::IAM::Role', 1);
  app.template().resourceCountIs('AWS::IAM::Policy', 0);
});

test('writes to a given log group', () => {
  const app = new TestApp();
  new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY, logGroup: new logs.LogGroup(app.stack, 'Mine') });

  app.template().resourceCountIs('AWS::Logs::LogGroup', 1);
  app.template().hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [Match.objectLike({ Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Mine'), 'Arn'] } })] },
  });
});

test('keeps logs for as long as logRetention says', () => {
  const app = new TestApp();
  new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY, logRetention: logs.RetentionDays.ONE_WEEK });

  app.template().hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
});

test('an alias of one counts as one: if the mapping does not report failures, a warning says so', () => {
  const app = new TestApp();
  const handler = new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY }).addAlias('live');
  app.trigger({ handler, reportBatchItemFailures: false });

  expect(app.warnings()).toContain('report-off');
});

test.each([{}, { '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true }])('all that it makes is under it, with flags %p', (context) => {
  const app = new TestApp(undefined, context);
  // Names that a sibling of the function might have.
  const [role] = ['OnOrderRole', 'OnOrderLogs'].map((id) => new iam.Role(app.stack, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
  const boundary = new iam.ManagedPolicy(app.stack, 'Boundary', { statements: [new iam.PolicyStatement({ actions: ['*'], resources: ['*'] })] });
  const fn = new StreamFunction(app.stack, 'OnOrder', { entry: ENTRY });
  iam.PermissionsBoundary.of(fn).apply(boundary);
  Tags.of(fn).add('team', 'orders');
  RemovalPolicies.of(fn).destroy();

  const Tag = Match.arrayWith([{ Key: 'team', Value: 'orders' }]);
  app.template().resourceCountIs('AWS::Logs::LogGroup', 1);
  app.template().hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete', Properties: { Tags: Tag } });
  app.template().hasResourceProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue(), Tags: Tag });
  app.template().hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('^OnOrderLogs') } } });
  expect(fn.logGroup.node.path).toBe('Orders/OnOrder/Logs');
  expect(role).toBeDefined();
});
