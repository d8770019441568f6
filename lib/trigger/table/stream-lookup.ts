import { join } from 'node:path';
import { aws_iam as iam, aws_lambda as lambda, aws_logs as logs, type CfnResource, CustomResource, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { LookupProperties, LookupResult } from './stream-lookup.lambda';

/** Which table's stream is looked up. */
export interface LookedUpTable {
  readonly tableArn: string;
  /** The table's name, or its ARN where it is of another account. */
  readonly tableName: string;
  readonly refresh?: string;
}

/** Looks up, in each deployment that creates it, a table's stream and key. */
export class StreamLookup extends Construct {
  readonly tableArn: string;
  readonly streamArn: string;
  readonly keyArn: string;

  constructor(scope: Construct, id: string, { tableArn, tableName, refresh }: LookedUpTable) {
    super(scope, id);
    this.tableArn = tableArn;
    const lookupFunction = LookupFunction.of(this);
    lookupFunction.allow(tableArn);
    // With another id it is another resource: CloudFormation creates it, and keeps the old one with what that found until
    // everything else is done. An update that fails would be looked up once more to roll it back, and fail again.
    const resource = new CustomResource(this, refresh === undefined || Token.isUnresolved(refresh) ? 'Resource' : `Refresh${refresh}`, {
      resourceType: RESOURCE_TYPE,
      serviceToken: lookupFunction.arn,
      // Enough for the three times that Lambda invokes a function that fails to answer.
      serviceTimeout: Duration.minutes(10),
      properties: { TableName: tableName, Refresh: refresh } satisfies LookupProperties & { Refresh?: string },
    });
    resource.node.addDependency(lookupFunction.role);
    this.streamArn = resource.getAttString('StreamArn' satisfies keyof LookupResult);
    this.keyArn = resource.getAttString('KeyArn' satisfies keyof LookupResult);
  }
}

/** The lookup whose resource this is, if it is one. Not by `instanceof`: two copies of this package may meet in one app. */
export function lookupOf(resource: CfnResource | undefined): StreamLookup | undefined {
  return resource?.cfnResourceType === RESOURCE_TYPE
    ? resource.node.scopes.find((scope): scope is StreamLookup => 'tableArn' in scope && 'streamArn' in scope)
    : undefined;
}

const RESOURCE_TYPE = 'Custom::DynamoStreamLookup';

/** The function behind all lookups of a stack: it may describe their tables and write its log. */
class LookupFunction extends Construct {
  static of(scope: Construct): LookupFunction {
    const stack = Stack.of(scope);
    return stack.node.tryFindChild(ID) as LookupFunction | undefined ?? new LookupFunction(stack, ID);
  }

  readonly arn: string;
  readonly role: iam.Role;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const { functionArn } = new lambda.Function(this, 'Function', {
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
    logGroup.grantWrite(this.role);
    this.arn = functionArn;
  }

  /** The same permission twice is one. */
  allow(tableArn: string): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:DescribeTable'], resources: [tableArn] }));
  }
}

const ID = 'DynamoStreamLookup';

/** What the build makes of `stream-lookup.lambda.ts`, also for the sources themselves. */
const BUNDLE = join(__dirname, '..', '..', '..', 'build', 'trigger', 'table', 'stream-lookup.lambda.bundle');
