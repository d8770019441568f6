import { join } from 'node:path';
import {
  aws_events as events, aws_events_targets as targets, aws_iam as iam, aws_lambda as lambda, aws_logs as logs, Duration, Lazy, RemovalPolicy, Size,
  Stack,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { failureSource, grantRedrive } from './grant-redrive';
import { BOUNDARY_VERSION, REDRIVE_VARIABLE, type RedriveFacts } from '../../stream/boundary';
import { FAILURE_PREFIXES } from '../../stream/failure-prefixes';
import { acknowledgeObjects } from '../destination/cdk-nag';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';
import { deployedProperty } from '../template/deployed-properties';

/**
 * What a redrive does with records whose item has changed since. To process them puts the item's old state over what came later.
 *
 * @example
 * // The handler guards its writes against old changes.
 * new StreamRedrive(this, 'Redrive', { trigger, superseded: SupersededRecords.SEND });
 */
export enum SupersededRecords {
  /** They stay on the failure destination. */
  HOLD = 'hold',
  /** They are sent, and `record.redriven.superseded` is true. For handlers that guard their writes against old changes. */
  SEND = 'send',
  /** They count as done and are deleted. For handlers to which only the newest state matters, and which have that already. */
  SKIP = 'skip',
  /** A record is made of the item as it is now, and sent in their place. For handlers whose effect depends on the new image alone. */
  REFRESH = 'refresh',
}

/**
 * Which failures are brought back, when, and what happens to what is out of date.
 *
 * @example
 * new StreamRedrive(this, 'Redrive', {
 *   trigger,
 *   schedule: events.Schedule.rate(Duration.hours(1)),
 *   superseded: SupersededRecords.HOLD,
 * });
 */
export interface StreamRedriveProps {
  /** The trigger whose failures are brought back. Its failure destination must be a queue, a bucket or a `FailureStore`. */
  readonly trigger: DynamoStreamTrigger;
  /**
   * What happens to records whose item has changed since.
   *
   * @default SupersededRecords.HOLD
   */
  readonly superseded?: SupersededRecords;
  /**
   * When failures are brought back.
   *
   * @default - when somebody invokes `redriveFunction`
   */
  readonly schedule?: events.Schedule;
}

/**
 * A function that brings back what a trigger gave up and what its runtime parked, as the command `dynamo-stream-trigger redrive` does.
 *
 * It takes all messages that are there, sends their records to the trigger's function in the order of the stream, and deletes the messages
 * whose records are done. All others stay, and so do messages of other functions and tables. It runs for up to 15 minutes, and stops
 * in time to give back what is left. While messages are with another redrive, it waits for up to 4 minutes, and then does nothing.
 *
 * It returns how many records have which outcome, and fails if it could not begin, for example because the stream can't be read.
 *
 * @example
 * const redrive = new StreamRedrive(this, 'Redrive', { trigger });
 * redrive.redriveFunction.grantInvoke(operators);
 */
export class StreamRedrive extends Construct {
  /** Invoke it without a payload. Nobody is allowed to but the schedule. */
  readonly redriveFunction: lambda.Function;

  /**
   * Makes the function, its role, its log group, and the schedule if there is one.
   *
   * @param scope the stack or construct that the redrive is part of
   * @param id the name of the redrive within the scope
   * @param props at least `trigger`; one whose failures can't be taken from where they are is an error
   */
  constructor(scope: Construct, id: string, props: StreamRedriveProps) {
    super(scope, id);
    const { trigger, superseded = SupersededRecords.HOLD, schedule } = props;
    this.check(trigger);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    this.redriveFunction = new lambda.Function(this, 'Function', {
      description: `Brings back what ${trigger.node.path} gave up (dynamo-stream-trigger)`.slice(0, 256),
      code: lambda.Code.fromAsset(BUNDLE),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      timeout: TIMEOUT,
      memorySize: 1024,
      // For the bodies of the messages, each of 1 MiB at most, or of 6 MB in a bucket.
      ephemeralStorageSize: Size.gibibytes(10),
      environment: { [REDRIVE_VARIABLE]: Lazy.string({ produce: () => this.facts(trigger, superseded) }) },
      role,
      logGroup,
    });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
    grantRedrive(role, trigger);
    const { bucket } = failureSource(trigger);
    if (bucket !== undefined) {
      acknowledgeObjects(role, FAILURE_PREFIXES.map((prefix) => bucket.arnForObjects(`${prefix}*`)), 'The names of objects that hold failures are not known before.');
    }
    if (schedule !== undefined) {
      new events.Rule(this, 'Schedule', { schedule, targets: [new targets.LambdaFunction(this.redriveFunction)] });
    }
  }

  private check(trigger: DynamoStreamTrigger): void {
    const { queue, bucket } = failureSource(trigger);
    const { timeout } = trigger.handler as Partial<lambda.Function>;
    const problems = [
      ...queue === undefined && bucket === undefined
        ? [`trigger is ${trigger.node.path}, whose failures can't be taken from where they are: they must be on a queue, in a bucket or in a FailureStore. `
          + 'Give it such an onFailure. What a topic sends to a queue is brought back by the command `dynamo-stream-trigger redrive`.']
        : [],
      ...timeout !== undefined && !timeout.isUnresolved() && timeout.toSeconds() > LONGEST_TIMEOUT.toSeconds()
        ? [`trigger is ${trigger.node.path}, whose function has a timeout of ${timeout.toHumanString()} but at most ${LONGEST_TIMEOUT.toHumanString()} fit into `
          + 'a redrive, which has 15 minutes for all. Use the command `dynamo-stream-trigger redrive`, or shorten the timeout.']
        : [],
    ];
    if (problems.length > 0) {
      throw new Error(problems.map((problem) => `[${this.node.path}] ${problem}`).join('\n'));
    }
    this.node.addValidation({ validate: () => this.problemsOf(trigger).map((problem) => `[${this.node.path}] ${problem}`) });
  }

  /** Of the mapping as the template has it. */
  private problemsOf(trigger: DynamoStreamTrigger): string[] {
    const mapping = trigger.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
    const bytes = Buffer.byteLength(JSON.stringify(filtersOf(mapping)));
    return [
      ...Number(deployedProperty(mapping, 'TumblingWindowInSeconds')) > 0
        ? [`trigger is ${trigger.node.path}, which has a tumbling window. The state of a window can't be made again, so its records can't be brought back. `
          + 'Write them to a file with `dynamo-stream-trigger redrive --to-file`.']
        : [],
      ...bytes > MOST_FILTER_BYTES
        ? [`trigger is ${trigger.node.path}, whose filters take ${bytes} bytes but at most ${MOST_FILTER_BYTES} fit into a function's variables. `
          + 'Use the command `dynamo-stream-trigger redrive`.']
        : [],
    ];
  }

  /** What the mapping is like, as the template has it. */
  private facts(trigger: DynamoStreamTrigger, superseded: SupersededRecords): string {
    const { queue, bucket } = failureSource(trigger);
    const mapping = trigger.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
    const facts: RedriveFacts = {
      v: BOUNDARY_VERSION,
      queueUrl: queue?.queueUrl,
      bucket: bucket?.bucketName,
      functionArn: trigger.handler.functionArn,
      tableArn: trigger.table.tableArn,
      superseded,
      filters: filtersOf(mapping),
      parallelizationFactor: deployedProperty(mapping, 'ParallelizationFactor') ?? 1,
    };
    return Stack.of(this).toJsonString(facts);
  }
}

function filtersOf(mapping: lambda.CfnEventSourceMapping): RedriveFacts['filters'] {
  return deployedProperty(mapping, 'FilterCriteria')?.Filters ?? [];
}

/** Lambda allows 4 KB for all variables. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_FILTER_BYTES = 3_000;

const TIMEOUT = Duration.minutes(15);

/** Of the function that is driven. Collecting and giving back take some time, too. */
const LONGEST_TIMEOUT = Duration.minutes(10);

/** What the build makes from `lib/redrive/function.lambda.ts`. By a path that is right from lib/ and from build/. */
const BUNDLE = join(__dirname, '..', '..', '..', 'build', 'redrive', 'function.lambda.bundle');
