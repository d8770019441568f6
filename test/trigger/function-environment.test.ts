import {
  Aspects, aws_dynamodb as dynamodb, aws_ecr as ecr, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_s3 as s3, aws_sqs as sqs,
  CfnCondition, Fn, Lazy, Token,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { NoFailureDestination, StreamFunction, StreamTriggerMonitoring } from '../../lib';
import { triggerFacts } from '../../lib/runtime/trigger-facts';
import { ENV, TestApp } from '../app';

const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:123456789012:failures';
const streamArn = (table: string) => `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}/stream/2026-01-01T00:00:00.000`;

afterEach(() => delete process.env.DYNAMO_STREAM_TRIGGER);

const SALT = '1b2d7a60-0000-11ee-8c99-0242ac120002';

/** The variable of the only function of a stack as Lambda gets it: what CloudFormation makes of it. */
function variable(app: TestApp): string | undefined {
  const [[, fn]] = Object.entries(app.template().findResources('AWS::Lambda::Function')).filter(([id]) => id.startsWith('Fn'));
  return fn.Properties.Environment && deployed(fn.Properties.Environment.Variables.DYNAMO_STREAM_TRIGGER);
}

/** The names that CloudFormation gives tables and queues are made of the names of the stack and the resource, and of 13 characters. */
function deployed(value: any): any {
  if (typeof value !== 'object') {
    return value;
  }
  const [[call, argument]] = Object.entries<any>(value);
  switch (call) {
    case 'Fn::Join': return argument[1].map(deployed).join(argument[0]);
    case 'Fn::Select': return deployed(argument[1])[argument[0]];
    case 'Fn::Split': return deployed(argument[1]).split(argument[0]);
    case 'Fn::GetAtt': return argument[1] === 'StreamArn'
      ? streamArn(`Orders-${argument[0]}-1A2B3C4D5E6F7`)
      : `arn:aws:sqs:eu-west-1:123456789012:Orders-${argument[0]}-1A2B3C4D5E6F7`;
    case 'Ref': return `arn:aws:cloudformation:eu-west-1:123456789012:stack/Orders/${SALT}`;
    default: throw new Error(call);
  }
}

function facts(app: TestApp): any {
  return JSON.parse(variable(app)!);
}

/** What the runtime knows when it gets records of a stream. */
function known(app: TestApp, stream: string): unknown {
  process.env.DYNAMO_STREAM_TRIGGER = variable(app);
  return triggerFacts(stream, {});
}

function importedTable(app: TestApp, name: string): dynamodb.ITable {
  return dynamodb.Table.fromTableAttributes(app.stack, name, { tableName: name, tableStreamArn: streamArn(name) });
}

function importedQueue(app: TestApp, id = 'Queue'): lambda.IEventSourceDlq {
  return new sources.SqsDlq(sqs.Queue.fromQueueArn(app.stack, id, QUEUE_ARN));
}

/** Changes the mappings on the way to the template. */
function changing(app: TestApp, change: (mapping: lambda.CfnEventSourceMapping) => void): void {
  Aspects.of(app.app).add({ visit: (node: IConstruct) => node instanceof lambda.CfnEventSourceMapping && change(node) });
}

test('streams are not named if it makes no difference', () => {
  const app = new TestApp();
  const handler = app.fn();
  const onFailure = importedQueue(app);
  ['orders', 'places', 'people'].forEach((name) => app.trigger({ handler, table: importedTable(app, name), onFailure }, `On${name}`));

  expect(facts(app)).toEqual({ v: 1, triggers: [{ report: true, park: QUEUE_ARN }] });
  expect(known(app, streamArn('places'))).toEqual({ report: true, park: QUEUE_ARN });
});

test('streams are named if the function has mappings that no trigger made, which may not report', () => {
  const app = new TestApp();
  const handler = app.fn();
  app.trigger({ handler, table: importedTable(app, 'orders'), onFailure: importedQueue(app) });
  const mapping = (target: lambda.IFunction, id: string) => new lambda.EventSourceMapping(app.stack, id, {
    target, eventSourceArn: streamArn(id), startingPosition: lambda.StartingPosition.TRIM_HORIZON,
  });
  mapping(handler.addAlias('live'), 'places');
  mapping(app.fn('Other'), 'people');
  process.env.AWS_LAMBDA_RUNTIME_API = 'localhost';

  expect(known(app, streamArn('orders'))).toMatchObject({ report: true, park: QUEUE_ARN });
  expect(known(app, streamArn('places'))).toEqual({ report: false });
  delete process.env.AWS_LAMBDA_RUNTIME_API;
});

test('a function on several streams that differ has an entry for each of them', () => {
  const app = new TestApp();
  const handler = app.fn();
  app.trigger({ handler, table: importedTable(app, 'orders'), onFailure: importedQueue(app) }, 'Orders');
  app.trigger({ handler, table: importedTable(app, 'places'), onFailure: NoFailureDestination.INSTANCE, reportBatchItemFailures: false }, 'Places');

  expect(facts(app)).toEqual({
    v: 1,
    triggers: [
      { stream: streamArn('orders'), report: true, park: QUEUE_ARN },
      { stream: streamArn('places'), report: false },
    ],
  });
});

test('tables and queues that are where the function is are known by their names', () => {
  const app = new TestApp({ env: ENV });
  const handler = app.fn();
  const [one, two] = ['One', 'Two'].map((id) => app.trigger({ handler, table: app.table(`${id}Table`) }, id));
  const queueOf = ({ failureQueue }: typeof one) => deployed(app.stack.resolve(failureQueue!.queueArn));
  const streamOf = ({ streamArn: arn }: typeof one) => deployed(app.stack.resolve(arn));

  expect(known(app, streamOf(one))).toMatchObject({ report: true, park: queueOf(one) });
  expect(known(app, streamOf(two))).toMatchObject({ report: true, park: queueOf(two) });
  expect(facts(app).triggers.map(({ stream }: any) => stream)).toEqual([expect.stringMatching(/^Orders-OneTable/), expect.stringMatching(/^Orders-TwoTable/)]);
});

test.each([20, 30])('the variable of a function on %i tables fits into the 4 KB that Lambda allows', (count) => {
  const app = new TestApp({ env: ENV });
  const handler = app.fn();
  for (let index = 0; index < count; index++) {
    app.trigger({ handler, table: app.table(`Table${index}`) }, `Trigger${index}`);
  }

  expect(Buffer.byteLength(`DYNAMO_STREAM_TRIGGER${variable(app)}`)).toBeLessThan(4096);
  expect(app.warnings()).not.toContain('environment-size');
});

test.each<[string, (mapping: lambda.CfnEventSourceMapping) => void, object]>([
  ['no longer reports, by an override', (mapping) => mapping.addPropertyDeletionOverride('FunctionResponseTypes'), { report: false, park: QUEUE_ARN }],
  ['no longer reports, by an aspect', (mapping) => mapping.functionResponseTypes = undefined, { report: false, park: QUEUE_ARN }],
  ['reports if a condition holds', (mapping) => mapping.addPropertyOverride('FunctionResponseTypes', {
    'Fn::If': ['Any', ['ReportBatchItemFailures'], { Ref: 'AWS::NoValue' }],
  }), { report: false, park: QUEUE_ARN }],
  ['has another destination', (mapping) => mapping.destinationConfig = { onFailure: { destination: `${QUEUE_ARN}-2` } }, { report: true, park: `${QUEUE_ARN}-2` }],
  ['has another destination, by an override', (mapping) => mapping.addPropertyOverride('DestinationConfig.OnFailure.Destination', `${QUEUE_ARN}-2`),
    { report: true, park: `${QUEUE_ARN}-2` }],
  ['has no destination any more', (mapping) => mapping.destinationConfig = undefined, { report: true }],
  ['has a destination if a condition holds', (mapping) => mapping.destinationConfig = {
    onFailure: { destination: Token.asString(Fn.conditionIf('Any', QUEUE_ARN, Fn.ref('AWS::NoValue'))) },
  }, { report: true }],
])('a mapping that %s is told as it is deployed', (_name, change, told) => {
  const app = new TestApp();
  app.trigger({ handler: app.fn(), table: importedTable(app, 'orders'), onFailure: importedQueue(app) });
  new CfnCondition(app.stack, 'Any', { expression: Fn.conditionEquals('a', 'a') });
  changing(app, change);

  expect(facts(app)).toEqual({ v: 1, triggers: [told] });
});

describe('the runtime\'s metrics are switched on', () => {
  test('for all triggers of the function if they share an entry, and only for the monitored one if they don\'t', () => {
    for (const [onFailure, expected] of [[undefined, [undefined, true]], [NoFailureDestination.INSTANCE, [true]]] as const) {
      const app = new TestApp({ env: ENV });
      const handler = app.fn();
      const [, monitored] = ['A', 'B'].map((id) => app.trigger({ handler, onFailure }, id));
      new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [monitored] });

      expect(facts(app).triggers.map(({ metrics }: any) => metrics)).toEqual(expected);
      expect(facts(app).salt).toBe(SALT);
    }
  });

  test('and with them the hashes of item keys in the log, keyed with what is random for each stack', () => {
    const [plain, app] = [new TestApp({ env: ENV }), new TestApp({ env: ENV })];
    plain.trigger({ handler: plain.fn() });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [app.trigger({ handler: app.fn() })] });

    expect(facts(plain).salt).toBeUndefined();
    expect(known(app, streamArn('any'))).toMatchObject({ salt: SALT, metrics: true });
  });

  test('where tables and queues are known by their names too', () => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn();
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: ['A', 'B'].map((id) => app.trigger({ handler }, id)) });

    expect(facts(app).triggers).toEqual(['A', 'B'].map(() => ({ stream: expect.any(String), report: true, park: expect.stringMatching(/^sqs:/), metrics: true })));
  });
});

