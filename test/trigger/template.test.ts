import { join } from 'path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { TestApp } from './app';
import { StreamFunction, StreamPermissions } from '../../lib';

function appWith(permissions?: StreamPermissions): TestApp {
  const app = new TestApp();
  const handler = new StreamFunction(app.stack, 'OnOrder', { entry: join(__dirname, 'handlers', 'on-order.ts') });
  app.trigger({ table: app.table(), handler, permissions });
  return app;
}

/** The ids of the findings, each once. */
function findings(app: TestApp): string[] {
  const { violations } = new AwsSolutionsChecks().validateScope(app.app);
  return [...new Set(violations.map(({ ruleName }) => ruleName))];
}

test('the template of a small app', () => {
  const template = appWith().template().toJSON();
  delete template.Parameters;
  delete template.Rules;

  expect(JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, 'ASSET'))).toMatchSnapshot();
});

test('cdk-nag has nothing to say with least privilege', () => {
  expect(findings(appWith(StreamPermissions.LEAST_PRIVILEGE))).toEqual([]);
});

test('cdk-nag finds the managed policy, which is the Lambda guide\'s way', () => {
  const managedPolicy = 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole]';
  const app = appWith();
  expect(findings(app)).toEqual([managedPolicy]);

  Validations.of(app.app).acknowledge({ id: managedPolicy, reason: 'The managed policy that the Lambda guide names.' });
  expect(findings(app)).toEqual([]);
});
