import { join } from 'node:path';
import { aws_iam as iam, aws_lambda as lambda, aws_logs as logs, type CfnResource, CustomResource, Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { LookupProperties, LookupResult } from './stream-lookup.lambda';

/** Which table's stream is looked up. */
export interface LookedUpTable {
  readonly tableArn: string;
  /** The table's name, or its ARN if the table belongs to another account. */
  readonly tableName: string;
  readonly refresh?: string;
  /** Where the function writes its log. */
  readonly logGroup?: logs.ILogGroup;
}

/** A custom resource that finds a table's stream and key when it is created. */
export class StreamLookup extends Construct {
  readonly tableArn: string;
  readonly streamArn: string;
  readonly keyArn: string;

  constructor(scope: Construct, id: string, { tableArn, tableName, refresh, logGroup }: LookedUpTable) {
    super(scope, id);
    this.tableArn = tableArn;
    const lookupFunction = LookupFunction.of(this);
    lookupFunction.allow(tableArn);
    if (logGroup !== undefined) {
      lookupFunction.logTo(logGroup, scope.node.path);
    }
    // An update that fails is rolled back by another update, which looks up once more and fails again. So another `refresh` makes another
    // resource. CloudFormation creates that one, and deletes the old one, with what it found, when everything else is done.
    const resourceId = refresh === undefined || Token.isUnresolved(refresh) ? 'Resource' : `Refresh${refresh}`;
    const resource = new CustomResource(this, resourceId, {
      resourceType: RESOURCE_TYPE,
      serviceToken: lookupFunction.arn,
      // Lambda invokes a function that fails three times, with pauses.
      serviceTimeout: Duration.minutes(10),
      properties: { TableName: tableName, Refresh: refresh } satisfies LookupProperties & { Refresh?: string },
    });
    resource.node.addDependency(lookupFunction.role);
    this.streamArn = resource.getAttString('StreamArn' satisfies keyof LookupResult);
    this.keyArn = resource.getAttString('KeyArn' satisfies keyof LookupResult);
  }
}

/** The lookup that a resource is a part of, if there is one. Not by `instanceof`: two copies of this package may meet in one app. */
export function lookupOf(resource: CfnResource | undefined): StreamLookup | undefined {
  return resource?.cfnResourceType === RESOURCE_TYPE
    ? resource.node.scopes.find((scope): scope is StreamLookup => 'tableArn' in scope && 'streamArn' in scope)
    : undefined;
}

const RESOURCE_TYPE = 'Custom::DynamoStreamLookup';

/** One function for all lookups of a stack. It may describe their tables and write its log. */
class LookupFunction extends Construct {
  static of(scope: Construct): LookupFunction {
    const stack = Stack.of(scope);
    return stack.node.tryFindChild(ID) as LookupFunction | undefined ?? new LookupFunction(stack, ID);
  }

  readonly arn: string;
  readonly role: iam.Role;
  private readonly fn: lambda.Function;
  private given?: logs.ILogGroup;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new logs.LogGroup(this, LOGS, { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    this.fn = new lambda.Function(this, 'Function', {
      description: 'Looks up streams of DynamoDB tables (dynamo-stream-trigger)',
      code: lambda.Code.fromAsset(BUNDLE),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      timeout: Duration.minutes(1),
      memorySize: 256,
      role: this.role,
      logGroup,
    });
    this.role.addToPolicy(new iam.PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [Lazy.string({ produce: () => (this.given ?? logGroup).logGroupArn })],
    }));
    this.arn = this.fn.functionArn;
  }

  /** Has the function log elsewhere than in the group that is made for it, which then is not made. */
  logTo(logGroup: logs.ILogGroup, table: string): void {
    if (this.given !== undefined && this.given !== logGroup) {
      throw new Error(`[${table}] logGroup is ${logGroup.node.path}, but another StreamedTable of the stack has ${this.given.node.path}, and one function `
        + 'looks up the streams of both. Give both the same, or only one of them any.');
    }
    this.given = logGroup;
    this.node.tryRemoveChild(LOGS);
    (this.fn.node.defaultChild as lambda.CfnFunction).loggingConfig = { logGroup: logGroup.logGroupName };
  }

  /** The CDK writes a permission that was added twice once. */
  allow(tableArn: string): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:DescribeTable'], resources: [tableArn] }));
  }
}

const ID = 'DynamoStreamLookup';

const LOGS = 'Logs';

/** What the build makes from `stream-lookup.lambda.ts`. By a path that is right from lib/ and from build/. */
const BUNDLE = join(__dirname, '..', '..', '..', 'build', 'trigger', 'table', 'stream-lookup.lambda.bundle');
