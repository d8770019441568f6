import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { TestApp } from '../app';
import { findings } from './nag';
import { APPS, VARIANTS } from './variants';
import { StreamFunction } from '../../lib';

// With the CDK's own validation, which knows the properties of each resource.
process.env.CDK_VALIDATION = 'true';

test('the template of a small app', () => {
  const app = new TestApp();
  const handler = new StreamFunction(app.stack, 'OnOrder', { entry: join(__dirname, 'handlers', 'on-order.ts') });
  app.trigger({ table: app.table(), handler });
  const template = app.template().toJSON();
  delete template.Parameters;
  delete template.Rules;

  expect(JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, 'ASSET'))).toMatchSnapshot();
});

describe.each(APPS)('in $age', ({ flags }) => {
  test.each(VARIANTS)('with $name, cdk-nag and the CDK\'s validation find only what the app chose', ({ app: variant, choices = [] }) => {
    // The CDK prints the warnings that some variants are about.
    jest.spyOn(console, 'error').mockReturnValue();
    const variantApp = variant(flags);
    expect(findings(variantApp).map(({ rule }) => rule)).toEqual(choices);

    Validations.of(variantApp.app).addPlugins(new AwsSolutionsChecks());
    Validations.of(variantApp.app).acknowledge(...choices.map((id) => ({ id, reason: 'The choice of this app.' })));
    expect(() => variantApp.app.synth()).not.toThrow();
  });
});