test('a flag that turns out to be true at synth reaches the function', () => {
  const app = new TestApp();
  app.trigger({ handler: app.fn(), onFailure: importedQueue(app), reportBatchItemFailures: Lazy.any({ produce: () => true }) as never });

  expect(facts(app)).toEqual({ v: 1, triggers: [{ report: true, park: QUEUE_ARN }] });
});

test('if triggers of one stream disagree, failures throw, nothing is parked, and a warning says so', () => {
  const app = new TestApp();
  const handler = app.fn();
  const table = importedTable(app, 'orders');
  app.trigger({ handler: handler.addAlias('live'), table, onFailure: importedQueue(app) }, 'Live');
  app.trigger({ handler: handler.addAlias('next'), table, onFailure: NoFailureDestination.INSTANCE, reportBatchItemFailures: false }, 'Next');

  expect(facts(app).triggers).toEqual([{ stream: streamArn('orders'), report: false }]);
  expect(app.warnings()).toContain('parking-off');
});

test('two aliases on one stream with a queue each are warned of, those with one queue are not', () => {
  const warningsWith = (onFailure?: (app: TestApp) => lambda.IEventSourceDlq) => {
    const app = new TestApp();
    const [handler, table] = [app.fn(), app.table()];
    const destination = onFailure?.(app);
    ['live', 'canary'].forEach((name) => app.trigger({ handler: handler.addAlias(name), table, onFailure: destination }, name));
    app.app.synth();
    return app.warnings().filter((id) => id === 'parking-off');
  };

  expect(warningsWith()).toEqual(['parking-off', 'parking-off']);
  expect(warningsWith((app) => importedQueue(app))).toEqual([]);
});

