import { differ, isKnown, type Known, type Location, SHARED_STREAM_ACTIONS, SHARED_TABLE_ACTIONS, SHORT_TIMEOUT, TABLE_RESOURCES, UNKNOWN } from './facts';
import type { FilterFacts } from './filter/filter-facts';
import type { SettingFacts } from './mapping-rules';
import { type Rule, SOURCES } from './rule';
import type { WiringWords } from './words';
import { asksForAbsence } from '../event-pattern';
import { DESTINATION_KINDS } from '../stream/destination-kind';

/** What a mapping is wired to, whoever made it. */
export interface WiringFacts extends Pick<SettingFacts, 'filters' | 'batchSize' | 'parallelizationFactor' | 'enabled'> {
  readonly table: StreamFacts;
  readonly handler: FunctionFacts;
  readonly onFailure: DestinationFacts | undefined;
  /** Whether the function may write to the table whose stream drives it. */
  readonly writesToTable: boolean;
  /** Where the mapping is. */
  readonly mapping: Location;
}

/** The stream that the mapping reads, and its table. */
export interface StreamFacts extends Location {
  /** With `UNKNOWN` for what only the deployment knows. */
  readonly arn: string;
  /** The type of the resource and its attribute, where the ARN is that of a resource of this app. */
  readonly reference: { readonly type: string; readonly attribute: string } | undefined;
  /** Undefined: the stream is off. */
  readonly viewType: Known<string | undefined>;
  /** Whether the stream's own policy lets another account read it; unknown where the table is not of this app. */
  readonly hasPolicy: Known<boolean>;
  /** Whether the stream is looked up at deployment. */
  readonly lookedUp: boolean;
  /** Whether the table has replicas in other Regions. */
  readonly replicated: boolean;
  /** The paths of the mappings that read the same stream and were there before. */
  readonly earlierReaders: readonly string[];
}

