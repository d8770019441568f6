import type { aws_dynamodb as dynamodb, aws_lambda as lambda, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { DynamoStreamTrigger } from '../../lib';
import { ENV, TestApp } from '../app';

const mappingOf = ({ eventSourceMapping }: DynamoStreamTrigger) => eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
const idOf = (app: TestApp, { node }: IConstruct) => app.stack.resolve((node.defaultChild as CfnResource).logicalId);

/** The ways to change a property of a mapping to what another construct has. */
const WAYS: readonly [string, (mapping: lambda.CfnEventSourceMapping, name: 'FunctionName' | 'EventSourceArn', token: string, template: object) => unknown][] = [
  ['the first layer', (mapping, name, token) => mapping[name === 'FunctionName' ? 'functionName' : 'eventSourceArn'] = token],
  ['an override', (mapping, name, token) => mapping.addPropertyOverride(name, token)],
  ['an override in the words of the template', (mapping, name, _token, template) => mapping.addPropertyOverride(name, template)],
];

/** The ids of the errors and warnings of an app. */
function told(app: TestApp): string[] {
  try {
    app.app.synth();
    return app.warnings();
  } catch (error) {
    return [...(error as Error).message.matchAll(/\(([a-z-]+)\)$/gm)].map(([, id]) => id);
  }
}

describe.each(WAYS)('by %s', (_name, change) => {
  const toFunction = (app: TestApp, trigger: DynamoStreamTrigger, fn: lambda.Function) => change(mappingOf(trigger), 'FunctionName', fn.functionArn, { 'Fn::GetAtt': [idOf(app, fn), 'Arn'] });
  const toTable = (app: TestApp, trigger: DynamoStreamTrigger, table: dynamodb.ITable) =>
    change(mappingOf(trigger), 'EventSourceArn', table.tableStreamArn!, { 'Fn::GetAtt': [idOf(app, table), 'StreamArn'] });

  test('two mappings of one stream and one function are found', () => {
    const app = new TestApp({ env: ENV });
    const [table, one, two] = [app.table(), app.fn('One'), app.fn('Two')];
    app.trigger({ table, handler: one }, 'First');
    toFunction(app, app.trigger({ table, handler: two }, 'Second'), one);

    expect(told(app)).toContain('duplicate-mapping');
  });

  test('two mappings that no longer are of one function are not', () => {
    const app = new TestApp({ env: ENV });
    const [table, one, two] = [app.table(), app.fn('One'), app.fn('Two')];
    app.trigger({ table, handler: one }, 'First');
    toFunction(app, app.trigger({ table, handler: one }, 'Second'), two);

    expect(told(app)).not.toContain('duplicate-mapping');
  });

  test('two mappings that came to one stream are found', () => {
    const app = new TestApp({ env: ENV });
    const [one, two, handler] = [app.table('One'), app.table('Two'), app.fn()];
    app.trigger({ table: one, handler }, 'First');
    toTable(app, app.trigger({ table: two, handler }, 'Second'), one);

    expect(told(app)).toContain('duplicate-mapping');
  });

  test('another function is warned of, an alias of the same one is not', () => {
    const app = new TestApp({ env: ENV });
    const [handler, other] = [app.fn(), app.fn('Other')];
    toFunction(app, app.trigger({ handler }), other);
    expect(told(app)).toContain('function-of-another');

    const same = new TestApp({ env: ENV });
    const fn = same.fn();
    const alias = fn.addAlias('live');
    change(mappingOf(same.trigger({ handler: fn })), 'FunctionName', alias.functionArn, { Ref: idOf(same, alias) });
    expect(told(same)).not.toContain('function-of-another');
  });

  test('another table is warned of, and the stream is judged as that table has it', () => {
    const app = new TestApp({ env: ENV });
    toTable(app, app.trigger({ table: app.table() }), app.table('Other'));
    expect(told(app)).toContain('stream-of-another-table');

    const off = new TestApp({ env: ENV });
    toTable(off, off.trigger({ table: off.table() }), off.table('Off', { dynamoStream: undefined }));
    expect(told(off)).toContain('stream-off');
  });
});

test.each(['orders', 'arn:aws:lambda:eu-west-1:123456789012:function:orders', 'orders:live'])('the name %s of another function is warned of, and that of the same one is not', (name) => {
  const withName = (functionName: string | undefined) => {
    const app = new TestApp({ env: ENV });
    mappingOf(app.trigger({ handler: app.fn('Fn', { functionName }) })).functionName = name;
    return told(app).includes('function-of-another');
  };

  expect([undefined, 'places', 'orders'].map(withName)).toEqual([true, true, false]);
});

test('a stream that is given by its ARN is not judged by the table of the trigger', () => {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger({ table: app.table('Off', { dynamoStream: undefined }) });
  mappingOf(trigger).eventSourceArn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000';

  expect(told(app)).not.toContain('stream-off');
});
