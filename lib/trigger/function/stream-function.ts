import { aws_iam as iam, aws_lambda as lambda, aws_lambda_nodejs as nodejs, aws_logs as logs, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { bundleWithRuntime } from './bundle';

/** The code of a function, and whatever else a function takes. */
export interface StreamFunctionProps extends lambda.FunctionOptions {
  /**
   * The path of the file that exports the handler, in JavaScript or TypeScript, seen from where the app is run.
   */
  readonly entry: string;

  /**
   * The name of the exported handler.
   *
   * @default handler
   */
  readonly handler?: string;

  /**
   * The runtime: one for Node.js. A fixed one, so that the bundle knows what it runs on.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * How esbuild bundles the entry. `dynamo-stream-trigger/runtime` is always this package's own.
   *
   * @default - the CDK's options for a NodejsFunction
   */
  readonly bundling?: nodejs.BundlingOptions;

  /**
   * The folder that the entry has to be in.
   *
   * @default - the folder of the lock file
   */
  readonly projectRoot?: string;

  /**
   * The lock file of the entry's dependencies.
   *
   * @default - the nearest one above the entry; none is needed
   */
  readonly depsLockFilePath?: string;
}

/**
 * A Node.js function bundled with this package's runtime, made for streams: 1 minute, 512 MB, arm64, a role of its own that can
 * write the function's logs and nothing else, and logs that are kept for a month.
 *
 * Bundling needs esbuild (0.x) in the project or on the PATH.
 */
export class StreamFunction extends nodejs.NodejsFunction {
  constructor(scope: Construct, id: string, props: StreamFunctionProps) {
    const { logRetention, logRemovalPolicy, ...rest } = props;
    super(scope, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      timeout: Duration.minutes(1),
      memorySize: 512,
      ...rest,
      ...bundleWithRuntime(scope, `${scope.node.path}/${id}`, props),
      role: props.role ?? ownRole(scope, id, props),
      logGroup: props.logGroup ?? ownLogGroup(scope, id, logRetention, logRemovalPolicy),
    });
    if (props.role === undefined) {
      this.logGroup.grantWrite(this);
    }
  }
}

/** Without AWSLambdaBasicExecutionRole, which may write any log. Given one, the CDK leaves the policy for a VPC to us. */
function ownRole(scope: Construct, id: string, props: StreamFunctionProps): iam.Role {
  return new iam.Role(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    managedPolicies: props.vpc && [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole')],
  });
}

/** Takes the place of the log group that the CDK used to make with a custom resource, whose settings it honors. */
function ownLogGroup(
  scope: Construct, id: string, retention = logs.RetentionDays.ONE_MONTH, removalPolicy?: RemovalPolicy,
): logs.LogGroup {
  return new logs.LogGroup(scope, `${id}Logs`, { retention, removalPolicy });
}
