import {
  aws_events as events, aws_iam as iam, aws_kms as kms, type aws_lambda as lambda, aws_lambda_event_sources as sources, aws_s3 as s3,
  aws_sns as sns, Duration, Stack,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  AttributeCondition, type DynamoStreamTrigger, type DynamoStreamTriggerProps, FailureStore, NoFailureDestination, S3FailureDestination, StreamFilter,
  StreamPermissions, StreamRedrive, SupersededRecords,
} from '../../lib';
import { ENV, TestApp } from '../app';

const LEAST = StreamPermissions.LEAST_PRIVILEGE;

/** The statements of the policies whose roles are under a construct. */
function statementsOf(app: TestApp, role: iam.IRole): { Action: string | string[]; Resource: unknown }[] {
  const id = app.stack.getLogicalId(role.node.defaultChild as iam.CfnRole);
  return Object.values<any>(app.template().findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`"${id}"`))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

function actionsOf(app: TestApp, role: iam.IRole): string[] {
  return statementsOf(app, role).flatMap(({ Action }) => Action).sort();
}

/** What a StreamRedrive tells its function. */
function facts(app: TestApp, redrive: StreamRedrive): any {
  const id = app.stack.getLogicalId(redrive.redriveFunction.node.defaultChild as lambda.CfnFunction);
  const text = app.template().toJSON().Resources[id].Properties.Environment.Variables.DYNAMO_STREAM_REDRIVE;
  return JSON.parse(text['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'TOKEN').join(''));
}

function redriveOf(app: TestApp, trigger: DynamoStreamTrigger, props: object = {}): StreamRedrive {
  return new StreamRedrive(app.stack, 'Redrive', { trigger, ...props });
}

const READING = ['dynamodb:BatchGetItem', 'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
const INVOKING = ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'];
const QUEUE = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const BUCKET = ['s3:DeleteObject', 's3:GetObject', 's3:ListBucket'];

describe.each<[string, (app: TestApp) => Partial<DynamoStreamTriggerProps>, string[]]>([
  ['the made queue', () => ({}), QUEUE],
  ['a made queue with a key', (app) => ({ failureQueueKey: new kms.Key(app.stack, 'Key') }), [...QUEUE, 'kms:Decrypt']],
  ['a FailureStore', (app) => ({ onFailure: new FailureStore(app.stack, 'Failures') }), [...BUCKET, ...QUEUE]],
  ['a FailureStore with a key', (app) => ({
    onFailure: new FailureStore(app.stack, 'Failures', { encryptionKey: new kms.Key(app.stack, 'Key') }),
  }), [...BUCKET, ...QUEUE, 'kms:Decrypt']],
  ['a bucket', (app) => ({ onFailure: new S3FailureDestination(new s3.Bucket(app.stack, 'Bucket')) }), BUCKET],
  ['the CDK\'s own bucket destination', (app) => ({ onFailure: new sources.S3OnFailureDestination(new s3.Bucket(app.stack, 'Bucket')) }), BUCKET],
])('with %s', (_name, props, actions) => {
  test('a person gets what the command needs, on what it is needed for', () => {
    const app = new TestApp({ env: ENV });
    const trigger = app.trigger({ permissions: LEAST, ...props(app) });
    const operator = new iam.Role(app.stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });

    trigger.grantRedrive(operator).assertSuccess();

    expect(actionsOf(app, operator)).toEqual([...READING, ...INVOKING, ...actions, 'lambda:ListEventSourceMappings'].sort());
    const everything = statementsOf(app, operator).filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
    expect(everything).toEqual(['lambda:ListEventSourceMappings']);
  });

  test('the function gets the same, and writes its log', () => {
    const app = new TestApp({ env: ENV });
    const redrive = redriveOf(app, app.trigger({ permissions: LEAST, ...props(app) }));

    expect(actionsOf(app, redrive.redriveFunction.role!)).toEqual([...READING, ...INVOKING, ...actions, 'logs:CreateLogStream', 'logs:PutLogEvents'].sort());
    expect(new AwsSolutionsChecks().validateScope(redrive).violations.map(({ ruleName }: any) => ruleName)).toEqual([]);
  });
});

test('the function gets what to redrive, as the template has it', () => {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger({
    onFailure: new FailureStore(app.stack, 'Failures'), filters: [StreamFilter.newImage('state', AttributeCondition.stringIs('paid'))],
  });
  const redrive = redriveOf(app, trigger, { superseded: SupersededRecords.REFRESH });
  (trigger.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping).parallelizationFactor = 4;

  expect(facts(app, redrive)).toEqual({
    v: 1, queueUrl: 'TOKEN', bucket: 'TOKEN', functionArn: 'TOKEN', tableArn: 'TOKEN', superseded: 'refresh', parallelizationFactor: 4,
    filters: [{ Pattern: JSON.stringify({ dynamodb: { NewImage: { state: { S: ['paid'] } } } }) }],
  });
});

test('the function says whose redrive it is, and has what a long redrive needs', () => {
  const app = new TestApp({ env: ENV });
  const redrive = redriveOf(app, app.trigger({ onFailure: new FailureStore(app.stack, 'Failures') }));
  const [{ Properties }] = Object.values(app.template().findResources('AWS::Lambda::Function', { Properties: { MemorySize: 1_024 } }));

  expect(Properties).toMatchObject({
    Description: 'Brings back what Orders/Trigger gave up (dynamo-stream-trigger)', Handler: 'index.handler', Timeout: 900, Architectures: ['arm64'],
    EphemeralStorage: { Size: 10_240 },
  });
  expect(JSON.stringify(redrive.redriveFunction.role!.node.metadata)).toContain('"The names of objects that hold failures are not known before."');
});

test('without a choice, superseded records are held, and nobody invokes the function', () => {
  const app = new TestApp({ env: ENV });
  const redrive = redriveOf(app, app.trigger());

  expect(facts(app, redrive)).toMatchObject({ superseded: 'hold', filters: [], parallelizationFactor: 1 });
  app.template().resourceCountIs('AWS::Events::Rule', 0);
  app.template().resourceCountIs('AWS::Lambda::Permission', 0);
});

test('a schedule invokes it', () => {
  const app = new TestApp({ env: ENV });
  redriveOf(app, app.trigger(), { schedule: events.Schedule.rate(Duration.hours(6)) });

  app.template().hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(6 hours)' });
});

describe('it is refused', () => {
  test.each<[string, (app: TestApp) => Partial<DynamoStreamTriggerProps>]>([
    ['a topic', (app) => ({ onFailure: new sources.SnsDlq(new sns.Topic(app.stack, 'Topic')) })],
    ['no destination', () => ({ onFailure: NoFailureDestination.INSTANCE })],
  ])('for %s, which nothing can be taken from', (_name, props) => {
    const app = new TestApp({ env: ENV });
    const trigger = app.trigger(props(app));

    expect(() => redriveOf(app, trigger)).toThrow(new Error(
      '[Orders/Redrive] trigger is Orders/Trigger, whose failures can\'t be taken from where they are: they must be on a queue, in a bucket or in a FailureStore. '
      + 'Give it such an onFailure. What a topic sends to a queue is brought back by the command `dynamo-stream-trigger redrive`.'));
  });

  test('for a function whose timeout leaves no time to give back', () => {
    const app = new TestApp({ env: ENV });
    const trigger = app.trigger({ handler: app.fn('Slow', { timeout: Duration.seconds(601) }) });

    expect(() => redriveOf(app, trigger)).toThrow(new Error(
      '[Orders/Redrive] trigger is Orders/Trigger, whose function has a timeout of 10 minutes 1 second but at most 10 minutes fit into a redrive, which has '
      + '15 minutes for all. Use the command `dynamo-stream-trigger redrive`, or shorten the timeout.'));
    const other = new TestApp({ env: ENV });
    expect(() => redriveOf(other, other.trigger({ handler: other.fn('Fits', { timeout: Duration.minutes(10) }) }))).not.toThrow();
  });

  test('for a window, also one that is set on the mapping later', () => {
    const app = new TestApp({ env: ENV });
    const trigger = app.trigger();
    redriveOf(app, trigger);
    (trigger.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping).tumblingWindowInSeconds = 60;

    expect(() => app.app.synth()).toThrow(
      '[Orders/Redrive] trigger is Orders/Trigger, which has a tumbling window. The state of a window can\'t be made again, so its records can\'t be brought '
      + 'back. Write them to a file with `dynamo-stream-trigger redrive --to-file`.');
  });

  test('for filters that do not fit into its variables', () => {
    const app = new TestApp({ env: ENV });
    const filter = (length: number) => StreamFilter.newImage('state', AttributeCondition.stringIs('x'.repeat(length)));
    const written = JSON.stringify([{ Pattern: filter(0).toJson() }]).length;
    redriveOf(app, app.trigger({ filters: [filter(3_001 - written)] }));
    const fits = new TestApp({ env: ENV });
    redriveOf(fits, fits.trigger({ filters: [filter(3_000 - written)] }));

    expect(() => app.app.synth()).toThrow('[Orders/Redrive] trigger is Orders/Trigger, whose filters take 3001 bytes but at most 3000 fit into a function\'s variables. '
      + 'Use the command `dynamo-stream-trigger redrive`.');
    expect(() => fits.app.synth()).not.toThrow();
  });
});

test('it may be in another stack than the trigger', () => {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger({ onFailure: new FailureStore(app.stack, 'Failures') });
  const other = new Stack(app.app, 'Operations', { env: ENV });
  new StreamRedrive(other, 'Redrive', { trigger });
  app.app.synth();

  Template.fromStack(other).resourceCountIs('AWS::Lambda::Function', 1);
});
