import { differ, isKnown, type Known, type Misfit, UNKNOWN } from './facts';
import type { SettingFacts } from './mapping-rules';
import { type Rule, SOURCES } from './rule';
import type { DestinationFacts, FunctionFacts, StreamFacts, WiringFacts } from './wiring-rules';
import { spelled } from './words';
import { SQS_MESSAGE_BYTES } from '../stream/destination-kind';

/** What a trigger is wired to, by the prop that names it, as only the finished app shows it. */
export interface TriggerWiringFacts extends WiringFacts, Pick<SettingFacts, 'metricsConfig'> {
  readonly table: TriggerStreamFacts;
  readonly handler: TriggerFunctionFacts;
  readonly onFailure: TriggerDestinationFacts | undefined;
  /** A token of which no template can be made. */
  readonly reportBatchItemFailures: Misfit | undefined;
  /** The paths of the app's alarms on metrics of the mapping. */
  readonly alarms: readonly string[];
  /** Why the mapping can't be in its nested stack. */
  readonly nesting: NestingFacts | undefined;
  /** The packages that the app has more than one copy of. */
  readonly copies: readonly CopyFacts[];
}

/** The copies of a package, each by version and folder. */
export interface CopyFacts {
  readonly name: string;
  readonly copies: readonly string[];
}

/** A nested stack that can't have a trigger, because what the trigger needs waits for that stack. */
export interface NestingFacts {
  /** The path of the nested stack. */
  readonly stack: string;
  /** Paths of parts of the app that each need the next one: from what the trigger needs to the nested stack. */
  readonly circle: readonly string[];
  /** The path of a stack that can have the trigger. */
  readonly moveTo: string | undefined;
}

/** The stream of the table that the trigger was given. */
export interface TriggerStreamFacts extends StreamFacts {
  /** The path of the stack that looks it up, where the trigger's is deployed apart from that. */
  readonly lookedUpElsewhere: string | undefined;
  readonly tableName: Known<string>;
  /** The path of another table of this app, if the stream is its. */
  readonly otherTable: string | undefined;
  /** The name that the CDK made up for the table, so that the trigger's account or Region knows it. */
  readonly generatedName: string | undefined;
}

/** The function that the trigger was given, and its role. */
export interface TriggerFunctionFacts extends FunctionFacts {
  /** The size of all variables; undefined where the trigger adds none. */
  readonly environment: EnvironmentSize | undefined;
  /** Whether the variable that the trigger adds is no longer in the function's environment. */
  readonly isUninformed: boolean;
  /** What the mapping invokes if it is not the function of the trigger. */
  readonly invoked: string | undefined;
  /** The paths of mappings that keep the function from reporting, because they take no reports and their records can't be told apart. */
  readonly silencers: readonly string[];
}

/** Names and values of environment variables, in bytes. */
export interface EnvironmentSize {
  /** What is known at synth. */
  readonly literal: number;
  /** All of it, with guesses for what only the deployment knows. */
  readonly estimate: number;
}

/** The failure destination that the trigger was given or made. */
export interface TriggerDestinationFacts extends DestinationFacts {
  /** The bytes of a message that it takes, if it is a queue with a limit of its own; `UNKNOWN` also where the default is left. */
  readonly maxMessageBytes: Known<number>;
  /** Whether it is an imported bucket whose owner is not given. */
  readonly ownerUnknown: boolean;
  /** Whether the function, which parks records there, is in subnets without a way to it. */
  readonly cutOff: boolean;
  /** Whether the trigger made it. */
  readonly isMade: boolean;
  /** Why the function can't park records there: its ARN would close a circle, or its records look the same as those of another trigger. */
  readonly parkingObstacle: 'circle' | 'ambiguous' | undefined;
}

/** The most that all environment variables of a function may have, in bytes. */
const ENVIRONMENT_LIMIT = 4096;

