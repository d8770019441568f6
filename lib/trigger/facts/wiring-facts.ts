import { type aws_dynamodb as dynamodb, type aws_lambda as lambda, type CfnResource, Stack, Token } from 'aws-cdk-lib';
import { judgedDestination } from './destination-facts';
import { functionKey } from './function-key';
import { streamReaders } from './stream-readers';
import type { JudgedFilters } from '../../rules/filter/filter-rules';
import { type Known, UNKNOWN } from '../../rules/rule';
import { type JudgedWiring, SHORT_TIMEOUT, TABLE_RESOURCES } from '../../rules/wiring-rules';
import { ownedFunction } from '../function/owned-function';
import { lookupOf } from '../table/stream-lookup';
import { tableResourceOf } from '../table/stream-source';
import { soleReference } from '../template/canonical-text';
import { dependencyPath } from '../template/dependency-path';
import { deployedProperty, unlessOverridden } from '../template/deployed-properties';
import { ofArn, plain, textOf } from '../template/known-text';
import { referencesIn, resourceNamed } from '../template/references';
import { isElement, isResource, resourceOf } from '../template/resource';
import { environmentOf, topOf } from '../template/stacks';

/** A trigger of a finished app. */
export interface WiredTrigger extends JudgedFilters {
  readonly table: dynamodb.ITable;
  readonly handler: lambda.IFunction;
  readonly failureDestination: lambda.IEventSourceDlq | undefined;
  readonly mapping: lambda.CfnEventSourceMapping;
  /** The mapping's properties as the template will have them. */
  readonly deployed: { readonly [name: string]: any };
  readonly missingStatements: readonly object[];
  /** The ARNs of what the function can't be made without, because of what its role is granted for the trigger. */
  readonly granted: readonly string[];
  readonly parkingOff: boolean;
  readonly unwritableReport: string | undefined;
}

/** What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it. */
export function judgedWiring({ table, handler, failureDestination, mapping, deployed, granted, ...rest }: WiredTrigger): JudgedWiring {
  const stack = Stack.of(mapping);
  const destination = destinationOf(mapping, deployed);
  return {
    ...rest,
    ...judgedStream(table, unlessOverridden(mapping.eventSourceArn, deployed.EventSourceArn, mapping), mapping),
    ...judgedNeighbors(mapping),
    batchSize: plain(mapping.batchSize),
    tableName: plain(table.tableName),
    region: plain(stack.region),
    account: plain(stack.account),
    destination: destination === undefined ? undefined : judgedDestination(destination, mapping, failureDestination),
    circle: judgedCircle(resourceOf(ownedFunction(handler)), granted),
    timeout: timeoutOf(handler),
  };
}

type JudgedTable = Pick<JudgedWiring, 'viewType' | 'replicated' | 'streamPolicy' | 'generatedName'>;
type JudgedStream = JudgedTable & Pick<JudgedWiring,
  'streamArn' | 'streamReference' | 'lookedUp' | 'lookedUpElsewhere' | 'streamRegion' | 'streamAccount'>;

function judgedStream(table: dynamodb.ITable, eventSourceArn: string | undefined, mapping: lambda.CfnEventSourceMapping): JudgedStream {
  const streamArn = textOf(eventSourceArn, mapping);
  const source = resourceNamed(eventSourceArn, mapping);
  const lookup = lookupOf(source);
  // A stream that is looked up is where its table is.
  const place = lookup ? table.env : source && Stack.of(source);
  return {
    streamArn,
    streamReference: judgedReference(eventSourceArn, mapping),
    lookedUp: lookup !== undefined,
    lookedUpElsewhere: lookup && topOf(lookup) !== topOf(mapping) ? topOf(lookup).node.path : undefined,
    streamRegion: ofArn(streamArn, 'region') ?? (place ? plain(place.region) : UNKNOWN),
    streamAccount: ofArn(streamArn, 'account') ?? (place ? plain(place.account) : UNKNOWN),
    ...judgedTable(table, source && TABLE_RESOURCES.includes(source.cfnResourceType) ? source : tableResourceOf(table), mapping),
  };
}

