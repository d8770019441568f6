import { conditionsOf } from './filter/filter-facts';
import type { JudgedFilters } from './filter/filter-rules';
import { type Known, type Rule, SOURCES, UNKNOWN } from './rule';
import type { Alternative } from '../event-pattern';
import { DESTINATION_KINDS } from '../stream/destination';

/** What a trigger is wired to, as only the finished app shows it. */
export interface JudgedWiring extends JudgedFilters {
  readonly batchSize: unknown;
  /** The ARN that the mapping reads, with `TOKEN` in place of what only the deployment knows. */
  readonly streamArn: string;
  /** The type of the resource and its attribute, where the ARN is that of a resource of this app. */
  readonly streamReference: { readonly type: string; readonly attribute: string } | undefined;
  /** The view type of the table's stream; undefined: the stream is off. */
  readonly viewType: Known<string | undefined>;
  readonly tableName: Known<string>;
  /** Whether the table has replicas in other Regions. */
  readonly replicated: boolean;
  /** Whether the stream's own policy lets another account read it; unknown where the table is not of this app. */
  readonly streamPolicy: Known<boolean>;
  /** Whether the stream is looked up at deployment. */
  readonly lookedUp: boolean;
  /** The path of the stack that looks it up, where the trigger's is deployed apart from that. */
  readonly lookedUpElsewhere: string | undefined;
  /** The name that the CDK made up for the table, so that the trigger's account or Region knows it. */
  readonly generatedName: string | undefined;
  readonly streamRegion: Known<string>;
  readonly streamAccount: Known<string>;
  readonly region: Known<string>;
  readonly account: Known<string>;
  readonly destination: JudgedDestination | undefined;
  /** The paths of other mappings of the same stream and the same function. */
  readonly twins: readonly string[];
  /** The paths of the mappings that read the same stream and were there before. */
  readonly earlierReaders: readonly string[];
  /** What could not be granted, as IAM statements. */
  readonly missingStatements: readonly object[];
  /** Whether the function could park records on the destination, but can't name it. */
  readonly parkingOff: boolean;
  /** Paths of parts of a stack that each need the next one; the last is the function, which needs the first for the trigger. */
  readonly circle: readonly string[] | undefined;
  /** `reportBatchItemFailures` where it is a token of which no template can be made, in words. */
  readonly unwritableReport: string | undefined;
  /** The function's timeout in seconds. */
  readonly timeout: Known<number>;
}

/** The types of the resources that have a DynamoDB stream. */
export const TABLE_RESOURCES: readonly string[] = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** Stands for a token within a text of which a part is known. */
export const TOKEN = '${token}';

/** A failure destination. */
export interface JudgedDestination {
  /** With `TOKEN` in place of what only the deployment knows. */
  readonly arn: string;
  /** The service in the ARN, or that of the resource whose ARN it is. */
  readonly service: Known<string>;
  readonly fifo: boolean;
  readonly region: Known<string>;
}

/** The services that take what a mapping gives up. */
const DESTINATION_SERVICES: readonly string[] = DESTINATION_KINDS;

/** How many mappings may read one stream, as AWS recommends it. */
export const READER_LIMITS = { single: 2, replicated: 1 } as const;

/** Lambda's own timeout, in seconds: enough for one small thing. */
export const SHORT_TIMEOUT = 3;

/** What a stream's own policy has to allow to the account of the function. */
export const SHARED_STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const;

/** What a table's own policy has to allow to an account that looks its stream up. */
export const SHARED_TABLE_ACTIONS = ['dynamodb:DescribeTable'] as const;

/** The images that each view type leaves out. */
const MISSING_IMAGES: { readonly [viewType: string]: readonly string[] } = {
  KEYS_ONLY: ['NewImage', 'OldImage'],
  NEW_IMAGE: ['OldImage'],
  OLD_IMAGE: ['NewImage'],
};

/** The image that a kind of change leaves out. */
const MISSING_IMAGE_OF_EVENT: { readonly [eventName: string]: string } = { INSERT: 'OldImage', REMOVE: 'NewImage' };