describe('of two aliases on one stream', () => {
  const flags = [true, false, undefined] as const;
  test.each(flags.flatMap((first) => flags.map((second) => [first, second] as const)))('with reportBatchItemFailures %s and %s, the one whose reports are lost is warned of', (first, second) => {
    const app = new TestApp();
    const [handler, table, onFailure] = [app.fn(), importedTable(app, 'orders'), importedQueue(app)];
    const triggers = [first, second].map((reportBatchItemFailures, index) => app.trigger({ handler: handler.addAlias(`a${index}`), table, onFailure, reportBatchItemFailures }, `On${index}`));
    app.app.synth();

    const isWarned = ({ node }: IConstruct) => node.metadata.some(({ data }) => /ack: dynamo-stream-trigger:report-ambiguous/.test(String(data)));
    const [one, two] = [first ?? true, second ?? true];
    expect(triggers.map(isWarned)).toEqual([one && !two, two && !one]);
  });

  test('an event source that does not take reports is named', () => {
    const app = new TestApp();
    const [handler, table] = [app.fn(), importedTable(app, 'orders')];
    const { node } = app.trigger({ handler, table, onFailure: NoFailureDestination.INSTANCE });
    handler.addAlias('next').addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.LATEST }));
    app.app.synth();

    expect(node.metadata.map(({ data }) => String(data))).toContainEqual(expect.stringMatching(/off for Orders\/Fn\/Aliasnext\/\S+, which invokes the same function.*report-ambiguous/));
  });
});

