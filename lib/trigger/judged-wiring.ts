import { aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda, CfnResource, Stack, Token } from 'aws-cdk-lib';
import { ownedFunction } from './function-environment';
import { canonicalText, deployedProperties, environmentOf, resourceNamed } from './references';
import { JudgedFilters } from '../mapping/filter-rules';
import { Known, UNKNOWN } from '../mapping/rule';
import { JudgedDestination, JudgedWiring, SHORT_TIMEOUT, TOKEN } from '../mapping/wiring-rules';

/** A trigger of a finished app. */
export interface WiredTrigger extends JudgedFilters {
  readonly table: dynamodb.ITable;
  readonly handler: lambda.IFunction;
  readonly mapping: lambda.CfnEventSourceMapping;
  readonly missingStatements: readonly iam.PolicyStatement[];
  readonly parkingOff: boolean;
}

/** What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it. */
export function judgedWiring({ table, handler, mapping, missingStatements, ...rest }: WiredTrigger): JudgedWiring {
  const stack = Stack.of(mapping);
  const streamArn = textOf(mapping.eventSourceArn, stack);
  return {
    ...rest,
    ...judgedTable(table, mapping),
    ...judgedNeighbors(mapping),
    batchSize: plain(mapping.batchSize),
    streamArn,
    tableName: plain(table.tableName),
    streamRegion: ofArn(streamArn, 'region') ?? ofStack(resourceNamed(mapping.eventSourceArn, stack), 'region'),
    streamAccount: ofArn(streamArn, 'account') ?? ofStack(resourceNamed(mapping.eventSourceArn, stack), 'account'),
    region: plain(stack.region),
    account: plain(stack.account),
    destination: judgedDestination(mapping),
    missingStatements: missingStatements.map((statement) => stack.resolve(statement.toStatementJson())),
    timeout: timeoutOf(handler),
  };
}

const TABLE_TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

function judgedTable(
  table: dynamodb.ITable, mapping: lambda.CfnEventSourceMapping,
): Pick<JudgedWiring, 'viewType' | 'replicated' | 'streamPolicy'> {
  const resource = [resourceNamed(mapping.eventSourceArn, mapping), table.node.defaultChild]
    .find((candidate): candidate is CfnResource => candidate !== undefined && CfnResource.isCfnResource(candidate)
      && TABLE_TYPES.includes(candidate.cfnResourceType));
  if (resource === undefined) return { viewType: UNKNOWN, replicated: false, streamPolicy: UNKNOWN };
  const { StreamSpecification: stream, Replicas: replicas } = deployedProperties(resource);
  return {
    viewType: stream === undefined ? undefined : known(stream.StreamViewType),
    replicated: (Array.isArray(replicas) && replicas.length > 1) || hasReplicaResources(table),
    streamPolicy: [stream, ...[replicas ?? []].flat().map((replica) => replica.ReplicaStreamSpecification)]
      .some((specification) => specification?.ResourcePolicy !== undefined),
  };
}

/** A `Table` makes its replicas with custom resources. */
function hasReplicaResources(table: dynamodb.ITable): boolean {
  return table.node.findAll().some((child) => CfnResource.isCfnResource(child) && child.cfnResourceType === 'Custom::DynamoDBReplica');
}

/** Looks at every mapping of the app, not at those of triggers alone. */
function judgedNeighbors(mapping: lambda.CfnEventSourceMapping): Pick<JudgedWiring, 'twins' | 'earlierReaders'> {
  const [stream, fn, { condition }] = [streamKey(mapping), functionKey(mapping), mapping.cfnOptions];
  const readers = mapping.node.root.node.findAll().filter(isMapping)
    // Of mappings with different conditions, perhaps only one is deployed.
    .filter((other) => other.cfnOptions.condition === condition && streamKey(other) === stream);
  const earlier = readers.slice(0, readers.indexOf(mapping));
  return {
    twins: readers.filter((other) => other !== mapping && functionKey(other) === fn).map(({ node }) => node.path),
    earlierReaders: earlier.filter(({ enabled }) => enabled !== false).map(({ node }) => node.path),
  };
}

function isMapping(construct: unknown): construct is lambda.CfnEventSourceMapping {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::EventSourceMapping';
}

function streamKey(mapping: lambda.CfnEventSourceMapping): string {
  return canonicalText(mapping.eventSourceArn, mapping);
}

/** A function is named by its name or its ARN, and is always in the account and Region of its mapping. */
function functionKey(mapping: lambda.CfnEventSourceMapping): string {
  const key = canonicalText(mapping.functionName, mapping)
    .replace(/^(?:[^<]*:)?function:/, '')
    .replace(/^<(.*)\.(?:Ref|Arn)>$/, '<$1>');
  if (key.startsWith('<')) return key;
  const arn = textOf(mapping.functionName, mapping);
  const [account, region] = [ofArn(arn, 'account'), ofArn(arn, 'region')];
  return `${account && region ? `${account}/${region}` : environmentOf(mapping)} ${key}`;
}

function judgedDestination(mapping: lambda.CfnEventSourceMapping): JudgedDestination | undefined {
  const { onFailure } = (mapping.destinationConfig ?? {}) as lambda.CfnEventSourceMapping.DestinationConfigProperty;
  const { destination } = (onFailure ?? {}) as lambda.CfnEventSourceMapping.OnFailureProperty;
  if (destination === undefined) return undefined;
  const arn = textOf(destination, mapping);
  const resource = resourceNamed(destination, mapping);
  return {
    arn,
    fifo: arn.endsWith('.fifo') || (resource !== undefined && isFifo(resource)),
    region: ofArn(arn, 'region') ?? ofStack(resource, 'region'),
  };
}

function isFifo(resource: CfnResource): boolean {
  const { FifoQueue, FifoTopic } = deployedProperties(resource);
  return FifoQueue === true || FifoTopic === true;
}

function timeoutOf(handler: lambda.IFunction): Known<number> {
  const resource = ownedFunction(handler)?.node.defaultChild;
  if (!resource || !CfnResource.isCfnResource(resource)) return UNKNOWN;
  const { Timeout = SHORT_TIMEOUT } = deployedProperties(resource);
  return typeof Timeout === 'number' ? Timeout : UNKNOWN;
}

/** A text with `TOKEN` in place of what only the deployment knows. */
function textOf(value: unknown, scope: CfnResource | Stack): string {
  const resolved = Stack.of(scope).resolve(value);
  if (typeof resolved === 'string') return resolved;
  const [separator, parts] = resolved?.['Fn::Join'] ?? [];
  return Array.isArray(parts) ? parts.map((part) => typeof part === 'string' ? part : TOKEN).join(separator) : TOKEN;
}

/** The part of an ARN that says where a thing is; undefined if the ARN doesn't. */
function ofArn(arn: string, part: 'region' | 'account'): string | undefined {
  const found = arn.split(':')[part === 'region' ? 3 : 4];
  return found === undefined || found === '' || found.includes(TOKEN) ? undefined : found;
}

function ofStack(resource: CfnResource | undefined, part: 'region' | 'account'): Known<string> {
  return resource === undefined ? UNKNOWN : plain(Stack.of(resource)[part]);
}

function known(value: unknown): Known<string> {
  return typeof value === 'string' ? value : UNKNOWN;
}

function plain<Value>(value: Value): Known<Value> {
  return Token.isUnresolved(value) ? UNKNOWN : value;
}