/** What is wrong with the wiring of a trigger, beside what is wrong with that of any mapping. */
export const TRIGGER_WIRING_RULES: readonly Rule<TriggerWiringFacts>[] = [
  {
    id: 'report-token',
    severity: 'error',
    summary: 'A `reportBatchItemFailures` that the deployment decides is `Fn.conditionIf(…, true, false)`.',
    reads: ['reportBatchItemFailures'],
    source: 'CloudFormation: a list depends on a condition, not on a value',
    check: ({ reportBatchItemFailures }) => reportBatchItemFailures === undefined
      ? []
      : [`reportBatchItemFailures is ${reportBatchItemFailures.given} but a template can't turn that into a list. Give true or false, or `
        + 'Fn.conditionIf(condition.logicalId, true, false) with a CfnCondition.'],
  },
  {
    id: 'environment-size',
    severity: 'error',
    summary: 'The function\'s environment variables, with the one that the trigger adds, have at most 4 KB.',
    reads: ['handler'],
    source: SOURCES.quotas,
    check: ({ handler: { environment } }) => environment !== undefined && environment.literal > ENVIRONMENT_LIMIT
      ? [`handler has ${spelled(environment.literal)} bytes of environment variables or more, ${environmentWayOut}`]
      : [],
  },
  {
    id: 'environment-size-estimate',
    severity: 'warning',
    summary: 'The function\'s environment variables will probably have at most 4 KB when the names in them are known.',
    reads: ['handler'],
    source: SOURCES.quotas,
    check: ({ handler: { environment } }) =>
      environment !== undefined && environment.literal <= ENVIRONMENT_LIMIT && environment.estimate > ENVIRONMENT_LIMIT
        ? [`handler will have about ${spelled(environment.estimate)} bytes of environment variables, ${environmentWayOut}`]
        : [],
  },
  {
    id: 'circular-dependency',
    severity: 'error',
    summary: 'What a trigger in a nested stack needs can be deployed before that stack.',
    reads: ['nesting'],
    source: 'CloudFormation: "Circular dependency between resources"',
    check: ({ nesting }) => nesting === undefined ? [] : [misplaced(nesting)],
  },
  {
    id: 'stream-of-another-table',
    severity: 'warning',
    summary: 'The stream is the table\'s own.',
    reads: ['table'],
    source: SOURCES.streams,
    check: ({ table: { arn, tableName, otherTable } }) => {
      const owner = /:table\/([^/]+)\/stream\//.exec(arn)?.[1];
      const wrong = otherTable ?? (owner !== undefined && differ(owner, tableName) ? owner : undefined);
      return wrong === undefined ? []
        : [`table is ${isKnown(tableName) ? tableName : 'one of this app'} but its stream ARN is that of ${wrong}. Give both of one table.`];
    },
  },
  {
    id: 'function-of-another',
    severity: 'warning',
    summary: 'The mapping invokes the function of the trigger.',
    reads: ['handler'],
    source: `${SOURCES.mapping}: the role of the function reads the stream`,
    check: ({ handler: { invoked } }) => invoked === undefined ? []
      : [`The mapping's FunctionName was changed to ${invoked}, but the permissions and the variable DYNAMO_STREAM_TRIGGER are those of handler. `
        + 'Give the function that is to be invoked as handler, and leave FunctionName.'],
  },
  {
    id: 'generated-table-name',
    severity: 'warning',
    summary: 'A table of another account or Region has a name that the app gave it.',
    reads: ['table'],
    source: 'CloudFormation: another TableName is a replacement',
    check: ({ table: { generatedName } }) => generatedName === undefined
      ? []
      : [`table is in another account or Region than the trigger and has no tableName, so the CDK names it ${generatedName}. If it was deployed without `
        + 'that name, the next deployment replaces it by a new table without its items: give the trigger the table by its deployed name, with '
        + 'StreamedTable.fromTableName(this, id, name) or, of another account, fromTableArn. Otherwise give the table a tableName.'],
  },
  {
    id: 'lookup-elsewhere',
    severity: 'warning',
    summary: 'A stream is looked up in the stack of its trigger.',
    reads: ['table'],
    source: 'CloudFormation: "Cannot delete export … as it is in use"',
    check: ({ table: { lookedUpElsewhere } }) => lookedUpElsewhere === undefined
      ? []
      : [`table is a StreamedTable of the stack ${lookedUpElsewhere}, which exports the stream's ARN. CloudFormation does not change an export that is in `
        + 'use, so the stream can\'t be looked up again with another refresh. Make the StreamedTable in the stack of the trigger.'],
  },
  {
    id: 'destination-owner',
    severity: 'warning',
    summary: 'The account of an imported bucket is known.',
    reads: ['onFailure'],
    source: 'Lambda guide, services-dynamodb-errors: s3:ResourceAccount',
    check: ({ onFailure }) => onFailure?.ownerUnknown
      ? ['onFailure is an imported bucket without its account, so the grants can\'t be limited to its owner: if it is deleted, whoever takes its name gets '
        + 'your records. Import it with Bucket.fromBucketAttributes(this, id, { bucketName, account }), or, if the account is the stack\'s own, acknowledge this.']
      : [],
  },
  {
    id: 'destination-message-size',
    severity: 'warning',
    summary: `A failure queue takes messages of ${spelled(SQS_MESSAGE_BYTES)} bytes, as much as SQS allows.`,
    reads: ['onFailure'],
    source: 'SQS guide, quotas-messages',
    check: ({ onFailure }) => onFailure !== undefined && onFailure.maxMessageBytes !== UNKNOWN && onFailure.maxMessageBytes < SQS_MESSAGE_BYTES
      ? [`onFailure is a queue that takes messages of up to ${spelled(onFailure.maxMessageBytes)} bytes but SQS allows ${spelled(SQS_MESSAGE_BYTES)}. `
        + 'A parked record that is too large loses its old image, and then its new one. Set the queue\'s maxMessageSizeBytes to '
        + `${SQS_MESSAGE_BYTES}, or give a bucket, which takes records of any size: new S3FailureDestination(bucket).`]
      : [],
  },
  {
    id: 'parking-off',
    severity: 'warning',
    summary: 'The function can name the failure destination of each of its triggers, to park records there.',
    reads: ['onFailure'],
    source: 'CloudFormation: stacks can\'t depend on each other both ways',
    check: ({ onFailure }) => onFailure?.parkingObstacle === 'ambiguous' ? ['The function has another trigger with another failure destination, and can\'t '
      + 'tell the records of the two apart: they read one stream, or streams that the function can\'t name. So it parks no poison records: they block their '
      + `shard until Lambda gives them up. Give both triggers one onFailure. ${INFORM_NOT}`]
      : onFailure?.parkingObstacle === 'circle' && onFailure.isMade ? ['failureQueueKey is in another stack than the function, or depends on the function, so the function '
      + 'can\'t name the queue that the trigger made with it, and parks no poison records: they block their shard until Lambda gives them up. Give a key of the '
      + `function's stack that does not depend on the function, or omit failureQueueKey. ${INFORM_NOT}`]
        : onFailure?.parkingObstacle === 'circle' ? ['onFailure is in the trigger\'s stack, or in another one that depends on the function\'s, or depends on the function itself, so the function '
        + 'can\'t name it and parks no poison records: they block their shard until Lambda gives them up. Put the destination in the function\'s stack, without '
        + `what depends on the function, or omit onFailure to have a queue made there. Empty the old queue before it is removed. ${INFORM_NOT}`] : [],
  },
  {
    id: 'report-ambiguous',
    severity: 'warning',
    summary: 'Mappings of one function whose records it can\'t tell apart agree on `reportBatchItemFailures`.',
    reads: ['handler'],
    source: 'Lambda guide, services-ddb-batchfailurereporting',
    check: ({ handler: { silencers } }) => silencers.length > 0
      ? [`reportBatchItemFailures is on but off for ${silencers.join(' and ')}, which invokes the same function with records that it can't tell from those of this `
        + 'trigger. So this package\'s runtime reports none of them: it throws its failures, and Lambda retries whole batches. Set it to the same for both. '
        + INFORM_NOT]
      : [],
  },
  {
    id: 'variable-lost',
    severity: 'warning',
    summary: 'The variable `DYNAMO_STREAM_TRIGGER` that the trigger adds stays in the function\'s environment.',
    reads: ['handler'],
    source: 'docs/guide/runtime.md',
    check: ({ handler: { isUninformed } }) => isUninformed
      ? ['handler got the variable DYNAMO_STREAM_TRIGGER, but an aspect or an escape hatch removed it or put something else in its place. Without it, this package\'s '
        + 'runtime parks no records, so one that always fails blocks its shard for all retries, and throws its failures instead of reporting them. Keep the '
        + `variable. ${INFORM_NOT}`]
      : [],
  },
  {
    id: 'destination-unreachable',
    severity: 'warning',
    summary: 'A function in a VPC has a way to the failure destination, to park records there.',
    reads: ['onFailure'],
    source: 'Lambda guide, configuration-vpc-internet',
    check: ({ onFailure }) => onFailure?.cutOff
      ? [`handler is in subnets without a way out, and the app has no VPC endpoint for ${String(onFailure.service)}, so the function can't park records in onFailure: `
        + 'one that always fails blocks its shard until Lambda gives it up. Add the endpoint (vpc.addInterfaceEndpoint(…), for S3 also vpc.addGatewayEndpoint(…)), '
        + 'or acknowledge this if the VPC has it.']
      : [],
  },
  {
    id: 'metrics-off',
    severity: 'warning',
    summary: 'A mapping with alarms on its metrics emits them.',
    reads: ['alarms', 'metricsConfig'],
    source: SOURCES.metrics,
    check: ({ alarms, metricsConfig }) => alarms.length > 0 && metricsConfig !== UNKNOWN && !metricsConfig?.some((group) => group === 'EventCount' || group === UNKNOWN)
      ? [`metricsConfig switches the mapping's metrics off, but ${alarms.join(' and ')} watches one of them and can never fire. Omit metricsConfig: then the metrics are `
        + 'on where an alarm needs them.']
      : [],
  },
  {
    id: 'two-copies',
    severity: 'warning',
    summary: 'The parts of a trigger come from one copy of aws-cdk-lib, and the app has one copy of this package.',
    reads: ['copies'],
    source: 'npm: classes of two copies are not the same',
    check: ({ copies }) => copies.length > 0 ? [ofCopies(copies)] : [],
  },
];