/** What is wrong with the wiring. */
export const WIRING_RULES: readonly Rule<JudgedWiring>[] = [
  {
    id: 'stream-off',
    severity: 'error',
    summary: 'The table\'s stream is on.',
    reads: ['table'],
    source: `${SOURCES.recorded}: "Stream not found"`,
    check: ({ viewType }) => viewType === undefined
      ? 'table has no stream. Switch it on: stream: StreamViewType.NEW_AND_OLD_IMAGES for a Table, dynamoStream for a TableV2.'
      : undefined,
  },
  {
    id: 'stream-arn',
    severity: 'error',
    summary: 'What the mapping reads is the ARN of one DynamoDB stream: no table, no wildcard, no Kinesis stream.',
    reads: ['table'],
    source: `${SOURCES.recorded}: "Stream not found"; DynamoDB Streams API, StreamArn`,
    check: ({ streamArn, streamReference }) => notAStream(streamArn, streamReference),
  },
  {
    id: 'stream-region',
    severity: 'error',
    summary: 'The stream is in the Region of the trigger\'s stack.',
    reads: ['table'],
    source: `${SOURCES.mapping}: "Cross-region triggers are not supported"`,
    check: ({ streamArn, streamRegion, region }) => differ(streamRegion, region) && !isWildcard(streamArn)
      ? `table's stream is in ${String(streamRegion)}, but the trigger's stack is in ${String(region)}, and Lambda reads streams of its own `
        + `Region only. Put the trigger into a stack in ${String(streamRegion)}, or give the replica in ${String(region)}, if the table has one: `
        + 'StreamedTable.fromTable(this, id, table).'
      : undefined,
  },
  {
    id: 'duplicate-mapping',
    severity: 'error',
    summary: 'A stream drives a function through one mapping.',
    reads: ['table', 'handler'],
    source: `${SOURCES.recorded}: 409 ResourceConflictException`,
    check: ({ twins }) => twins.length > 0
      ? `handler is driven by this stream already, in ${twins.join(' and ')}, and Lambda takes a stream and a function once. `
        + 'Remove one of them, or give an alias of the function.'
      : undefined,
  },
  {
    id: 'destination-fifo',
    severity: 'error',
    summary: 'A failure queue or topic is a standard one.',
    reads: ['onFailure'],
    source: `${SOURCES.metrics}; aws/aws-cdk issue 13793`,
    check: ({ destination }) => destination?.fifo
      ? `onFailure is a FIFO queue or topic${named(destination.arn)}, but Lambda never delivers to one. Give a standard one, or leave it out.`
      : undefined,
  },
  {
    id: 'destination-service',
    severity: 'error',
    summary: 'A failure destination is a queue, a topic or a bucket.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ destination }) => destination && destination.service !== UNKNOWN && !DESTINATION_SERVICES.includes(destination.service)
      ? `onFailure is of the service ${destination.service}${named(destination.arn)}, but Lambda gives the failed batches of a stream to SQS, SNS `
        + 'and S3 only. Give a standard queue, a standard topic or a bucket.'
      : undefined,
  },
  {
    id: 'destination-kafka',
    severity: 'error',
    summary: 'A failure destination is no Kafka topic.',
    reads: ['onFailure'],
    source: 'Lambda guide, kafka-on-failure-destination',
    check: ({ destination }) => destination?.arn.startsWith('kafka://')
      ? `onFailure is the Kafka topic ${destination.arn}, but Lambda delivers to Kafka for Kafka sources only. `
        + 'Give a standard SQS queue, a standard SNS topic or an S3 bucket.'
      : undefined,
  },
  {
    id: 'report-token',
    severity: 'error',
    summary: 'A `reportBatchItemFailures` that the deployment decides is `Fn.conditionIf(…, true, false)`.',
    reads: ['reportBatchItemFailures'],
    source: 'CloudFormation: a list depends on a condition, not on a value',
    check: ({ unwritableReport }) => unwritableReport === undefined
      ? undefined
      : `reportBatchItemFailures is ${unwritableReport}, but a template can't make a list of it. Give true or false, or `
        + 'Fn.conditionIf(condition.logicalId, true, false) with a CfnCondition.',
  },
  {
    id: 'circular-dependency',
    severity: 'error',
    summary: 'What the function\'s role is granted for the trigger can be deployed before the function.',
    reads: ['table', 'handler', 'onFailure'],
    source: 'CloudFormation: "Circular dependency between resources"',
    check: ({ circle }) => circle === undefined
      ? undefined
      : `CloudFormation can't deploy what needs itself: ${[...circle, circle[0]].join(' -> ')}, the last step for the trigger. Put the trigger into a `
        + `stack of its own, or let ${circle.at(-2) ?? circle[0]} name the function's role or a name of yours instead of ${circle.at(-1)}.`,
  },
  {
    id: 'filter-image',
    severity: 'warning',
    summary: 'A filter looks at an image that its records have.',
    reads: ['filters', 'table'],
    source: SOURCES.streams,
    check: ({ filters, viewType }) => filters.flatMap((filter, index) => typeof filter === 'string'
      ? missingImages(filter, viewType).map((message) => `filters[${index}] ${message}`)
      : []),
  },
  {
    id: 'grant-missing',
    severity: 'warning',
    summary: 'The function\'s role can be granted what the trigger needs.',
    reads: ['handler'],
    source: `${SOURCES.errorHandling}; "Cannot access stream" at creation`,
    check: ({ missingStatements }) => missingStatements.length > 0
      ? 'handler\'s role is immutable or not known, so that nothing can be granted to it, and without these permissions the mapping can\'t be '
        + `created. Its owner has to add: ${JSON.stringify({ Version: '2012-10-17', Statement: missingStatements })}`
      : undefined,
  },
  {
    id: 'stream-readers',
    severity: 'warning',
    summary: `At most ${READER_LIMITS.single} mappings read a stream, ${READER_LIMITS.replicated} that of a table with replicas.`,
    reads: ['table'],
    source: `Lambda guide, with-ddb; ${SOURCES.streams}`,
    check: ({ earlierReaders, replicated }) => {
      const limit = replicated ? READER_LIMITS.replicated : READER_LIMITS.single;
      return earlierReaders.length >= limit
        ? `table's stream has ${earlierReaders.length + 1} readers with ${earlierReaders.join(' and ')}, but more than ${limit} on the stream of `
          + `a table ${replicated ? 'with' : 'without'} replicas are throttled. Let one function do the work of several.`
        : undefined;
    },
  },
  {
    id: 'stream-of-another-table',
    severity: 'warning',
    summary: 'The stream is the table\'s own.',
    reads: ['table'],
    source: SOURCES.streams,
    check: ({ streamArn, tableName }) => {
      const owner = /:table\/([^/]+)\/stream\//.exec(streamArn)?.[1];
      return owner !== undefined && owner !== TOKEN && differ(owner, tableName)
        ? `table is ${String(tableName)}, but its stream ARN is that of ${owner}. Give both of one table.`
        : undefined;
    },
  },
  {
    id: 'generated-table-name',
    severity: 'warning',
    summary: 'A table of another account or Region has a name that the app gave it.',
    reads: ['table'],
    source: 'CloudFormation: another TableName is a replacement',
    check: ({ generatedName }) => generatedName === undefined
      ? undefined
      : `table is of another account or Region than the trigger and has no tableName, so that the CDK names it ${generatedName}. A table that was deployed `
        + 'without that name is replaced by a new one without its items. Was it deployed? Then give the trigger the table of its deployed name, '
        + 'StreamedTable.fromTableName(this, id, name) or, of another account, fromTableArn. Otherwise give the table a tableName.',
  },
  {
    id: 'lookup-elsewhere',
    severity: 'warning',
    summary: 'A stream is looked up in the stack of its trigger.',
    reads: ['table'],
    source: 'CloudFormation: "Cannot delete export … as it is in use"',
    check: ({ lookedUpElsewhere }) => lookedUpElsewhere === undefined
      ? undefined
      : `table is a StreamedTable of the stack ${lookedUpElsewhere}, which exports the stream's ARN. CloudFormation changes no export that is in use, so that `
        + 'another refresh could not be deployed. Make the StreamedTable in the stack of the trigger.',
  },
  {
    id: 'cross-account-stream',
    severity: 'warning',
    summary: 'A stream of another account has a policy that lets the function\'s account read it.',
    reads: ['table'],
    source: `${SOURCES.mapping}; DynamoDB guide, rbac-cross-account-access`,
    check: ({ streamAccount, account, streamPolicy, lookedUp }) => differ(streamAccount, account) && streamPolicy !== true
      ? `table's stream is of account ${String(streamAccount)}, the function of ${String(account)}, which may read it if the owner gives the stream `
        + `this resource policy: ${sharing(account, SHARED_STREAM_ACTIONS)}${lookedUp ? `, and the table this one: ${sharing(account, SHARED_TABLE_ACTIONS)}` : ''}, `
        + 'and, where the table has a KMS key of its own, lets the account decrypt with that. Have it done, then acknowledge this.'
      : undefined,
  },
  {
    id: 'cross-region-destination',
    severity: 'warning',
    summary: 'The failure destination is in the Region of the trigger\'s stack.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ destination, region }) => destination !== undefined && differ(destination.region, region)
      ? `onFailure is in ${String(destination.region)}, the trigger in ${String(region)}, and that Lambda delivers across Regions is not `
        + `documented. Give a destination in ${String(region)}, or try it on AWS before relying on it.`
      : undefined,
  },
  {
    id: 'parking-off',
    severity: 'warning',
    summary: 'The function can name the failure destination, to park records there.',
    reads: ['onFailure', 'handler'],
    source: 'CloudFormation: stacks can\'t depend on each other both ways',
    check: ({ parkingOff }) => parkingOff
      ? 'onFailure belongs to the trigger\'s stack, or to another one that depends on the function\'s, so that the function can\'t know it: it '
        + 'does not park poison records, they block their shard until Lambda gives them up. Move the destination into the function\'s stack, '
        + 'or leave onFailure out to have a queue made there.'
      : undefined,
  },
  {
    id: 'short-timeout',
    severity: 'warning',
    summary: `A function that gets batches has more than ${SHORT_TIMEOUT} seconds.`,
    reads: ['handler', 'batchSize'],
    source: 'Lambda guide, configuration-timeout',
    check: ({ timeout, batchSize }) => timeout !== UNKNOWN && timeout <= SHORT_TIMEOUT && batchSize !== UNKNOWN && batchSize !== 1
      ? `handler times out after ${timeout} s, which leaves no time for a batch of ${String(batchSize)} records: what is not done by then is `
        + 'tried again. Give the function a timeout of a minute or so, or take a StreamFunction.'
      : undefined,
  },
];

