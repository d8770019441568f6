import {
  aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, type aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs,
  type CfnResource, Fn,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type DynamoStreamTriggerProps, StreamedTable, StreamPermissions } from '../../lib';
import { ENV, TestApp } from '../app';

// With the CDK's own validation, which finds circles within a template.
process.env.CDK_VALIDATION = 'true';

/** A policy's statement that allows only calls of one function. */
function statementOf(value: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['*'], resources: ['*'], principals: [new iam.AccountRootPrincipal()], conditions: { ArnEquals: { 'lambda:SourceFunctionArn': value } },
  });
}

/** The ways in which a table can depend on the function that its stream drives. */
const WAYS: readonly [string, (app: TestApp, fn: lambda.Function) => dynamodb.ITable][] = [
  ['policy', (app, fn) => {
    const table = app.table();
    table.addToResourcePolicy(statementOf(fn.functionArn));
    return table;
  }],
  ['policy, by an alias', (app, fn) => {
    const table = app.table();
    table.addToResourcePolicy(statementOf(fn.addAlias('live').functionArn));
    return table;
  }],
  ['policy, in the text of a template', (app, fn) => {
    const table = app.table();
    table.addToResourcePolicy(statementOf(Fn.sub(`\${${app.stack.resolve((fn.node.defaultChild as CfnResource).logicalId)}.Arn}`)));
    return table;
  }],
  ['override', (app, fn) => {
    const table = app.table();
    const { logicalId } = fn.node.defaultChild as CfnResource;
    (table.node.defaultChild as CfnResource).addPropertyOverride('Replicas.0.Tags', [{ Key: 'reader', Value: { Ref: app.stack.resolve(logicalId) } }]);
    return table;
  }],
  ['dependency', (app, fn) => {
    const table = app.table();
    table.node.addDependency(fn);
    return table;
  }],
  ['dependency, and its stream is looked up', (app, fn) => {
    const table = app.table();
    table.node.addDependency(fn);
    return StreamedTable.fromTable(app.stack, 'LookedUp', table, { encryptionKey: new kms.Key(app.stack, 'Key') });
  }],
];

describe('a table that depends on the function by its', () => {
  test.each(WAYS)('%s drives it, and the function does not get the stream\'s ARN', (_name, tableOf) => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn();
    app.trigger({ handler, table: tableOf(app, handler) });
    app.trigger({ handler }, 'Another');
    app.app.synth();

    // Fails where resources need each other in a circle.
    Template.fromStack(app.stack);
    expect(JSON.stringify(app.template().toJSON())).toContain('triggers\\":[{\\"report\\"');
  });

  test.each(WAYS)('%s drives it if a policy of the function\'s role names the stream', (_name, tableOf) => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn();
    app.trigger({ handler, table: tableOf(app, handler), permissions: StreamPermissions.LEAST_PRIVILEGE });
    app.app.synth();

    Template.fromStack(app.stack);
  });

  test.each(WAYS.slice(0, 5))('%s drives it if the trigger is in another stack', (_name, tableOf) => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn();
    const props = { handler, table: tableOf(app, handler), permissions: StreamPermissions.LEAST_PRIVILEGE };
    app.trigger(props, 'Trigger', app.addStack('Trigger', { env: ENV }));
    app.app.synth();

    Template.fromStack(app.stack);
  });
});

describe('what depends on the function may be', () => {
  const keyNaming = (app: TestApp, fn: lambda.Function) => {
    const key = new kms.Key(app.stack, 'Key');
    key.addToResourcePolicy(statementOf(fn.functionArn));
    return key;
  };

  test.each<[string, (app: TestApp, fn: lambda.Function) => Partial<DynamoStreamTriggerProps>]>([
    ['the key of the table', (app, fn) => ({
      table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(keyNaming(app, fn)) }),
    })],
    ['the key of the failure queue', (app, fn) => ({
      onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue', { encryptionMasterKey: keyNaming(app, fn) })),
    })],
  ])('%s', (_name, props) => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn();
    app.trigger({ handler, ...props(app, handler) });
    app.app.synth();

    // Fails where resources need each other in a circle.
    Template.fromStack(app.stack);
  });
});

test('a circle without the trigger is reported by the CDK, not by the trigger', () => {
  const app = new TestApp({ env: ENV });
  const [one, two] = [new sqs.Queue(app.stack, 'One'), new sqs.Queue(app.stack, 'Two')];
  one.node.addDependency(two);
  two.node.addDependency(one);
  app.trigger();

  // The CDK's own finding.
  expect(() => app.app.synth()).toThrow(/CloudFormation-Validate::F3004/);
});
