import { isDeepStrictEqual } from 'node:util';
import {
  aws_dynamodb as dynamodb, aws_lambda as lambda, aws_sns as sns, aws_sqs as sqs, CfnElement, CfnResource, Stack, Token,
} from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { dependencyPath, topOf } from './dependency-path';
import { ownedFunction } from './function-environment';
import { canonicalText, deployedProperties, environmentOf, isResource, referencesIn, resourceNamed, soleReference } from './references';
import { LOOKUP_RESOURCE } from './stream-lookup';
import { streamReaders } from './stream-readers';
import { tableResourceOf } from './stream-source';
import { JudgedFilters } from '../mapping/filter-rules';
import { Known, UNKNOWN } from '../mapping/rule';
import { JudgedDestination, JudgedWiring, SHORT_TIMEOUT, TABLE_RESOURCES, TOKEN } from '../mapping/wiring-rules';

/** A trigger of a finished app. */
export interface WiredTrigger extends JudgedFilters {
  readonly table: dynamodb.ITable;
  readonly handler: lambda.IFunction;
  readonly failureDestination: lambda.IEventSourceDlq | undefined;
  readonly mapping: lambda.CfnEventSourceMapping;
  readonly missingStatements: readonly object[];
  /** The ARNs of what the function can't be made without, because of what its role is granted for the trigger. */
  readonly granted: readonly string[];
  readonly parkingOff: boolean;
  readonly unwritableReport: string | undefined;
}

/** What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it. */
export function judgedWiring({ table, handler, failureDestination, mapping, granted, ...rest }: WiredTrigger): JudgedWiring {
  const stack = Stack.of(mapping);
  const eventSourceArn = unlessOverridden(mapping.eventSourceArn, deployedProperties(mapping).EventSourceArn, mapping);
  const streamArn = textOf(eventSourceArn, stack);
  return {
    ...rest,
    ...judgedTable(table, eventSourceArn, mapping),
    ...judgedNeighbors(mapping),
    batchSize: plain(mapping.batchSize),
    streamArn,
    streamReference: judgedReference(eventSourceArn, mapping),
    lookedUp: isLookedUp(mapping),
    tableName: plain(table.tableName),
    streamRegion: ofArn(streamArn, 'region') ?? ofStreamResource(table, mapping, 'region'),
    streamAccount: ofArn(streamArn, 'account') ?? ofStreamResource(table, mapping, 'account'),
    region: plain(stack.region),
    account: plain(stack.account),
    destination: judgedDestination(mapping, failureDestination),
    circle: judgedCircle(ownedFunction(handler)?.node.defaultChild, granted),
    timeout: timeoutOf(handler),
  };
}

/** How one of the things that a function needs for the trigger needs the function. */
function judgedCircle(fn: IConstruct | undefined, granted: readonly string[]): JudgedWiring['circle'] {
  if (!CfnResource.isCfnResource(fn)) return undefined;
  const circles = granted.flatMap((arn) => referencesIn(arn, fn)).map(({ target }) => target)
    .filter((target): target is CfnElement => CfnElement.isCfnElement(target) && topOf(target) === topOf(fn))
    .map((target) => dependencyPath(target, fn));
  return circles.find((circle) => circle !== undefined)?.map(({ node }) => node.path.replace(/\/Resource$/, ''));
}

/** A property's value with its tokens, which tell what they refer to, unless an override took its place. */
function unlessOverridden<Value>(value: Value, deployed: any, scope: CfnResource): Value {
  return isDeepStrictEqual(Stack.of(scope).resolve(value), deployed) ? value : deployed;
}

function judgedReference(arn: unknown, scope: CfnResource): JudgedWiring['streamReference'] {
  const reference = soleReference(arn, scope);
  if (reference === undefined || !isResource(reference.target)) return undefined;
  return { type: reference.target.cfnResourceType, attribute: reference.displayName };
}

