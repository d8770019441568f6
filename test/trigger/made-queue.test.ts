import {
  AspectPriority, Aspects, aws_kms as kms, type aws_lambda as lambda, CfnResource, NestedStack, RemovalPolicies, RemovalPolicy, type Stack, Tags,
} from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { ENV, TestApp } from '../app';

/** The only queue of a stack. */
function queueIn(app: TestApp, stack: Stack): any {
  const [queue, ...others] = Object.values(app.template(stack).findResources('AWS::SQS::Queue'));
  expect(others).toEqual([]);
  return queue;
}

describe('the queue of a trigger whose function is in another stack, with a key', () => {
  const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';

  test.each<[string, (stacks: { trigger: Stack; functions: Stack; third: Stack }) => kms.IKey, 'trigger' | 'functions']>([
    ['of the trigger\'s stack', ({ trigger }) => new kms.Key(trigger, 'Key'), 'trigger'],
    ['of the function\'s stack', ({ functions }) => new kms.Key(functions, 'Key'), 'functions'],
    ['of a third stack', ({ third }) => new kms.Key(third, 'Key'), 'trigger'],
    ['that is an alias of a key of the trigger\'s stack', ({ trigger }) => new kms.Key(trigger, 'Key').addAlias('orders'), 'trigger'],
    ['that is imported', ({ trigger }) => kms.Key.fromKeyArn(trigger, 'Key', keyArn), 'functions'],
    ['that is imported by the ARN of one in the trigger\'s stack', ({ trigger, functions }) => kms.Key.fromKeyArn(functions, 'Imported', new kms.Key(trigger, 'Key').keyArn), 'trigger'],
  ])('%s is where it closes no circle', (_name, key, place) => {
    const app = new TestApp({ env: ENV });
    const stacks = { trigger: app.stack, functions: app.addStack('Functions', { env: ENV }), third: app.addStack('Third', { env: ENV }) };
    app.fn('Filler', {}, stacks.third);
    app.trigger({ handler: app.fn('Fn', {}, stacks.functions), failureQueueKey: key(stacks) });
    app.app.synth();

    expect(queueIn(app, stacks[place]).Properties.KmsMasterKeyId).toBeDefined();
    expect(app.warnings().includes('parking-off')).toBe(place === 'trigger');
  });
});

describe('what is applied around a trigger reaches the queue that it makes in the function\'s stack:', () => {
  /** A trigger in a construct in a stack beside the function's. */
  function apart(apply: (around: readonly IConstruct[]) => unknown): { app: TestApp; queue: any } {
    const app = new TestApp({ env: ENV });
    const stack = app.addStack('Triggers', { env: ENV });
    const feature = new Construct(stack, 'Feature');
    const trigger = app.trigger({ table: app.table(), handler: app.fn() }, 'Trigger', feature);
    apply([trigger, feature, stack, app.app]);
    return { app, queue: queueIn(app, app.stack) };
  }

  const tagged = (key: string) => expect.objectContaining({ Key: key, Value: 'orders' });

  test.each([0, 1, 2, 3])('tags, %i levels up', (level) => {
    const { app, queue } = apart((around) => Tags.of(around[level]).add('team', 'orders'));

    expect(queue.Properties.Tags).toEqual([tagged('team')]);
    if (level < 3) {
      expect(JSON.stringify(app.template().findResources('AWS::Lambda::Function'))).not.toContain('team');
    }
  });

  test.each([0, 1, 2])('removal policies, %i levels up', (level) => {
    expect(apart((around) => RemovalPolicies.of(around[level]).apply(RemovalPolicy.DESTROY, { overwrite: true } as never)).queue.DeletionPolicy).toBe('Delete');
  });

  test('aspects in the order of their priorities, each once', () => {
    const visited: string[] = [];
    const aspect = (name: string) => ({
      visit: (node: IConstruct) => {
        if (CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::SQS::Queue') {
          visited.push(name);
        }
      },
    });
    const everywhere = aspect('everywhere');
    apart(([trigger, feature, stack, app]) => {
      Aspects.of(stack).add(aspect('last'), { priority: AspectPriority.READONLY });
      Aspects.of(trigger).add(aspect('middle'));
      Aspects.of(feature).add(aspect('first'), { priority: AspectPriority.MUTATING });
      Aspects.of(stack).add(everywhere);
      Aspects.of(app).add(everywhere);
    });

    expect(visited.filter((name) => name !== 'everywhere')).toEqual(['first', 'middle', 'last']);
    expect(visited.filter((name) => name === 'everywhere')).toHaveLength(1);
  });

  test('not what is applied elsewhere', () => {
    const { queue } = apart(([{ node }]) => Tags.of((node.root as unknown as { node: typeof node }).node.findChild('Triggers').node.findChild('Feature').node.findChild('Trigger').node
      .findChild('EventSourceMapping')).add('team', 'orders'));

    expect(queue.Properties.Tags).toBeUndefined();
  });

  test('between nested stacks too', () => {
    const app = new TestApp({ env: ENV });
    const [functions, triggers] = ['Functions', 'Triggers'].map((id) => new NestedStack(app.stack, id));
    const handler: lambda.Function = app.fn('Fn', {}, functions);
    app.trigger({ table: app.table(), handler }, 'Trigger', triggers);
    Tags.of(triggers).add('team', 'orders');

    expect(queueIn(app, functions).Properties.Tags).toEqual([tagged('team')]);
  });
});
