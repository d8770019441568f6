import { type aws_lambda as lambda, aws_logs as logs, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';
import { ownedFunction } from '../function/owned-function';
import { isStreamFunction } from '../function/stream-function';
import { resourceOf } from '../template/resource';

/** A question that is asked of the runtime's log, by fields of a failure. */
interface Question {
  readonly title: string;
  readonly by: readonly string[];
}

const QUESTIONS: { readonly [id: string]: Question } = {
  ByError: { title: 'failures by error', by: ['error', 'outcome'] },
  // Whether one item fails or many. The runtime logs a hash of the key.
  ByItem: { title: 'failures by item', by: ['item', 'error', 'outcome'] },
  ByRecord: { title: 'failures by record', by: ['eventId', 'sequenceNumber', 'error', 'outcome'] },
};

/** Saves the first questions of an incident in CloudWatch Logs Insights, under the name of the monitoring. */
export function addQueries(scope: Construct, triggers: readonly DynamoStreamTrigger[]): logs.QueryDefinition[] {
  const place = new Construct(scope, 'Queries');
  const logGroups = [...new Set(triggers.map(({ handler }) => ownedFunction(handler) ?? handler))]
    .map((fn, index) => logGroupOf(place, `LogGroup${index}`, fn));
  return Object.entries(QUESTIONS).map(([id, { title, by }]) => new logs.QueryDefinition(place, id, {
    queryDefinitionName: `${placeOf(scope)}/${title}`,
    queryString: new logs.QueryString({
      filterStatements: ['@message like "dynamo-stream-trigger: record failed"'],
      // Lambda's text format has the failure as a text, and its JSON format as fields below another: both spell them the same.
      parseStatements: by.map((field) => `@message '"${field}":"*"' as ${field}`),
      statsStatements: [`count(*) as failures, min(@timestamp) as first, max(@timestamp) as latest by ${by.join(', ')}`],
      sort: 'failures desc',
      limit: 50,
    }),
    logGroups,
  }));
}

/** Of the name of the stack, which is unique, and the path in it: nothing else differs between two deployments of one app. */
function placeOf(scope: Construct): string {
  const stack = Stack.of(scope);
  const inStack = scope.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id).join('/');
  return `${stack.stackName}/${inStack.slice(-LONGEST_PLACE)}`;
}

/** Of the 255 characters of a name, the stack's has up to 128, and the title a few. */
const LONGEST_PLACE = 100;

/** Where a function logs. The CDK's own property would make a log group of another kind. */
function logGroupOf(scope: Construct, id: string, fn: lambda.IFunction): logs.ILogGroup {
  if (isStreamFunction(fn as lambda.Function)) {
    return (fn as lambda.Function).logGroup;
  }
  const { loggingConfig } = (resourceOf(fn) ?? {}) as Partial<lambda.CfnFunction>;
  const { logGroup = `/aws/lambda/${fn.functionName}` } = (loggingConfig ?? {}) as lambda.CfnFunction.LoggingConfigProperty;
  return logs.LogGroup.fromLogGroupName(scope, id, logGroup);
}
