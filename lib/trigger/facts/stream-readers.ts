import { CfnResource, type aws_lambda as lambda, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { lookupOf } from '../table/stream-lookup';
import { canonicalText, environmentOf, resourceNamed } from '../template/references';

/**
 * Every mapping of the app that reads the stream of this one, in the order of the tree, itself included: not those of triggers
 * alone.
 *
 * The tree is walked once for all triggers of a Stage, which the CDK finishes and validates in one go.
 */
export function streamReaders(mapping: lambda.CfnEventSourceMapping): readonly lambda.CfnEventSourceMapping[] {
  const stage = Stage.of(mapping) ?? mapping.node.root;
  let found = lookups.get(stage);
  if (found === undefined || !found.unanswered.has(mapping)) {
    lookups.set(stage, found = lookUp(stage));
  }
  found.unanswered.delete(mapping);
  return found.readers.get(mapping) ?? [];
}

/** Whether a construct is a mapping, whoever made it. */
function isMapping(construct: IConstruct): construct is lambda.CfnEventSourceMapping {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::EventSourceMapping';
}

interface LookUp {
  readonly readers: ReadonlyMap<lambda.CfnEventSourceMapping, readonly lambda.CfnEventSourceMapping[]>;
  /** A synthesis asks for each mapping once at most: for one that asks again, or is new, the tree may have changed. */
  readonly unanswered: Set<lambda.CfnEventSourceMapping>;
}

const lookups = new WeakMap<IConstruct, LookUp>();

function lookUp({ node }: IConstruct): LookUp {
  const mappings = node.root.node.findAll().filter(isMapping);
  const byStream = new Map<string, lambda.CfnEventSourceMapping[]>();
  for (const mapping of mappings) {
    const key = streamKey(mapping);
    byStream.set(key, [...byStream.get(key) ?? [], mapping]);
  }
  const readers = new Map([...byStream.values()].flatMap((found) => found.map((mapping) => [mapping, found])));
  return { readers, unanswered: new Set(mappings) };
}

/** However often a stream is looked up, it is that of its table. */
function streamKey(mapping: lambda.CfnEventSourceMapping): string {
  const lookup = lookupOf(resourceNamed(mapping.eventSourceArn, mapping));
  if (lookup === undefined) {
    return canonicalText(mapping.eventSourceArn, mapping);
  }
  const table = resourceNamed(lookup.tableArn, mapping);
  return table && environmentOf(table) === environmentOf(mapping)
    ? canonicalText(table.getAtt('StreamArn'), mapping)
    : canonicalText(lookup.tableArn, mapping);
}