function judgedTable(
  table: dynamodb.ITable, streamArn: unknown, scope: CfnResource,
): Pick<JudgedWiring, 'viewType' | 'replicated' | 'streamPolicy'> {
  const named = resourceNamed(streamArn, scope);
  const resource = named && TABLE_RESOURCES.includes(named.cfnResourceType) ? named : tableResourceOf(table);
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

/** Of mappings with different conditions, perhaps only one is deployed. */
function judgedNeighbors(mapping: lambda.CfnEventSourceMapping): Pick<JudgedWiring, 'twins' | 'earlierReaders'> {
  const readers = streamReaders(mapping).filter(({ cfnOptions }) => cfnOptions.condition === mapping.cfnOptions.condition);
  const others = readers.filter((reader) => reader !== mapping);
  const fn = others.length > 0 ? functionKey(mapping) : undefined;
  // A disabled mapping reads nothing.
  const earlier = mapping.enabled === false ? [] : readers.slice(0, readers.indexOf(mapping));
  return {
    twins: others.filter((other) => functionKey(other) === fn).map(({ node }) => node.path),
    earlierReaders: earlier.filter(({ enabled }) => enabled !== false).map(({ node }) => node.path),
  };
}

/** A function is named by its name or its ARN, and is always in the account and Region of its mapping. */
function functionKey(mapping: lambda.CfnEventSourceMapping): string {
  return keyOfFunction(mapping.functionName, mapping);
}

/** An alias or a version of the tree is named by its own ARN, or by its function and its name or number. */
function keyOfFunction(name: unknown, mapping: CfnResource): string {
  const targets = referencesIn(name, mapping).map(({ target }) => target);
  const alias = targets.find(isAlias);
  if (alias !== undefined) return `${keyOfFunction(alias.functionName, alias)}:${alias.name}`;
  const version = targets.find(isVersion);
  if (version !== undefined) return `<${version.node.path}>`;
  const literal = withoutArn(textOf(name, mapping));
  const key = literal.includes(TOKEN)
    ? withoutArn(canonicalText(name, mapping)).replace(/^<([^>]*)\.(?:Ref|Arn)>/, (_, path) => givenName(targets[0]) ?? `<${path}>`)
    : literal;
  if (key.startsWith('<')) return key;
  const arn = textOf(name, mapping);
  const [account, region] = [ofArn(arn, 'account'), ofArn(arn, 'region')];
  return `${account && region ? `${account}/${region}` : environmentOf(mapping)} ${key}`;
}

function withoutArn(name: string): string {
  return name.replace(/^(?:[^<]*:)?function:/, '');
}

/** The name that the app gives a function of its own. */
function givenName(construct: unknown): string | undefined {
  const { functionName } = construct as Partial<lambda.CfnFunction>;
  return functionName === undefined || Token.isUnresolved(functionName) ? undefined : functionName;
}

function isAlias(construct: unknown): construct is lambda.CfnAlias {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::Alias';
}

function isVersion(construct: unknown): construct is lambda.CfnVersion {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::Version';
}

function judgedDestination(
  mapping: lambda.CfnEventSourceMapping, given: lambda.IEventSourceDlq | undefined,
): JudgedDestination | undefined {
  const destination = destinationOf(mapping);
  if (destination === undefined) return undefined;
  const arn = textOf(destination, mapping);
  const resource = resourceNamed(destination, mapping);
  return {
    arn,
    service: ofArn(arn, 'service') ?? serviceOf(destination, mapping),
    fifo: arn.endsWith('.fifo') || (resource !== undefined && isFifo(resource)) || isToldFifo(given, destination),
    region: ofArn(arn, 'region') ?? ofStack(resource, 'region'),
  };
}

function destinationOf(mapping: lambda.CfnEventSourceMapping): string | undefined {
  const { onFailure } = (mapping.destinationConfig ?? {}) as lambda.CfnEventSourceMapping.DestinationConfigProperty;
  const { destination } = (onFailure ?? {}) as lambda.CfnEventSourceMapping.OnFailureProperty;
  return unlessOverridden(destination, deployedProperties(mapping).DestinationConfig?.OnFailure?.Destination, mapping);
}

/** The service of a resource whose own ARN a value is. What another resource looks up may be of any. */
function serviceOf(arn: string, scope: CfnResource): Known<string> {
  const reference = soleReference(arn, scope);
  const [, service] = /^AWS::(?!CloudFormation::)([^:]+)::/.exec(reference && isResource(reference.target) ? reference.target.cfnResourceType : '') ?? [];
  return service === undefined || reference?.displayName !== 'Arn' ? UNKNOWN : service.toLowerCase();
}

function isFifo(resource: CfnResource): boolean {
  const { FifoQueue, FifoTopic } = deployedProperties(resource);
  // CloudFormation takes booleans as text too.
  return [FifoQueue, FifoTopic].some((flag) => String(flag) === 'true');
}

/** Of an imported queue or topic whose ARN is a token, only what it was imported with tells. `SqsDlq` and `SnsDlq` keep it private. */
function isToldFifo(given: unknown, destination: string): boolean {
  const { queue, topic } = (given ?? {}) as { queue?: Partial<sqs.IQueue>; topic?: Partial<sns.ITopic> };
  return (queue?.fifo === true && queue.queueArn === destination) || (topic?.fifo === true && topic.topicArn === destination);
}

function timeoutOf(handler: lambda.IFunction): Known<number> {
  const resource = ownedFunction(handler)?.node.defaultChild;
  if (!resource || !CfnResource.isCfnResource(resource)) return UNKNOWN;
  const { Timeout = SHORT_TIMEOUT } = deployedProperties(resource);
  return typeof Timeout === 'number' ? Timeout : UNKNOWN;
}

/** A text with `TOKEN` in place of what only the deployment knows. */
function textOf(value: unknown, scope: CfnResource | Stack): string {
  return textOfResolved(Stack.of(scope).resolve(value));
}

function textOfResolved(resolved: any): string {
  if (typeof resolved === 'string') return resolved;
  const [template] = [resolved?.['Fn::Sub']].flat();
  if (typeof template === 'string') return template.replace(/\$\{[^}]*\}/g, () => TOKEN);
  const [index, list] = resolved?.['Fn::Select'] ?? [];
  const [at, whole] = list?.['Fn::Split'] ?? [];
  if (whole !== undefined) return textOfResolved(whole).split(at)[Number(index)] ?? TOKEN;
  const [separator, parts] = resolved?.['Fn::Join'] ?? [];
  return Array.isArray(parts) ? parts.map(textOfResolved).join(separator) : TOKEN;
}

