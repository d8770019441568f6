import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DataStack, FunctionsStack, TriggersStack } from '../../examples/cross-stack/stacks';
import { newApp } from '../app';

function example() {
  const app = newApp();
  const env = { account: '123456789012', region: 'eu-west-1' };
  const { orders } = new DataStack(app, 'Data', { env });
  const { onOrder } = new FunctionsStack(app, 'Functions', { env, orders });
  return { app, triggers: new TriggersStack(app, 'Triggers', { env, orders, onOrder }) };
}

test('the trigger\'s stack depends on the table\'s and the function\'s, and no stack on the trigger\'s', () => {
  const assembly = example().app.synth();
  const dependencies = Object.fromEntries(assembly.stacks.map(({ id, dependencies: others }) =>
    [id, others.map((other) => other.id).filter((other) => !other.endsWith('.assets')).sort()]));

  expect(dependencies).toEqual({ Data: [], Functions: ['Data'], Triggers: ['Data', 'Functions'] });
});

test('the trigger\'s stack has the mapping, and what the function is granted before it', () => {
  const template = Template.fromStack(example().triggers);

  const [policy] = Object.keys(template.findResources('AWS::IAM::Policy'));
  template.hasResource('AWS::Lambda::EventSourceMapping', { DependsOn: [policy] });
  expect(Object.values(template.toJSON().Resources).map(({ Type }: any) => Type).sort())
    .toEqual(['AWS::IAM::Policy', 'AWS::Lambda::EventSourceMapping']);
});

test('cdk-nag finds nothing', () => {
  expect(new AwsSolutionsChecks().validateScope(example().app).violations).toEqual([]);
});
