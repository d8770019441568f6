import { type aws_dynamodb as dynamodb, type aws_lambda as lambda, type CfnResource, Stack, Token } from 'aws-cdk-lib';
import { knownPart } from '../../rules/cloudformation';
import { isKnown, type Known, TABLE_RESOURCES, UNKNOWN } from '../../rules/facts';
import type { TriggerStreamFacts } from '../../rules/trigger-wiring-rules';
import { lookupOf } from '../table/stream-lookup';
import { streamArnOf, tableResourceOf } from '../table/stream-source';
import { soleReference } from '../template/canonical-text';
import { hasNameOfApp } from '../template/cdk-internals';
import { deployedProperty } from '../template/deployed-properties';
import { plain, knownText } from '../template/known-text';
import { resourceNamed } from '../template/references';
import { isResource } from '../template/resource';
import { environmentOf, topOf } from '../template/stacks';

/**
 * The stream that a mapping reads and its table, as plain values, for the rules.
 *
 * @param readers every mapping of the stream, in the order of the tree
 */
export function streamFacts(
  table: dynamodb.ITable, eventSourceArn: string | undefined, mapping: lambda.CfnEventSourceMapping, readers: readonly lambda.CfnEventSourceMapping[],
): TriggerStreamFacts {
  const arn = knownText(eventSourceArn, mapping);
  const source = resourceNamed(eventSourceArn, mapping);
  const lookup = lookupOf(source);
  const own = tableResourceOf(table);
  const named = source && TABLE_RESOURCES.includes(source.cfnResourceType) ? source : undefined;
  // A stream that is looked up is where its table is.
  const place = lookup ? table.env : source && Stack.of(source);
  return {
    arn,
    reference: referenceOf(eventSourceArn, mapping),
    region: knownPart(arn, 'region') ?? (place ? plain(place.region) : UNKNOWN),
    account: knownPart(arn, 'account') ?? (place ? plain(place.account) : UNKNOWN),
    lookedUp: lookup !== undefined,
    lookedUpElsewhere: lookup && topOf(lookup) !== topOf(mapping) ? topOf(lookup).node.path : undefined,
    tableName: plain(table.tableName),
    ...tableFacts(table, named ?? (source === undefined && isKnown(arn) && arn !== streamArnOf(table) ? undefined : own), mapping),
    otherTable: named === undefined || own === undefined || named === own ? undefined : named.node.path.replace(/\/Resource$/, ''),
    earlierReaders: earlierThan(mapping, readers),
  };
}

function referenceOf(arn: unknown, scope: CfnResource): TriggerStreamFacts['reference'] {
  const reference = soleReference(arn, scope);
  if (reference === undefined || !isResource(reference.target)) {
    return undefined;
  }
  return { type: reference.target.cfnResourceType, attribute: reference.displayName };
}

type TableFacts = Pick<TriggerStreamFacts, 'viewType' | 'replicated' | 'hasPolicy' | 'generatedName'>;

function tableFacts(table: dynamodb.ITable, resource: CfnResource | undefined, mapping: CfnResource): TableFacts {
  if (resource === undefined) {
    return { viewType: UNKNOWN, replicated: false, hasPolicy: UNKNOWN, generatedName: undefined };
  }
  const [stream, replicas, source] = ['StreamSpecification', 'Replicas', 'GlobalTableSourceArn'].map((name) => deployedProperty(resource, name));
  // Whether a replica of another account's table has a stream, that table decides.
  const isReplica = source !== undefined;
  return {
    viewType: stream !== undefined ? known(stream.StreamViewType) : isReplica ? UNKNOWN : undefined,
    replicated: isReplica || (Array.isArray(replicas) && replicas.length > 1) || hasReplicaResources(table),
    hasPolicy: [stream, ...[replicas ?? []].flat().map((replica) => replica.ReplicaStreamSpecification)]
      .some((specification) => specification?.ResourcePolicy !== undefined),
    generatedName: environmentOf(resource) === environmentOf(mapping) ? undefined : generatedName(resource),
  };
}

function known(value: unknown): Known<string> {
  return typeof value === 'string' ? value : UNKNOWN;
}

/** The name that the CDK gave a table without one, because another account or Region must know it. */
function generatedName(resource: CfnResource): string | undefined {
  const { tableName } = resource as Partial<dynamodb.CfnTable>;
  if (!Token.isUnresolved(tableName) || hasNameOfApp(resource.node.scope!)) {
    return undefined;
  }
  const name = Stack.of(resource).resolve(tableName);
  return typeof name === 'string' ? name : undefined;
}

/** A `Table` makes its replicas with custom resources. */
function hasReplicaResources(table: dynamodb.ITable): boolean {
  return table.node.findAll().some((child) => isResource(child) && child.cfnResourceType === 'Custom::DynamoDBReplica');
}

/** A disabled mapping reads nothing. */
function earlierThan(mapping: lambda.CfnEventSourceMapping, readers: readonly lambda.CfnEventSourceMapping[]): string[] {
  const earlier = mapping.enabled === false ? [] : readers.slice(0, readers.indexOf(mapping));
  return earlier.filter(({ enabled }) => enabled !== false).map(({ node }) => node.path);
}