describe('a function whose variable is gone in the end is warned of:', () => {
  test.each<[string, (fn: lambda.CfnFunction, handler: lambda.Function) => unknown]>([
    ['by an override', (fn) => fn.addPropertyDeletionOverride('Environment.Variables.DYNAMO_STREAM_TRIGGER')],
    ['by an override of all', (fn) => fn.addPropertyDeletionOverride('Environment')],
    ['by a variable of the app', (_fn, handler) => handler.addEnvironment('DYNAMO_STREAM_TRIGGER', 'mine')],
    ['by the first layer', (fn) => fn.environment = undefined],
    ['by an aspect', (fn) => Aspects.of(fn).add({ visit: () => fn.environment = { variables: { MINE: 'a' } } })],
  ])('%s', (_name, change) => {
    const app = new TestApp();
    const handler = app.fn();
    app.trigger({ handler });
    change(handler.node.defaultChild as lambda.CfnFunction, handler);
    app.app.synth();

    expect(app.warnings()).toContain('variable-lost');
  });

  test('not if others are added', () => {
    const app = new TestApp();
    const handler = app.fn();
    app.trigger({ handler });
    (handler.node.defaultChild as lambda.CfnFunction).addPropertyOverride('Environment.Variables.MINE', 'a');
    app.app.synth();

    expect(app.warnings()).not.toContain('variable-lost');
  });
});

test('if several streams can\'t be named, their entry says what loses nothing with any of them', () => {
  const app = new TestApp();
  const handler = app.fn();
  const triggers = app.addStack('Triggers');
  app.trigger({ handler, onFailure: importedQueue(app) }, 'Orders', triggers);
  app.trigger({ handler, onFailure: NoFailureDestination.INSTANCE, reportBatchItemFailures: false }, 'Places', triggers);
  app.app.synth();

  expect(facts(app).triggers).toEqual([{ report: false }]);
  expect(app.warnings()).toContain('parking-off');
});

test('triggers of aliases and versions, also in another stack, are in the variable of their function', () => {
  const app = new TestApp();
  const handler = app.fn();
  const triggers = app.addStack('Triggers');
  const onFailure = importedQueue(app);
  const alias = new lambda.Alias(triggers, 'Live', { aliasName: 'live', version: handler.currentVersion });
  app.trigger({ handler: alias, table: importedTable(app, 'orders'), onFailure }, 'Alias', triggers);
  app.trigger({ handler: handler.currentVersion, table: importedTable(app, 'places'), onFailure: NoFailureDestination.INSTANCE }, 'Version', triggers);
  app.trigger({ handler: handler.latestVersion, table: importedTable(app, 'people'), onFailure }, 'Latest');
  app.app.synth();

  expect(facts(app).triggers).toEqual([
    { stream: streamArn('orders'), report: true, park: QUEUE_ARN },
    { stream: streamArn('places'), report: true },
    { stream: streamArn('people'), report: true, park: QUEUE_ARN },
  ]);
});

test('one more trigger that differs makes a new version, because the variable changes', () => {
  const versionWith = (count: number) => {
    const app = new TestApp();
    const handler = app.fn();
    const alias = handler.addAlias('live');
    ['orders', 'places'].slice(0, count).forEach((name) => app.trigger({ handler: alias, table: importedTable(app, name) }, `On${name}`));
    return Object.keys(app.template().findResources('AWS::Lambda::Version'));
  };

  expect(versionWith(1)).not.toEqual(versionWith(2));
  expect(versionWith(2)).toEqual(versionWith(2));
});

test('variables of the app stay', () => {
  const app = new TestApp();
  const handler = app.fn('Fn', { environment: { MINE: 'a' } });
  app.trigger({ handler });
  handler.addEnvironment('MINE_TOO', 'b');

  app.template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { MINE: 'a', MINE_TOO: 'b' } } });
});