/** Which copies there are, and how to get rid of one. */
export function ofCopies(packages: readonly CopyFacts[]): string {
  const found = packages.map(({ name, copies }) => `The app has ${copies.length} copies of ${name}: ${copies.join(', and ')}.`);
  return `${found.join(' ')} Their classes are not the same, so one may not know what the other made. `
    + 'Use one copy: name the same version everywhere, and run `npm dedupe` (or `pnpm dedupe`, `yarn dedupe`); `npm ls` shows who needs which.';
}

/** The way out for a function to which the variable means nothing. */
const INFORM_NOT = 'If the function does not use this package\'s runtime, set informHandler: false.';

function misplaced({ stack, circle, moveTo }: NestingFacts): string {
  return `The trigger is in the nested stack ${stack}, but what it needs waits for that stack: ${circle.join(' -> ')}. From outside, a nested stack is one `
    + 'resource, so this is a circular dependency, which CloudFormation can\'t deploy. '
    + (moveTo === undefined ? 'Put the trigger in a stack of its own.' : `Put the trigger in the stack ${moveTo}.`);
}

const environmentWayOut = `but Lambda allows ${spelled(ENVIRONMENT_LIMIT)} for all of a function's. If it has many triggers, give them one onFailure: then `
  + `the variable DYNAMO_STREAM_TRIGGER has one entry for all of them. Or shorten other variables. ${INFORM_NOT}`;
