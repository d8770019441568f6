import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RegionStack, SessionsStack } from '../../examples/replicas/stacks';
import { newApp } from '../app';

const REGIONS = ['eu-west-1', 'us-east-1'];

function example() {
  const app = newApp();
  const account = '123456789012';
  const { sessions } = new SessionsStack(app, 'Sessions', { env: { account, region: REGIONS[0] }, replicaRegions: REGIONS.slice(1) });
  return { app, stacks: REGIONS.map((region) => new RegionStack(app, `SessionEvents-${region}`, { env: { account, region }, sessions })) };
}

test.each(REGIONS)('the trigger in %s reads the stream that is looked up there, after the table was deployed', (region) => {
  const { app, stacks } = example();
  const stack = stacks[REGIONS.indexOf(region)];
  const template = Template.fromStack(stack);

  const { EventSourceArn } = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))[0].Properties;
  const [lookup, attribute] = EventSourceArn['Fn::GetAtt'];
  expect(attribute).toBe('StreamArn');
  expect(template.toJSON().Resources[lookup].Type).toMatch(/^Custom::/);
  expect(app.synth().getStackByName(stack.stackName).dependencies.map(({ id }) => id)).toContain('Sessions');
});

test('cdk-nag finds nothing', () => {
  expect(new AwsSolutionsChecks().validateScope(example().app).violations).toEqual([]);
});