/** The function that the mapping invokes. */
export interface FunctionFacts {
  /** In seconds. */
  readonly timeout: Known<number>;
  /** The paths of other mappings of the same stream and the same function. */
  readonly twins: readonly string[];
  /** Whether each tenant has environments of its own. */
  readonly perTenant: boolean;
  /** Undefined: none is reserved. */
  readonly reservedConcurrency: Known<number> | undefined;
  /** What its role lacks of what the mapping needs, as IAM statements. */
  readonly missingStatements: readonly object[];
  /** Undefined: the function is not a durable one. */
  readonly durable: DurableFacts | undefined;
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

/** A failure destination. */
export interface DestinationFacts {
  /** With `UNKNOWN` for what only the deployment knows. */
  readonly arn: string;
  /** The service in the ARN, or that of the resource whose ARN it is. */
  readonly service: Known<string>;
  readonly fifo: boolean;
  readonly region: Known<string>;
  /** What was given instead of an ARN, such as a name or the URL of a queue. */
  readonly insteadOfArn?: string;
}

/** The services that take what a mapping gives up. */
const DESTINATION_SERVICES: readonly string[] = DESTINATION_KINDS;

/** How long an execution of a durable function may take under a mapping, in seconds: normally, and on Managed Instances. */
const DURABLE_LIMITS = { normal: 15 * 60, managed: 90 * 60 } as const;

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

/** What is wrong with the wiring of a mapping, whoever made it. */
export const WIRING_RULES: readonly Rule<WiringFacts, WiringWords>[] = [
  {
    id: 'stream-off',
    severity: 'error',
    summary: 'The table\'s stream is on.',
    reads: ['table'],
    source: `${SOURCES.recorded}: "Stream not found"`,
    check: ({ table }, words) => table.viewType === undefined
      ? [`${words.table} has no stream. ${words.switchStreamOn}`]
      : [],
  },
  {
    id: 'stream-arn',
    severity: 'error',
    summary: 'The mapping reads the ARN of one DynamoDB stream: not of a table, not with a wildcard, not of a Kinesis stream.',
    reads: ['table'],
    source: `${SOURCES.recorded}: "Stream not found"; DynamoDB Streams API, StreamArn`,
    check: ({ table }, words) => notAStream(table, words),
  },
  {
    id: 'stream-region',
    severity: 'error',
    summary: 'The stream is in the Region of the mapping\'s stack.',
    reads: ['table', 'mapping'],
    source: `${SOURCES.mapping}: "Cross-region triggers are not supported"`,
    check: ({ table, mapping }, words) => differ(table.region, mapping.region) && !isWildcard(table.arn)
      ? [`${words.stream} is in ${table.region} but the mapping's stack is in ${mapping.region}, and Lambda reads streams of its own Region only. `
        + `Put the mapping in a stack in ${table.region}. Or, if the table has a replica in ${mapping.region}, ${words.giveReplica}`]
      : [],
  },
  {
    id: 'duplicate-mapping',
    severity: 'error',
    summary: 'There is one mapping between a stream and a function.',
    reads: ['handler'],
    source: `${SOURCES.recorded}: 409 ResourceConflictException`,
    check: ({ handler: { twins } }, words) => twins.length > 0
      ? [`${words.handler} is driven by this stream already, in ${twins.join(' and ')}, and Lambda allows one mapping per stream and function. `
        + 'Remove one of them, or give an alias of the function.']
      : [],
  },
  {
    id: 'tenant-isolation',
    severity: 'error',
    summary: 'The function has no tenant isolation.',
    reads: ['handler'],
    source: 'CDK, TenancyConfig: only API Gateway drives such a function',
    check: ({ handler: { perTenant } }, words) => perTenant
      ? [`${words.handler} has the tenancy PER_TENANT, and of event sources only API Gateway can drive such a function. Give a function without tenant isolation, `
        + 'which invokes the other one with the tenant of each record.']
      : [],
  },
  {
    id: 'destination-fifo',
    severity: 'error',
    summary: 'A failure queue or topic is a standard one.',
    reads: ['onFailure'],
    source: `${SOURCES.metrics}; aws/aws-cdk issue 13793`,
    check: ({ onFailure }, { name }) => onFailure?.fifo
      ? [`${name('onFailure')} is a FIFO queue or topic${named(onFailure.arn)} but Lambda never delivers to one. Give a standard one.`]
      : [],
  },
  {
    id: 'destination-service',
    severity: 'error',
    summary: 'A failure destination is a queue, a topic or a bucket.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ onFailure }, { name }) => {
      if (onFailure?.insteadOfArn !== undefined) {
        return [`${name('onFailure')} is ${onFailure.insteadOfArn} but must be the ARN of a queue, a topic or a bucket. `
          + 'Give that: the Arn of a queue or a bucket, or the Ref of a topic.'];
      }
      return onFailure && onFailure.service !== UNKNOWN && !DESTINATION_SERVICES.includes(onFailure.service)
        ? [`${name('onFailure')} is of the service ${onFailure.service}${named(onFailure.arn)} but Lambda sends the failed batches of a stream to SQS, SNS and S3 only. `
          + 'Give a standard queue, a standard topic or a bucket.']
        : [];
    },
  },
  {
    id: 'destination-kafka',
    severity: 'error',
    summary: 'A failure destination is not a Kafka topic.',
    reads: ['onFailure'],
    source: 'Lambda guide, kafka-on-failure-destination',
    check: ({ onFailure }, { name }) => onFailure?.arn.startsWith('kafka://')
      ? [`${name('onFailure')} is the Kafka topic ${onFailure.arn} but Lambda delivers to Kafka for Kafka sources only. `
        + 'Give a standard SQS queue, a standard SNS topic or an S3 bucket.']
      : [],
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
    id: 'stream-readers',
    severity: 'warning',
    summary: `At most ${READER_LIMITS.single} mappings read a stream, ${READER_LIMITS.replicated} that of a table with replicas.`,
    reads: ['table'],
    source: `Lambda guide, with-ddb; ${SOURCES.streams}`,
    check: ({ table: { earlierReaders, replicated } }, words) => {
      const limit = replicated ? READER_LIMITS.replicated : READER_LIMITS.single;
      return earlierReaders.length >= limit
        ? [`${words.stream} has ${earlierReaders.length + 1} readers, this one and ${earlierReaders.join(' and ')}, but more than ${limit} on the stream of `
          + `a table ${replicated ? 'with' : 'without'} replicas are throttled. Let one function do the work of several.`]
        : [];
    },
  },
  {
    id: 'cross-account-stream',
    severity: 'warning',
    summary: 'A stream of another account has a policy that lets the function\'s account read it.',
    reads: ['table', 'mapping'],
    source: `${SOURCES.mapping}; DynamoDB guide, rbac-cross-account-access`,
    check: ({ table, mapping: { account } }, words) => differ(table.account, account) && table.hasPolicy !== true
      ? [`${words.stream} is of account ${table.account} but the function is of ${account}, which may read it only if the owner gives the stream `
        + `this resource policy: ${sharing(account, SHARED_STREAM_ACTIONS)}${table.lookedUp ? `, and the table this one: ${sharing(account, SHARED_TABLE_ACTIONS)}` : ''}. `
        + 'If the table has a KMS key of its own, the key must let the account decrypt. Acknowledge this when that is done.']
      : [],
  },
  {
    id: 'cross-region-destination',
    severity: 'warning',
    summary: 'The failure destination is in the Region of the mapping\'s stack.',
    reads: ['onFailure', 'mapping'],
    source: SOURCES.errorHandling,
    check: ({ onFailure, mapping: { region } }, { name }) => onFailure !== undefined && differ(onFailure.region, region)
      ? [`${name('onFailure')} is in ${onFailure.region} but the mapping is in ${region}, and AWS does not document that Lambda delivers across Regions. `
        + `Give a destination in ${region}, or try it on AWS before you rely on it.`]
      : [],
  },
  {
    id: 'durable-timeout',
    severity: 'warning',
    summary: 'An execution of a durable function has at most 15 minutes, on Managed Instances 90.',
    reads: ['handler'],
    source: 'Lambda guide, durable-invoking-esm',
    check: ({ handler: { durable } }, words) => {
      const limit = DURABLE_LIMITS[durable?.isManaged ? 'managed' : 'normal'];
      return durable?.timeout !== undefined && durable.timeout !== UNKNOWN && durable.timeout > limit
        ? [`${words.handler} is a durable function whose execution may take ${durable.timeout} seconds, but under a mapping the whole execution has ${limit}: then the batch `
          + 'fails. Limit its execution to that, or let the function start another durable function asynchronously.']
        : [];
    },
  },
  {
    id: 'durable-unqualified',
    severity: 'warning',
    summary: 'A durable function is driven by a version or an alias.',
    reads: ['handler'],
    source: 'Lambda guide, durable-invoking',
    check: ({ handler: { durable } }, words) => durable !== undefined && !durable.isQualified
      ? [`${words.handler} is a durable function without a version: if its code changes during an execution, the rest of the execution runs with the new code. `
        + words.giveVersion]
      : [],
  },
  {
    id: 'reserved-concurrency-zero',
    severity: 'warning',
    summary: 'The function of a mapping that is on can be invoked.',
    reads: ['handler', 'enabled'],
    source: 'Lambda guide, configuration-concurrency',
    check: ({ handler: { reservedConcurrency }, enabled }, words) => reservedConcurrency === 0 && enabled === true
      ? [`${words.handler} has a reserved concurrency of 0, so it is never invoked, and the records are lost after 24 hours. To pause the mapping, set `
        + `${words.name('enabled')} to false, and back within a day.`]
      : [],
  },
  {
    id: 'reserved-concurrency-low',
    severity: 'warning',
    summary: 'The reserved concurrency of the function is at least `parallelizationFactor`.',
    reads: ['handler', 'parallelizationFactor'],
    source: 'Lambda guide, configuration-concurrency',
    check: ({ handler: { reservedConcurrency }, parallelizationFactor: factor }, words) =>
      typeof reservedConcurrency === 'number' && reservedConcurrency > 0 && typeof factor === 'number' && factor > reservedConcurrency
        ? [`${words.handler} has a reserved concurrency of ${reservedConcurrency}, less than the ${words.name('parallelizationFactor')} ${factor}: one shard alone is throttled, and its records `
          + 'get older. Reserve at least the number of shards times the factor.']
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
          + 'others, the same deletion looks like a user\'s. Put the mapping in one Region, or compare the item\'s TTL attribute in the function.']
        : [])
      : [],
  },
  {
    id: 'short-timeout',
    severity: 'warning',
    summary: `A function that gets batches has more than ${SHORT_TIMEOUT} seconds.`,
    reads: ['handler', 'batchSize'],
    source: 'Lambda guide, configuration-timeout',
    check: ({ handler: { timeout }, batchSize }, words) => timeout !== UNKNOWN && timeout <= SHORT_TIMEOUT && batchSize !== UNKNOWN && batchSize !== 1
      ? [`${words.handler} times out after ${timeout} seconds, which leaves no time for a batch of ${String(batchSize)} records: what is not done by then is `
        + `retried. ${words.giveTime}`]
      : [],
  },
  {
    id: 'grant-missing',
    severity: 'warning',
    summary: 'The function\'s role has what the mapping needs.',
    reads: ['handler'],
    source: `${SOURCES.errorHandling}; "Cannot access stream" at creation`,
    check: ({ handler: { missingStatements } }, words) => missingStatements.length > 0
      ? [`${words.lacksGrants} Without those on the stream and its key, Lambda can't read the stream; without the others, failed batches are lost. `
        + `${words.addGrants}: ${JSON.stringify({ Version: '2012-10-17', Statement: missingStatements })}`]
      : [],
  },
  {
    id: 'write-loop',
    severity: 'warning',
    summary: 'A function that may write to its own table has a filter.',
    reads: ['writesToTable', 'filters'],
    source: 'Lambda guide, invocation-recursion: loops over DynamoDB are not detected',
    check: ({ writesToTable, filters }, words) => writesToTable && filters.length === 0
      ? [`${words.handler} may write to the table whose stream drives it, and no filter keeps its own changes out: each write may invoke it again, without end, and Lambda `
        + 'does not detect loops over DynamoDB. Let its writes set an attribute, and filter on the absence of that, or let it write only what changes '
        + 'something and acknowledge this. If it does not write, grant it less.']
      : [],
  },
];

function notAStream({ arn, reference }: StreamFacts, words: WiringWords): string[] {
  if (isWildcard(arn)) {
    return [`${words.streamArn} ends with /stream/*, as the CDK gives it for a replica in another Region, but must name one stream. ${words.nameStream}`];
  }
  const isWrong = reference ? isOtherAttribute(reference) : isOtherArn(arn);
  return isWrong
    ? [`${words.streamArn} is ${reference ? `the ${reference.attribute} of an ${reference.type}` : arn} but must be that of a DynamoDB stream: `
      + 'arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<time>. The ARN of a table or of a Kinesis stream is not one.']
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
      return [`looks at ${keys.join('.')} but the stream's view type ${viewType} omits ${image}, so it ${outcome}. `
        + 'Change the filter. Or, if the table is not deployed yet, change the view type to NEW_AND_OLD_IMAGES: that gives a deployed table another stream, and '
        + 'the records that wait in the old one are not read (docs/operate/changes.md).'];
    }
    if (eventNames?.length && eventNames.every((name) => MISSING_IMAGE_OF_EVENT[name] === image)) {
      return [`looks at ${keys.join('.')} but a record of ${eventNames.join(' or ')} has no ${image}, so it ${outcome}. `
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