function notAStream(arn: string, reference: JudgedWiring['streamReference']): string | undefined {
  if (isWildcard(arn)) {
    return 'table\'s stream ARN ends with /stream/*, as a TableV2\'s replica() gives it for another Region, and names no stream. '
      + 'Put the trigger into a stack of the replica\'s Region, with StreamedTable.fromTable(this, id, table) as its table, which looks '
      + 'the replica\'s stream up at deployment.';
  }
  const wrong = reference ? isNoStreamAttribute(reference) : isNoStreamArn(arn);
  if (!wrong) {
    return undefined;
  }
  return `table's stream ARN is ${reference ? `the ${reference.attribute} of an ${reference.type}` : arn}, but has to be that of a DynamoDB stream, arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<time>, `
    + 'which is neither the table\'s own ARN nor that of a Kinesis stream.';
}

/** Other resources, such as parameters and nested stacks, may hold a stream's ARN. */
function isNoStreamAttribute({ type, attribute }: { readonly type: string; readonly attribute: string }): boolean {
  return TABLE_RESOURCES.includes(type) ? attribute !== 'StreamArn' : type.startsWith('AWS::Kinesis::');
}

/** Judges the service and the resource apart, because a token often hides but one of an ARN's parts. */
function isNoStreamArn(arn: string): boolean {
  const [, service, resource] = /^arn:[^:/]+:([^:/]+):[^:/]+:[^:/]+:(.+)$/.exec(arn) ?? [];
  if (service === undefined) {
    return !arn.includes(TOKEN);
  }
  return (service !== 'dynamodb' && !service.includes(TOKEN))
    || (!resource.includes(TOKEN) && !/^table\/[^/]+\/stream\/[^/]+$/.test(resource));
}

