import * as cdk from 'aws-cdk-lib';
import { isNoFailureDestination } from '../../lib/trigger/destination/failure-destination';
import { cdkClassOf, fileOf } from '../../lib/trigger/template/cdk-internals';
import { TestApp } from '../app';

/** This package once more, as an app has it that installs it twice. */
function otherCopy(): typeof import('../../lib') {
  let copy: typeof import('../../lib');
  jest.isolateModules(() => {
    copy = jest.requireActual('../../lib');
  });
  return copy!;
}

test('NoFailureDestination of another copy of this package means none', () => {
  const { NoFailureDestination } = otherCopy();
  const app = new TestApp();
  const trigger = app.trigger({ onFailure: NoFailureDestination.INSTANCE });

  expect(NoFailureDestination).not.toBe(jest.requireActual('../../lib').NoFailureDestination);
  expect(trigger.failureDestination).toBeUndefined();
  app.template().resourceCountIs('AWS::SQS::Queue', 0);
  expect(app.mapping()).not.toHaveProperty('DestinationConfig');
});

test.each([undefined, null, 'none', 0])('%p is not a NoFailureDestination', (onFailure: any) => {
  expect(isNoFailureDestination(onFailure)).toBe(false);
});

describe('two copies of a package', () => {
  const VERSION = jest.requireActual('aws-cdk-lib/package.json').version;
  const FOUND = new RegExp(`^The app has 2 copies of aws-cdk-lib: ${VERSION} in \\S*node_modules/aws-cdk-lib, and ${VERSION} in another place\\. .*npm dedupe`);

  function otherCdk(): typeof cdk {
    let copy: typeof cdk;
    jest.isolateModules(() => {
      copy = jest.requireActual('aws-cdk-lib');
      // The CDK loads its parts when they are asked for.
      void [copy.Stack, copy.aws_sqs.Queue, copy.aws_dynamodb.TableV2];
    });
    return copy!;
  }

  const told = (app: TestApp) => app.app.node.findAll().flatMap(({ node }) => node.metadata)
    .map(({ data }) => String(data)).filter((data) => data.includes('[ack: dynamo-stream-trigger:two-copies]'));

  test('of the CDK are named by version and place, if a part comes from the other', () => {
    const other = otherCdk();
    const app = new TestApp();
    const queue = new other.aws_sqs.Queue(app.stack as never, 'Queue');
    app.trigger({ onFailure: new cdk.aws_lambda_event_sources.SqsDlq(queue as never) });
    app.app.synth();

    expect(told(app)).toEqual([expect.stringMatching(FOUND)]);
  });

  test('of the CDK are named where something fails for no reason of ours', () => {
    const other = otherCdk();
    const app = new TestApp();
    const table = new other.aws_dynamodb.TableV2(app.stack as never, 'Table', {
      partitionKey: { name: 'pk', type: other.aws_dynamodb.AttributeType.STRING }, dynamoStream: other.aws_dynamodb.StreamViewType.NEW_IMAGE,
    });
    const onFailure = {
      bind: () => {
        throw new TypeError('stack._obtain is not a function');
      },
    };

    expect(() => app.trigger({ table: table as never, onFailure })).toThrow(
      /^stack\._obtain is not a function\n\[Orders\/Trigger\] Perhaps because of this: The app has 2 copies of aws-cdk-lib/);
    expect(() => app.trigger({ onFailure }, 'Alone')).toThrow(/^stack\._obtain is not a function$/);
  });

  test('one copy is not reported', () => {
    const app = new TestApp();
    app.trigger();
    app.app.synth();

    expect(told(app)).toEqual([]);
  });

  test('of this package are named by version and place', () => {
    const app = new TestApp();
    app.trigger();
    (app.app as any)[Symbol.for('dynamo-stream-trigger/packages')].add(`${process.cwd()}/node_modules/constructs`);
    app.app.synth();

    expect(told(app)).toEqual([expect.stringMatching(/^The app has 2 copies of dynamo-stream-trigger: \S+ in \., and \S+ in node_modules\/constructs\. /)]);
  });

  test('the place of a class is the file that exports it', () => {
    const { name, type, version } = cdkClassOf(new cdk.Stack())!;
    const file = '/app/node_modules/aws-cdk-lib/core/lib/stack.js';
    const modules = { [file.replace('/app/', '/other/')]: { exports: { Stack: class {} } }, [file]: { exports: { Stack: cdk.Stack } } };

    expect({ name, version }).toEqual({ name: 'Stack', version: VERSION });
    expect(fileOf(name, type, modules)).toBe(file);
    expect(fileOf(name, type, {})).toBeUndefined();
    expect([undefined, null, 'text', {}, Object.create(null)].map(cdkClassOf)).toEqual(Array(5).fill(undefined));
  });
});
