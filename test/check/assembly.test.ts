import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, App, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, NoFailureDestination } from '../../lib';
import { check } from '../../lib/check';
import { CHECKED_MARK } from '../../lib/rules/marks';
import { folderWith, newFolder } from '../folder';
import { APPS, VARIANTS } from '../trigger/variants';

// The CDK prints the warnings that some variants are about.
beforeAll(() => {
  jest.spyOn(console, 'error').mockReturnValue();
});

const table = (scope: Construct, props: Partial<dynamodb.TableProps> = {}) => new dynamodb.Table(scope, 'Orders', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.KEYS_ONLY, ...props,
});

/** A function that the CDK's own class drives. */
function drive(scope: Construct, orders: dynamodb.ITable): void {
  const fn = new lambda.Function(scope, 'OnOrder', { code: lambda.Code.fromInline('x'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X });
  fn.addEventSource(new DynamoEventSource(orders, {
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    retryAttempts: 3,
    onFailure: new SqsDlq(new sqs.Queue(scope, 'Failed')),
    filters: [{ pattern: '{"dynamodb":{"NewImage":{"state":{"S":["open"]}}}}' }],
  }));
}

/** What is found in an app, and under which paths. */
function found(make: (app: App) => void): [string | undefined, string[]][] {
  const app = new App({ outdir: join(newFolder(), 'cdk.out'), context: { 'aws:cdk:enable-path-metadata': true } });
  make(app);
  return check(app.synth().directory).mappings.map(({ path, violations }) => [path, violations.map(({ ruleId }) => ruleId)]);
}

/** What the mapping of `drive` breaks, if its table and its function are found. */
const BROKEN = ['filter-image', 'short-timeout'];

test.each<[string, (app: App) => void, string]>([
  ['one stack', (app) => {
    const stack = new Stack(app, 'Shop');
    drive(stack, table(stack));
  }, 'Shop/OnOrder/DynamoDBEventSource:ShopOrders'],
  ['two stacks', (app) => drive(new Stack(app, 'Work'), table(new Stack(app, 'Data'))), 'Work/OnOrder/DynamoDBEventSource:DataOrders'],
  ['a nested stack, with the table outside', (app) => {
    const shop = new Stack(app, 'Shop');
    drive(new NestedStack(shop, 'Work'), table(shop));
  }, 'Shop/Work/OnOrder/DynamoDBEventSource:ShopOrders'],
  ['a nested stack, with the function outside', (app) => {
    const shop = new Stack(app, 'Shop');
    drive(shop, table(new NestedStack(shop, 'Data')));
  }, 'Shop/OnOrder/DynamoDBEventSource:ShopDataOrders'],
  ['two nested stacks', (app) => {
    const shop = new Stack(app, 'Shop');
    drive(new NestedStack(shop, 'Work'), table(new NestedStack(shop, 'Data')));
  }, 'Shop/Work/OnOrder/DynamoDBEventSource:ShopDataOrders'],
  ['a stage', (app) => {
    const stage = new Stage(app, 'Prod');
    drive(new Stack(stage, 'Work'), table(new Stack(stage, 'Data')));
  }, 'Prod/Work/OnOrder/DynamoDBEventSource:ProdDataOrders'],
])('a mapping of the CDK\'s own class is judged with its table and its function, in %s', (_, make, path) => {
  expect(found(make)).toEqual([[expect.stringMatching(`^${path}`), BROKEN]]);
});

test('the Region of a stack is that of its mapping', () => {
  const [[, rules]] = found((app) => {
    const stack = new Stack(app, 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } });
    drive(stack, dynamodb.Table.fromTableAttributes(stack, 'Orders', {
      tableName: 'orders', tableStreamArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/orders/stream/2025-01-01T00:00:00.000',
    }));
  });

  expect(rules).toEqual(['stream-region', 'short-timeout']);
});

test('the output of another stack is followed', () => {
  const stackOf = (name: string) => ({ type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: `${name}.json` } });
  const folder = folderWith({
    'manifest.json': JSON.stringify({ artifacts: { Data: stackOf('Data'), Work: stackOf('Work') } }),
    'Data.json': JSON.stringify({
      Resources: { Orders: { Type: 'AWS::DynamoDB::Table' } }, Outputs: { Stream: { Value: { 'Fn::GetAtt': ['Orders', 'StreamArn'] } } },
    }),
    'Work.json': JSON.stringify({
      Resources: {
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetStackOutput': { StackName: 'Data', OutputName: 'Stream' } }, FunctionName: 'on-order', StartingPosition: 'TRIM_HORIZON',
          },
        },
      },
    }),
  });

  expect(check(folder).mappings.flatMap(({ violations }) => violations.map(({ ruleId }) => ruleId))).toContain('stream-off');
});

test('a warning that the app acknowledges is not repeated', () => {
  const results = found((app) => {
    const stack = new Stack(app, 'Shop');
    drive(stack, table(stack));
    Validations.of(stack.node.findChild('OnOrder')).acknowledge({ id: 'dynamo-stream-trigger:filter-image', reason: 'It is for later.' });
    Validations.of(stack.node.findChild('OnOrder')).acknowledge({ id: 'Annotation::dynamo-stream-trigger:short-timeout', reason: 'It is short.' });
    const trigger = new DynamoStreamTrigger(stack, 'Trigger', {
      table: new dynamodb.Table(stack, 'Carts', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.KEYS_ONLY }),
      handler: new lambda.Function(stack, 'OnCart', { code: lambda.Code.fromInline('x'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X }),
      onFailure: NoFailureDestination.INSTANCE,
      startingPosition: lambda.StartingPosition.LATEST,
    });
    Annotations.of(trigger).acknowledgeWarning('dynamo-stream-trigger:no-destination', 'The records can be recomputed.');
  });

  expect(results.map(([, rules]) => rules)).toEqual([[], ['starting-position-latest', 'short-timeout']]);
});

test('a stack without resources does not stop the check', () => {
  expect(found((app) => new Stack(app, 'Empty'))).toEqual([]);
});

test('what DynamoStreamTrigger lets through has no errors, and no permission is missing', () => {
  for (const { app } of VARIANTS) {
    const { directory } = app(APPS[1].flags).app.synth();
    for (const file of readdirSync(directory).filter((name) => name.endsWith('.metadata.json'))) {
      // As if the trigger had not checked the same.
      writeFileSync(join(directory, file), readFileSync(join(directory, file), 'utf8').replaceAll(CHECKED_MARK, 'other'));
    }
    const { mappings } = check(directory);

    expect(mappings.length).toBeGreaterThan(0);
    expect(mappings.flatMap(({ violations }) => violations.filter(({ severity, ruleId }) => severity === 'error' || ruleId === 'grant-missing'))).toEqual([]);
  }
});