function judgedReference(arn: unknown, scope: CfnResource): JudgedWiring['streamReference'] {
  const reference = soleReference(arn, scope);
  if (reference === undefined || !isResource(reference.target)) {
    return undefined;
  }
  return { type: reference.target.cfnResourceType, attribute: reference.displayName };
}

function judgedTable(table: dynamodb.ITable, resource: CfnResource | undefined, mapping: CfnResource): JudgedTable {
  if (resource === undefined) {
    return { viewType: UNKNOWN, replicated: false, streamPolicy: UNKNOWN, generatedName: undefined };
  }
  const [stream, replicas, source] = ['StreamSpecification', 'Replicas', 'GlobalTableSourceArn'].map((name) => deployedProperty(resource, name));
  // The replica of another account's table takes over whether that has a stream.
  const isReplica = source !== undefined;
  return {
    viewType: stream !== undefined ? known(stream.StreamViewType) : isReplica ? UNKNOWN : undefined,
    replicated: isReplica || (Array.isArray(replicas) && replicas.length > 1) || hasReplicaResources(table),
    streamPolicy: [stream, ...[replicas ?? []].flat().map((replica) => replica.ReplicaStreamSpecification)]
      .some((specification) => specification?.ResourcePolicy !== undefined),
    generatedName: environmentOf(resource) === environmentOf(mapping) ? undefined : generatedName(resource),
  };
}

/** The name that the CDK gave a table without one, because another account or Region has to know it. */
function generatedName(resource: CfnResource): string | undefined {
  const { tableName } = resource as Partial<dynamodb.CfnTable>;
  // What the CDK notes of a table that the app gave a name.
  if (!Token.isUnresolved(tableName) || resource.node.scope?.node.metadata.some(({ type }) => type === 'aws:cdk:hasPhysicalName')) {
    return undefined;
  }
  const name = Stack.of(resource).resolve(tableName);
  return typeof name === 'string' ? name : undefined;
}

/** A `Table` makes its replicas with custom resources. */
function hasReplicaResources(table: dynamodb.ITable): boolean {
  return table.node.findAll().some((child) => isResource(child) && child.cfnResourceType === 'Custom::DynamoDBReplica');
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

function destinationOf(mapping: lambda.CfnEventSourceMapping, deployed: WiredTrigger['deployed']): string | undefined {
  const { onFailure } = (mapping.destinationConfig ?? {}) as lambda.CfnEventSourceMapping.DestinationConfigProperty;
  const { destination } = (onFailure ?? {}) as lambda.CfnEventSourceMapping.OnFailureProperty;
  return unlessOverridden(destination, deployed.DestinationConfig?.OnFailure?.Destination, mapping);
}

/** How one of the things that a function needs for the trigger needs the function. */
function judgedCircle(fn: CfnResource | undefined, granted: readonly string[]): JudgedWiring['circle'] {
  if (fn === undefined) {
    return undefined;
  }
  const circles = granted.flatMap((arn) => referencesIn(arn, fn)).map(({ target }) => target)
    .filter(isElement).filter((target) => topOf(target) === topOf(fn))
    .map((target) => dependencyPath(target, fn));
  return circles.find((circle) => circle !== undefined)?.map(({ node }) => node.path.replace(/\/Resource$/, ''));
}

function timeoutOf(handler: lambda.IFunction): Known<number> {
  const resource = resourceOf(ownedFunction(handler));
  if (resource === undefined) {
    return UNKNOWN;
  }
  const timeout = deployedProperty(resource, 'Timeout') ?? SHORT_TIMEOUT;
  return typeof timeout === 'number' ? timeout : UNKNOWN;
}

function known(value: unknown): Known<string> {
  return typeof value === 'string' ? value : UNKNOWN;
}
