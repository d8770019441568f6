import {
  differ, isKnown, type Known, type Location, type Misfit, SHARED_STREAM_ACTIONS, SHARED_TABLE_ACTIONS, SHORT_TIMEOUT, TABLE_RESOURCES, UNKNOWN,
} from './facts';
import type { FilterFacts } from './filter/filter-facts';
import type { SettingFacts } from './mapping-rules';
import { type Rule, SOURCES } from './rule';
import { spelled } from './words';
import { asksForAbsence } from '../event-pattern';
import { DESTINATION_KINDS, SQS_MESSAGE_BYTES } from '../stream/destination';

/** What a mapping is wired to, by the prop that names it, as only the finished app shows it. */
export interface WiringFacts extends Pick<SettingFacts, 'filters' | 'batchSize' | 'parallelizationFactor' | 'enabled' | 'metricsConfig'> {
  readonly table: StreamFacts;
  readonly handler: FunctionFacts;
  readonly onFailure: DestinationFacts | undefined;
  /** A token of which no template can be made. */
  readonly reportBatchItemFailures: Misfit | undefined;
  /** Where the mapping is. */
  readonly trigger: Location;
  /** Whether the function may write to the table whose stream drives it. */
  readonly writesToTable: boolean;
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

/** The stream that the mapping reads, and its table. */
export interface StreamFacts extends Location {
  /** With `UNKNOWN` in place of what only the deployment knows. */
  readonly arn: string;
  /** The type of the resource and its attribute, where the ARN is that of a resource of this app. */
  readonly reference: { readonly type: string; readonly attribute: string } | undefined;
  /** Undefined: the stream is off. */
  readonly viewType: Known<string | undefined>;
  /** Whether the stream's own policy lets another account read it; unknown where the table is not of this app. */
  readonly hasPolicy: Known<boolean>;
  /** Whether the stream is looked up at deployment. */
  readonly lookedUp: boolean;
  /** The path of the stack that looks it up, where the trigger's is deployed apart from that. */
  readonly lookedUpElsewhere: string | undefined;
  readonly tableName: Known<string>;
  /** The path of another table of this app, if the stream is its. */
  readonly otherTable: string | undefined;
  /** The name that the CDK made up for the table, so that the trigger's account or Region knows it. */
  readonly generatedName: string | undefined;
  /** Whether the table has replicas in other Regions. */
  readonly replicated: boolean;
  /** The paths of the mappings that read the same stream and were there before. */
  readonly earlierReaders: readonly string[];
}

/** The function that the mapping invokes, and its role. */
export interface FunctionFacts {
  /** In seconds. */
  readonly timeout: Known<number>;
  /** The paths of other mappings of the same stream and the same function. */
  readonly twins: readonly string[];
  /** Of all variables, in bytes; undefined where the trigger adds none. */
  readonly environment: EnvironmentSize | undefined;
  /** Whether each tenant has environments of its own. */
  readonly perTenant: boolean;
  /** Undefined: none is reserved. */
  readonly reservedConcurrency: Known<number> | undefined;
  /** Undefined: the function is not a durable one. */
  readonly durable: DurableFacts | undefined;
  /** Whether the variable that the trigger adds is no longer in the function's environment. */
  readonly isUntold: boolean;
  /** What the mapping invokes if it is not the function of the trigger. */
  readonly invoked: string | undefined;
  /** The paths of mappings that keep the function from reporting, because they take no reports and their records can't be told apart. */
  readonly silencers: readonly string[];
  /** What could not be granted, as IAM statements. */
  readonly missingStatements: readonly object[];
}

/** A durable function, whose execution goes on over several invocations. */
export interface DurableFacts {
  /** Of a whole execution, in seconds. */
  readonly timeout: Known<number> | undefined;
  /** Whether it runs on Managed Instances. */
  readonly isManaged: boolean;
  /** Whether the mapping names a version or an alias. */
  readonly isQualified: boolean;
}

/** Names and values of environment variables, in bytes. */
export interface EnvironmentSize {
  /** Of what is known at synth. */
  readonly literal: number;
  /** Of all, with guesses for what only the deployment knows. */
  readonly estimate: number;
}

/** A failure destination. */
export interface DestinationFacts {
  /** With `UNKNOWN` in place of what only the deployment knows. */
  readonly arn: string;
  /** The service in the ARN, or that of the resource whose ARN it is. */
  readonly service: Known<string>;
  readonly fifo: boolean;
  readonly region: Known<string>;
  /** The bytes of a message that it takes, if it is a queue with a limit of its own; `UNKNOWN` also where the default is left. */
  readonly maxMessageBytes: Known<number>;
  /** Whether it is an imported bucket, and nothing says whose. */
  readonly ownerUnknown: boolean;
  /** Whether the function, which parks records there, is in subnets without a way to it. */
  readonly cutOff: boolean;
  /** Whether the trigger made it. */
  readonly isMade: boolean;
  /** Why the function can't park records there: to name it would close a circle, or its records can't be told from those of another trigger. */
  readonly parkingObstacle: 'circle' | 'ambiguous' | undefined;
}

/** The services that take what a mapping gives up. */
const DESTINATION_SERVICES: readonly string[] = DESTINATION_KINDS;

/** How long an execution of a durable function may take under a mapping, in seconds: normally, and on Managed Instances. */
const DURABLE_LIMITS = { normal: 15 * 60, managed: 90 * 60 } as const;

/** The most that all environment variables of a function may have, in bytes. */
const ENVIRONMENT_LIMIT = 4096;

/** How many mappings may read one stream, as AWS recommends it. */
const READER_LIMITS = { single: 2, replicated: 1 } as const;

/** The images that each view type leaves out. */
const MISSING_IMAGES: { readonly [viewType: string]: readonly string[] } = {
  KEYS_ONLY: ['NewImage', 'OldImage'],
  NEW_IMAGE: ['OldImage'],
  OLD_IMAGE: ['NewImage'],
};

/** The image that a kind of change leaves out. */
const MISSING_IMAGE_OF_EVENT: { readonly [eventName: string]: string } = { INSERT: 'OldImage', REMOVE: 'NewImage' };

/** What is wrong with the wiring. */
export const WIRING_RULES: readonly Rule<WiringFacts>[] = [
  {
    id: 'stream-off',
    severity: 'error',
    summary: 'The table\'s stream is on.',
    reads: ['table'],
    source: `${SOURCES.recorded}: "Stream not found"`,
    check: ({ table }) => table.viewType === undefined
      ? ['table has no stream. Switch it on: stream: StreamViewType.NEW_AND_OLD_IMAGES for a Table, dynamoStream for a TableV2.']
      : [],
  },
  {
    id: 'stream-arn',
    severity: 'error',
    summary: 'The mapping reads the ARN of one DynamoDB stream: not of a table, not with a wildcard, not of a Kinesis stream.',
    reads: ['table'],
    source: `${SOURCES.recorded}: "Stream not found"; DynamoDB Streams API, StreamArn`,
    check: ({ table }) => notAStream(table),
  },
  {
    id: 'stream-region',
    severity: 'error',
    summary: 'The stream is in the Region of the trigger\'s stack.',
    reads: ['table', 'trigger'],
    source: `${SOURCES.mapping}: "Cross-region triggers are not supported"`,
    check: ({ table, trigger }) => differ(table.region, trigger.region) && !isWildcard(table.arn)
      ? [`table's stream is in ${table.region} but the trigger's stack is in ${trigger.region}, and Lambda reads streams of its own Region only. `
        + `Put the trigger in a stack in ${table.region}. Or, if the table has a replica in ${trigger.region}, give that: `
        + 'StreamedTable.fromTable(this, id, table).']
      : [],
  },
  {
    id: 'duplicate-mapping',
    severity: 'error',
    summary: 'There is one mapping between a stream and a function.',
    reads: ['handler'],
    source: `${SOURCES.recorded}: 409 ResourceConflictException`,
    check: ({ handler: { twins } }) => twins.length > 0
      ? [`handler is driven by this stream already, in ${twins.join(' and ')}, and Lambda allows one mapping per stream and function. `
        + 'Remove one of them, or give an alias of the function.']
      : [],
  },
  {
    id: 'tenant-isolation',
    severity: 'error',
    summary: 'The function has no tenant isolation.',
    reads: ['handler'],
    source: 'CDK, TenancyConfig: only API Gateway drives such a function',
    check: ({ handler: { perTenant } }) => perTenant
      ? ['handler has the tenancy PER_TENANT, and of event sources only API Gateway can drive such a function. Give a function without tenancyConfig, which '
        + 'invokes the other one with the tenant of each record.']
      : [],
  },
  {
    id: 'destination-fifo',
    severity: 'error',
    summary: 'A failure queue or topic is a standard one.',
    reads: ['onFailure'],
    source: `${SOURCES.metrics}; aws/aws-cdk issue 13793`,
    check: ({ onFailure }) => onFailure?.fifo
      ? [`onFailure is a FIFO queue or topic${named(onFailure.arn)} but Lambda never delivers to one. Give a standard one, or omit onFailure.`]
      : [],
  },
  {
    id: 'destination-service',
    severity: 'error',
    summary: 'A failure destination is a queue, a topic or a bucket.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ onFailure }) => onFailure && onFailure.service !== UNKNOWN && !DESTINATION_SERVICES.includes(onFailure.service)
      ? [`onFailure is of the service ${onFailure.service}${named(onFailure.arn)} but Lambda sends the failed batches of a stream to SQS, SNS and S3 only. `
        + 'Give a standard queue, a standard topic or a bucket.']
      : [],
  },
  {
    id: 'destination-kafka',
    severity: 'error',
    summary: 'A failure destination is not a Kafka topic.',
    reads: ['onFailure'],
    source: 'Lambda guide, kafka-on-failure-destination',
    check: ({ onFailure }) => onFailure?.arn.startsWith('kafka://')
      ? [`onFailure is the Kafka topic ${onFailure.arn} but Lambda delivers to Kafka for Kafka sources only. `
        + 'Give a standard SQS queue, a standard SNS topic or an S3 bucket.']
      : [],
  },
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
    id: 'filter-image',
    severity: 'warning',
    summary: 'A filter looks at an image that its records have.',
    reads: ['filters', 'table'],
    source: SOURCES.streams,
    check: ({ filters, table }, { name }) => filters.flatMap((filter, index) => filter === UNKNOWN
      ? []
      : missingImages(filter, table.viewType).map((message) => `${name('filters')}[${index}] ${message}`)),
  },
  {
    id: 'grant-missing',
    severity: 'warning',
    summary: 'The function\'s role has what the trigger needs, or can be granted it.',
    reads: ['handler'],
    source: `${SOURCES.errorHandling}; "Cannot access stream" at creation`,
    check: ({ handler: { missingStatements } }) => missingStatements.length > 0
      ? ['handler\'s role lacks permissions that the trigger could not grant, because the role is immutable or not known, a key is imported by its alias, or something else than the trigger named the failure destination. '
        + 'Without those on the stream and its key, Lambda can\'t read the stream; without the others, failed batches are lost. '
        + `Its owner must add: ${JSON.stringify({ Version: '2012-10-17', Statement: missingStatements })}`]
      : [],
  },
  {
    id: 'stream-readers',
    severity: 'warning',
    summary: `At most ${READER_LIMITS.single} mappings read a stream, ${READER_LIMITS.replicated} that of a table with replicas.`,
    reads: ['table'],
    source: `Lambda guide, with-ddb; ${SOURCES.streams}`,
    check: ({ table: { earlierReaders, replicated } }) => {
      const limit = replicated ? READER_LIMITS.replicated : READER_LIMITS.single;
      return earlierReaders.length >= limit
        ? [`table's stream has ${earlierReaders.length + 1} readers, this one and ${earlierReaders.join(' and ')}, but more than ${limit} on the stream of `
          + `a table ${replicated ? 'with' : 'without'} replicas are throttled. Let one function do the work of several.`]
        : [];
    },
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
      : [`table is in another account or Region than the trigger and has no tableName, so that the CDK names it ${generatedName}. If it was deployed without `
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
        + 'use, so that the stream can\'t be looked up again with another refresh. Make the StreamedTable in the stack of the trigger.'],
  },
  {
    id: 'cross-account-stream',
    severity: 'warning',
    summary: 'A stream of another account has a policy that lets the function\'s account read it.',
    reads: ['table', 'trigger'],
    source: `${SOURCES.mapping}; DynamoDB guide, rbac-cross-account-access`,
    check: ({ table, trigger: { account } }) => differ(table.account, account) && table.hasPolicy !== true
      ? [`table's stream is of account ${table.account} but the function is of ${account}, which may read it only if the owner gives the stream `
        + `this resource policy: ${sharing(account, SHARED_STREAM_ACTIONS)}${table.lookedUp ? `, and the table this one: ${sharing(account, SHARED_TABLE_ACTIONS)}` : ''}. `
        + 'If the table has a KMS key of its own, the key must let the account decrypt. Have it done, then acknowledge this.']
      : [],
  },
  {
    id: 'cross-region-destination',
    severity: 'warning',
    summary: 'The failure destination is in the Region of the trigger\'s stack.',
    reads: ['onFailure', 'trigger'],
    source: SOURCES.errorHandling,
    check: ({ onFailure, trigger: { region } }) => onFailure !== undefined && differ(onFailure.region, region)
      ? [`onFailure is in ${onFailure.region} but the trigger is in ${region}, and AWS does not document that Lambda delivers across Regions. `
        + `Give a destination in ${region}, or try it on AWS before you rely on it.`]
      : [],
  },
  {
    id: 'destination-owner',
    severity: 'warning',
    summary: 'The account of an imported bucket is known.',
    reads: ['onFailure'],
    source: 'Lambda guide, services-dynamodb-errors: s3:ResourceAccount',
    check: ({ onFailure }) => onFailure?.ownerUnknown
      ? ['onFailure is an imported bucket without its account, so that the grants can\'t be limited to its owner: if it is deleted, whoever takes its name gets '
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
      : onFailure?.parkingObstacle === 'circle' && onFailure.isMade ? ['failureQueueKey is in another stack than the function, or depends on the function, so that the function '
      + 'can\'t name the queue that the trigger made with it, and parks no poison records: they block their shard until Lambda gives them up. Give a key of the '
      + `function's stack that does not depend on the function, or omit failureQueueKey. ${INFORM_NOT}`]
        : onFailure?.parkingObstacle === 'circle' ? ['onFailure is in the trigger\'s stack, or in another one that depends on the function\'s, or depends on the function itself, so that the function '
        + 'can\'t name it and parks no poison records: they block their shard until Lambda gives them up. Have the destination in the function\'s stack, without '
        + `what depends on the function, or omit onFailure to have a queue made there. Read an old queue before you remove it. ${INFORM_NOT}`] : [],
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
    check: ({ handler: { isUntold } }) => isUntold
      ? ['handler got the variable DYNAMO_STREAM_TRIGGER, but an aspect or an escape hatch removed it or put something else in its place. Without it, this package\'s '
        + 'runtime parks no records, so that one that always fails blocks its shard for all retries, and throws its failures instead of reporting them. Keep the '
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
      ? [`handler is in subnets without a way out, and the app has no VPC endpoint for ${String(onFailure.service)}, so that the function can't park records in onFailure: `
        + 'one that always fails blocks its shard until Lambda gives it up. Add the endpoint (vpc.addInterfaceEndpoint(…), for S3 also vpc.addGatewayEndpoint(…)), '
        + 'or acknowledge this if the VPC has it.']
      : [],
  },
  {
    id: 'durable-timeout',
    severity: 'warning',
    summary: 'An execution of a durable function has at most 15 minutes, on Managed Instances 90.',
    reads: ['handler'],
    source: 'Lambda guide, durable-invoking-esm',
    check: ({ handler: { durable } }) => {
      const limit = DURABLE_LIMITS[durable?.isManaged ? 'managed' : 'normal'];
      return durable?.timeout !== undefined && durable.timeout !== UNKNOWN && durable.timeout > limit
        ? [`handler is a durable function whose execution may take ${durable.timeout} seconds, but under a mapping the whole execution has ${limit}: then the batch `
          + 'fails. Set its executionTimeout to that at most, or let the handler start another durable function asynchronously.']
        : [];
    },
  },
  {
    id: 'durable-unqualified',
    severity: 'warning',
    summary: 'A durable function is driven by a version or an alias.',
    reads: ['handler'],
    source: 'Lambda guide, durable-invoking',
    check: ({ handler: { durable } }) => durable !== undefined && !durable.isQualified
      ? ['handler is a durable function without a version: if its code changes during an execution, the rest of the execution runs with the new code. Give an '
        + 'alias or a version: fn.addAlias(…), fn.currentVersion.']
      : [],
  },
  {
    id: 'reserved-concurrency-zero',
    severity: 'warning',
    summary: 'The function of a mapping that is on can be invoked.',
    reads: ['handler', 'enabled'],
    source: 'Lambda guide, configuration-concurrency',
    check: ({ handler: { reservedConcurrency }, enabled }) => reservedConcurrency === 0 && enabled === true
      ? ['handler has reservedConcurrentExecutions 0, so that it is never invoked, and the records are lost after 24 hours. To pause the trigger, set enabled: '
        + 'false, and switch it on within a day.']
      : [],
  },
  {
    id: 'reserved-concurrency-low',
    severity: 'warning',
    summary: 'The reserved concurrency of the function is at least `parallelizationFactor`.',
    reads: ['handler', 'parallelizationFactor'],
    source: 'Lambda guide, configuration-concurrency',
    check: ({ handler: { reservedConcurrency }, parallelizationFactor: factor }) =>
      typeof reservedConcurrency === 'number' && reservedConcurrency > 0 && typeof factor === 'number' && factor > reservedConcurrency
        ? [`handler has reservedConcurrentExecutions ${reservedConcurrency}, less than the parallelizationFactor ${factor}: one shard alone is throttled, and its records `
          + 'get older. Reserve at least the number of shards times the factor.']
        : [],
  },
  {
    id: 'write-loop',
    severity: 'warning',
    summary: 'A function that may write to its own table has a filter.',
    reads: ['writesToTable', 'filters'],
    source: 'Lambda guide, invocation-recursion: loops over DynamoDB are not detected',
    check: ({ writesToTable, filters }) => writesToTable && filters.length === 0
      ? ['handler may write to the table whose stream drives it, and no filter keeps its own changes out: each write may invoke it again, without end, and Lambda '
        + 'does not detect loops over DynamoDB. Let its writes set an attribute, and filter on the absence of that, or let it write only what changes '
        + 'something and acknowledge this. If it does not write, grant it less.']
      : [],
  },
  {
    id: 'ttl-of-replica',
    severity: 'warning',
    summary: 'A filter on `userIdentity` is not for a table with replicas.',
    reads: ['filters', 'table'],
    source: 'DynamoDB guide, time-to-live-ttl-streams',
    check: ({ filters, table: { replicated } }, { name }) => replicated
      ? filters.flatMap((filter, index) => filter !== UNKNOWN && filter.conditions.some(({ keys: [root] }) => root === 'userIdentity')
        ? [`${name('filters')}[${index}] looks at userIdentity, but the table has replicas: only the stream of the Region whose TTL deleted the item has it. In the `
          + 'others, the same deletion looks like a user\'s. Put the trigger in one Region, or compare the item\'s TTL attribute in the function.']
        : [])
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
    id: 'short-timeout',
    severity: 'warning',
    summary: `A function that gets batches has more than ${SHORT_TIMEOUT} seconds.`,
    reads: ['handler', 'batchSize'],
    source: 'Lambda guide, configuration-timeout',
    check: ({ handler: { timeout }, batchSize }) => timeout !== UNKNOWN && timeout <= SHORT_TIMEOUT && batchSize !== UNKNOWN && batchSize !== 1
      ? [`handler times out after ${timeout} seconds, which leaves no time for a batch of ${String(batchSize)} records: what is not done by then is `
        + 'retried. Give the function a timeout of a minute or so, or use a StreamFunction.']
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
  return `${found.join(' ')} Their classes are not the same, so that one may not know what the other made. `
    + 'Have one: name the same version everywhere, and run `npm dedupe` (or `pnpm dedupe`, `yarn dedupe`); `npm ls` shows who needs which.';
}

/** The way out for a function to which the variable means nothing. */
const INFORM_NOT = 'If the function does not use this package\'s runtime, set informHandler: false.';

function misplaced({ stack, circle, moveTo }: NestingFacts): string {
  return `The trigger is in the nested stack ${stack}, but what it needs waits for that stack: ${circle.join(' -> ')}. From outside, a nested stack is one `
    + 'resource, so that this is a circular dependency, which CloudFormation can\'t deploy. '
    + (moveTo === undefined ? 'Put the trigger in a stack of its own.' : `Put the trigger in the stack ${moveTo}.`);
}

const environmentWayOut = `but Lambda allows ${spelled(ENVIRONMENT_LIMIT)} for all of a function's. If it has many triggers, give them one onFailure: then `
  + `the variable DYNAMO_STREAM_TRIGGER has one entry for all of them. Or shorten other variables. ${INFORM_NOT}`;

function notAStream({ arn, reference }: StreamFacts): string[] {
  if (isWildcard(arn)) {
    return ['table\'s stream ARN ends with /stream/*, as a TableV2\'s replica() gives it for another Region, but must name one stream. '
      + 'Put the trigger in a stack of the replica\'s Region, with StreamedTable.fromTable(this, id, table) as its table, which looks up '
      + 'the replica\'s stream at deployment.'];
  }
  const isWrong = reference ? isOtherAttribute(reference) : isOtherArn(arn);
  return isWrong
    ? [`table's stream ARN is ${reference ? `the ${reference.attribute} of an ${reference.type}` : arn} but must be that of a DynamoDB stream: `
      + 'arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<time>. The ARN of a table or of a Kinesis stream is another one.']
    : [];
}

/** Whether an attribute can't be a stream's ARN. Other resources, such as parameters and nested stacks, may hold one. */
function isOtherAttribute({ type, attribute }: { readonly type: string; readonly attribute: string }): boolean {
  return TABLE_RESOURCES.includes(type) ? attribute !== 'StreamArn' : type.startsWith('AWS::Kinesis::');
}

/** Whether an ARN can't be a stream's. Looks at the service and the resource apart, because a token often hides only one part of an ARN. */
function isOtherArn(arn: string): boolean {
  const [, service, resource] = /^arn:[^:/]+:([^:/]+):[^:/]+:[^:/]+:(.+)$/.exec(arn) ?? [];
  if (service === undefined) {
    return isKnown(arn);
  }
  return (service !== 'dynamodb' && isKnown(service)) || (isKnown(resource) && !/^table\/[^/]+\/stream\/[^/]+$/.test(resource));
}

function isWildcard(arn: string): boolean {
  return arn.endsWith('/stream/*');
}

function missingImages({ conditions }: FilterFacts, viewType: Known<string | undefined>): string[] {
  const withoutImage = viewType === undefined ? [] : MISSING_IMAGES[viewType] ?? [];
  return conditions.flatMap(({ keys, alternatives, eventNames }) => {
    const [root, image] = keys;
    if (root !== 'dynamodb') {
      return [];
    }
    const outcome = alternatives.some(asksForAbsence) ? 'always matches' : 'never matches';
    if (withoutImage.includes(image)) {
      return [`looks at ${keys.join('.')} but the stream's view type ${viewType} leaves ${image} out, so that it ${outcome}. `
        + 'Change the filter. Or, if the table is not deployed yet, change the view type to NEW_AND_OLD_IMAGES: a deployed table gets another stream by that, and '
        + 'the records that wait in the old one are not read (docs/operate/changes.md).'];
    }
    if (eventNames?.length && eventNames.every((name) => MISSING_IMAGE_OF_EVENT[name] === image)) {
      return [`looks at ${keys.join('.')} but a record of ${eventNames.join(' or ')} has no ${image}, so that it ${outcome}. `
        + `Look at ${image === 'NewImage' ? 'OldImage' : 'NewImage'}.`];
    }
    return [];
  });
}

/** The policy of a resource that lets an account call it. */
function sharing(account: Known<string>, Action: readonly string[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action, Resource: '*' }] });
}

function named(arn: string): string {
  return isKnown(arn) ? ` (${arn})` : '';
}