describe('the environment stays as it is', () => {
  const image = (app: TestApp) => app.fn('Fn', {
    code: lambda.Code.fromEcrImage(ecr.Repository.fromRepositoryName(app.stack, 'Repository', 'images')), handler: lambda.Handler.FROM_IMAGE, runtime: lambda.Runtime.FROM_IMAGE,
  });

  test.each<[string, (app: TestApp) => lambda.Function, boolean | undefined]>([
    ['Python', (app) => app.fn('Fn', { runtime: lambda.Runtime.PYTHON_3_13 }), undefined],
    ['Java', (app) => app.fn('Fn', { runtime: lambda.Runtime.JAVA_21, code: lambda.Code.fromBucket(s3.Bucket.fromBucketName(app.stack, 'Bucket', 'code'), 'a.jar') }), undefined],
    ['an image', image, undefined],
    ['Node.js, if the app says so', (app) => app.fn(), false],
    ['a StreamFunction, if the app says so', (app) => new StreamFunction(app.stack, 'Fn', { entry: `${__dirname}/handlers/on-order.ts` }), false],
  ])('of a function in %s', (_name, make, informHandler) => {
    const app = new TestApp();
    app.trigger({ handler: make(app), informHandler });

    expect(variable(app)).toBeUndefined();
    expect(app.warnings().includes('not-informed')).toBe(_name.startsWith('a StreamFunction'));
  });

  test('unless the app says otherwise', () => {
    const app = new TestApp();
    app.trigger({ handler: image(app), informHandler: true, onFailure: importedQueue(app) });

    expect(facts(app).triggers).toEqual([{ report: true, park: QUEUE_ARN }]);
  });

  test('of an imported function, with a warning if the trigger asks to inform it', () => {
    const app = new TestApp();
    app.trigger({ handler: lambda.Function.fromFunctionName(app.stack, 'Imported', 'imported'), informHandler: true });

    app.template().resourceCountIs('AWS::Lambda::Function', 0);

    expect(app.warnings()).toContain('not-informed');
  });
});

test.each<[string, (app: TestApp) => lambda.IFunction, boolean | undefined, number]>([
  ['a StreamFunction', (app) => new StreamFunction(app.stack, 'Fn', { entry: `${__dirname}/handlers/on-order.ts` }), undefined, 100],
  ['an alias of a StreamFunction', (app) => new StreamFunction(app.stack, 'Fn', { entry: `${__dirname}/handlers/on-order.ts` }).addAlias('live'), undefined, 100],
  ['a function whose author says that it has the runtime', (app) => app.fn(), true, 100],
  ['any other function', (app) => app.fn(), undefined, 10],
  ['a function in Python', (app) => app.fn('Fn', { runtime: lambda.Runtime.PYTHON_3_13 }), undefined, 10],
])('%s gets as many retries as its handler can use', (_name, make, informHandler, retries) => {
  const app = new TestApp();
  app.trigger({ handler: make(app), informHandler });

  expect(app.mapping().MaximumRetryAttempts).toBe(retries);
});

describe('no failure is taken for a success', () => {
  test('while an override switches reports on for a trigger that has them off, the function throws', () => {
    const app = new TestApp({ env: ENV });
    const trigger = app.trigger({ handler: app.fn(), informHandler: true, reportBatchItemFailures: false });
    (trigger.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping).functionResponseTypes = ['ReportBatchItemFailures'];

    expect(app.mapping().FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    expect(facts(app).triggers.map(({ report }: { readonly report: boolean }) => report)).toEqual([false]);
  });

  test.each([true, false])('where another mapping of the same stream and function does not report (an alias: %s), the function throws', (isSame) => {
    const app = new TestApp({ env: ENV });
    const [handler, table] = [app.fn(), importedTable(app, 'orders')];
    app.trigger({ handler, table, informHandler: true, onFailure: NoFailureDestination.INSTANCE });
    handler.addAlias('next').addEventSource(new sources.DynamoEventSource(isSame ? table : importedTable(app, 'places'), {
      startingPosition: lambda.StartingPosition.LATEST,
    }));

    expect(known(app, streamArn('orders'))).toMatchObject({ report: !isSame });
  });
});
