import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PlacesStack } from '../../examples/places/places-stack';

/** The example without bundling. */
function places(): { readonly app: App; readonly stack: PlacesStack } {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  return { app, stack: new PlacesStack(app, 'Places') };
}

test('the template of the example', () => {
  const template = Template.fromStack(places().stack).toJSON();
  delete template.Parameters;
  delete template.Rules;

  expect(JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, 'ASSET'))).toMatchSnapshot();
});

test('cdk-nag has nothing to say that the example does not explain', () => {
  const { violations } = new AwsSolutionsChecks().validateScope(places().app);

  expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
});