/** The place of each part in an ARN. */
const ARN_PARTS = { service: 2, region: 3, account: 4 } as const;

/** The part of an ARN that says what a thing is of, or where it is; undefined if the ARN doesn't. */
function ofArn(arn: string, part: keyof typeof ARN_PARTS): string | undefined {
  const found = arn.split(':')[ARN_PARTS[part]];
  return found === undefined || found === '' || found.includes(TOKEN) ? undefined : found;
}

function ofStack(resource: CfnResource | undefined, part: 'region' | 'account'): Known<string> {
  return resource === undefined ? UNKNOWN : plain(Stack.of(resource)[part]);
}

/** A stream that is looked up is where its table is. */
function ofStreamResource(table: dynamodb.ITable, mapping: lambda.CfnEventSourceMapping, part: 'region' | 'account'): Known<string> {
  return isLookedUp(mapping) ? plain(table.env[part]) : ofStack(resourceNamed(mapping.eventSourceArn, mapping), part);
}

function isLookedUp(mapping: lambda.CfnEventSourceMapping): boolean {
  return resourceNamed(mapping.eventSourceArn, mapping)?.cfnResourceType === LOOKUP_RESOURCE;
}

function known(value: unknown): Known<string> {
  return typeof value === 'string' ? value : UNKNOWN;
}

function plain<Value>(value: Value): Known<Value> {
  return Token.isUnresolved(value) ? UNKNOWN : value;
}
