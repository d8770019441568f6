import { aws_lambda as lambda, aws_lambda_nodejs as nodejs, aws_logs as logs, Duration, Lazy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { bundleWithRuntime } from './bundle';
import { recipeOf } from './recipe';
import { BUNDLE_METADATA } from '../../assembly/bundle-recipe';
import { takePart } from '../facts/copies';
import { detachManagedPolicy } from '../template/cdk-internals';

/**
 * The code of a function, and whatever else a function takes.
 *
 * Six properties are its own: `entry`, which is required, `handler`, `runtime`, `bundling`, `projectRoot` and `depsLockFilePath`. All others
 * are those that every function of the CDK takes (`lambda.FunctionOptions`), with these defaults: `timeout` 1 minute, `memorySize` 512 MB,
 * `architecture` arm64, a log group of the function that keeps logs for a month (`logRetention` changes that), and a role that can write these
 * logs and nothing else.
 *
 * @example
 * new StreamFunction(this, 'OnOrder', {
 *   entry: 'src/on-order.ts',
 *   timeout: Duration.minutes(2),
 *   memorySize: 1024,
 *   environment: { INDEX: 'orders' },
 * });
 */
export interface StreamFunctionProps extends lambda.FunctionOptions {
  /**
   * The path of the file that exports the handler, in JavaScript or TypeScript. Relative to the folder where the app runs.
   *
   * The function is in JavaScript or TypeScript whatever the language of the app is.
   */
  readonly entry: string;

  /**
   * The name of the exported handler.
   *
   * @default handler
   */
  readonly handler?: string;

  /**
   * The runtime: a version of Node.js. A fixed one by default, because the code is bundled for it.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * How esbuild bundles the entry. `dynamo-stream-trigger/runtime` always comes from this package.
   *
   * @default - the CDK's options for a NodejsFunction
   */
  readonly bundling?: nodejs.BundlingOptions;

  /**
   * The folder that holds the entry and everything that it imports.
   *
   * @default - the folder of the lock file
   */
  readonly projectRoot?: string;

  /**
   * The lock file of the entry's dependencies.
   *
   * @default - the nearest one above the entry, if there is one
   */
  readonly depsLockFilePath?: string;
}

/**
 * A Node.js function for streams, bundled with this package's runtime. By default it has 1 minute, 512 MB, arm64, logs that are kept for a
 * month, and a role that can write these logs and nothing else.
 *
 * Bundling needs esbuild (0.x) in the project or on the PATH.
 *
 * @example
 * const onOrder = new StreamFunction(this, 'OnOrder', { entry: 'src/on-order.ts' });
 * new DynamoStreamTrigger(this, 'OrderEvents', { table, handler: onOrder });
 */
export class StreamFunction extends nodejs.NodejsFunction {
  private readonly ownLogGroup?: logs.ILogGroup;

  /**
   * Bundles the entry and makes the function, its role and its log group.
   *
   * @param scope the stack or construct that the function is part of
   * @param id the name of the function within the scope
   * @param props at least `entry`
   */
  constructor(scope: Construct, id: string, props: StreamFunctionProps) {
    const { logRetention = logs.RetentionDays.ONE_MONTH, logRemovalPolicy: removalPolicy, ...rest } = props;
    const later = new LaterLogGroup();
    const runtime = props.runtime ?? lambda.Runtime.NODEJS_24_X;
    const bundled = bundleWithRuntime(scope, `${scope.node.path}/${id}`, props);
    super(scope, id, {
      architecture: lambda.Architecture.ARM_64,
      timeout: Duration.minutes(1),
      memorySize: 512,
      ...rest,
      runtime,
      ...bundled,
      logGroup: props.logGroup ?? later as unknown as logs.ILogGroup,
    });
    Object.defineProperty(this, STREAM_FUNCTION, { value: true });
    takePart(this);
    const recipe = recipeOf(this, { entry: props.entry, runtime, projectRoot: bundled.projectRoot, bundling: props.bundling ?? {} });
    if (recipe !== undefined) {
      this.node.addMetadata(BUNDLE_METADATA, recipe);
    }
    if (props.logGroup === undefined) {
      // Honors `logRetention` and `logRemovalPolicy`, for which the CDK would make a custom resource.
      this.ownLogGroup = later.is = new logs.LogGroup(this, 'Logs', { retention: logRetention, removalPolicy });
    }
    if (props.role === undefined) {
      // It may write any log.
      detachManagedPolicy(this.role!, 'AWSLambdaBasicExecutionRole');
      this.logGroup.grantWrite(this);
    }
  }

  /** Where the function writes its log. */
  get logGroup(): logs.ILogGroup {
    return this.ownLogGroup ?? super.logGroup;
  }
}

/**
 * Stands for the log group, which is made under the function, while the function is made: like all that it makes, it must get the tags,
 * removal policies and names that are given to the function.
 */
class LaterLogGroup {
  is?: logs.ILogGroup;
  readonly logGroupRef = { logGroupName: Lazy.string({ produce: () => this.is!.logGroupName }) };

  /** The CDK knows log groups by this and the next method. */
  addStream(): void {}

  grant(): void {}
}

/** Not by `instanceof`: two copies of this package may meet in one app. */
export function isStreamFunction(fn: lambda.Function | undefined): fn is StreamFunction {
  return fn !== undefined && STREAM_FUNCTION in fn;
}

const STREAM_FUNCTION = Symbol.for('dynamo-stream-trigger/stream-function');
