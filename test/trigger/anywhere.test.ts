import { aws_dynamodb as dynamodb, aws_kms as kms, CfnOutput, NestedStack, type Stack } from 'aws-cdk-lib';
import fc from 'fast-check';
import { type Parts, type Placement, placed, placements, wireByHand, wireTrigger } from './placed-app';
import { type DynamoStreamTriggerProps, StreamFilter, StreamPermissions } from '../../lib';
import { TestApp } from '../app';

/** The error of the synthesis, or of a template whose resources need each other in a circle; undefined if the app can be deployed. */
function failure(placement: Placement, wire: (parts: Parts) => void): string | undefined {
  try {
    const parts = placed(placement);
    wire(parts);
    parts.app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test('wherever the parts are, the trigger can be deployed if a mapping and a policy can', () => {
  fc.assert(fc.property(placements, (placement) => {
    fc.pre(failure(placement, wireByHand) === undefined);

    expect(failure(placement, (parts) => wireTrigger(parts, placement.permissions))).toBeUndefined();
  }), { numRuns: 25 });
});

/** A stack with two nested ones, as Amplify makes them: the stack of the table uses a function that is beside the trigger's. */
function amplify(place: (stacks: Record<'root' | 'data' | 'functions' | 'third' | 'deeper', Stack>) => Stack, permissions: StreamPermissions): TestApp {
  const app = new TestApp();
  const root = app.stack;
  const [data, functions, third] = ['Data', 'Functions', 'Third'].map((id) => new NestedStack(root, id));
  const deeper = new NestedStack(data, 'Deeper');
  const [table, handler] = [app.table('Table', {}, data), app.fn('Fn', {}, functions)];
  new CfnOutput(data, 'Resolver', { value: app.fn('Resolver', {}, functions).functionArn });
  app.trigger({ table, handler, permissions }, 'Trigger', place({ root, data, functions, third, deeper }));
  return app;
}

describe.each(Object.values(StreamPermissions))('between nested stacks that need each other, with %s,', (permissions) => {
  test.each(['root', 'data', 'third', 'deeper'] as const)('the trigger can be in %s', (place) => {
    expect(() => amplify((stacks) => stacks[place], permissions).synth()).not.toThrow();
  });

  test.each<[string, (stacks: { functions: Stack }) => Stack]>([
    ['in the stack of the function', ({ functions }) => functions],
    ['deeper in it', ({ functions }) => new NestedStack(functions, 'Inner')],
  ])('the trigger can\'t be %s, and the error says where it can', (_name, place) => {
    expect(() => amplify(place, permissions).synth())
      .toThrow(/Orders\/Data -> Orders\/Functions\. .* Put the trigger in the stack Orders\/Data\. \(circular-dependency\)/);
  });

  test.each<[string, (app: TestApp, key: kms.Key) => Partial<DynamoStreamTriggerProps>]>([
    ['of its table', (app, key) => ({ table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(key) }) })],
    ['of its filters', (app, filterEncryption) => ({ table: app.table(), filters: [StreamFilter.notExpired()], filterEncryption })],
    ['of its queue', (app, failureQueueKey) => ({ table: app.table(), failureQueueKey })],
  ])('the trigger can\'t be where the key %s waits for, and the error says where it can', (_name, props) => {
    const build = (place: 'functions' | 'root') => {
      const app = new TestApp({ env: { account: '123456789012', region: 'eu-west-1' } });
      const [keys, functions] = ['Keys', 'Functions'].map((id) => new NestedStack(app.stack, id));
      const key = new kms.Key(keys, 'Key');
      new CfnOutput(keys, 'Resolver', { value: app.fn('Resolver', {}, functions).functionArn });
      app.trigger({ handler: app.fn('Fn', {}, functions), permissions, ...props(app, key) }, 'Trigger', place === 'root' ? app.stack : functions);
      return app;
    };

    expect(() => build('functions').synth()).toThrow(/Orders\/Keys -> Orders\/Functions\. .* Put the trigger in the stack Orders\. \(circular-dependency\)/);
    expect(() => build('root').synth()).not.toThrow();
  });
});