function isWildcard(arn: string): boolean {
  return arn.endsWith('/stream/*');
}

function missingImages(filter: string, viewType: Known<string | undefined>): string[] {
  const withoutImage = typeof viewType === 'string' ? MISSING_IMAGES[viewType] ?? [] : [];
  return conditionsOf(filter).flatMap(({ keys, alternatives, eventNames }) => {
    const [root, image] = keys;
    if (root !== 'dynamodb') {
      return [];
    }
    const outcome = alternatives.some(isAbsence) ? 'always matches' : 'never matches';
    if (withoutImage.includes(image)) {
      return `looks at ${keys.join('.')}, but the stream's view type ${String(viewType)} leaves ${image} out, so that it ${outcome}. `
        + 'Change the view type to NEW_AND_OLD_IMAGES, or the filter.';
    }
    if (eventNames?.length && eventNames.every((name) => MISSING_IMAGE_OF_EVENT[name] === image)) {
      return `looks at ${keys.join('.')}, but a record of ${eventNames.join(' or ')} has no ${image}, so that it ${outcome}. `
        + `Look at ${image === 'NewImage' ? 'OldImage' : 'NewImage'}.`;
    }
    return [];
  });
}

function isAbsence({ operator, operand }: Alternative): boolean {
  return operator === 'exists' && operand === false;
}

/** The policy of a resource that lets an account call it. */
function sharing(account: Known<string>, Action: readonly string[]): string {
  const Principal = { AWS: String(account) };
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action, Resource: '*' }] });
}

/** Whether two values are known and not the same. */
function differ(a: Known<string>, b: Known<string>): boolean {
  return a !== UNKNOWN && b !== UNKNOWN && a !== b;
}

function named(arn: string): string {
  return arn.includes(TOKEN) ? '' : ` (${arn})`;
}
