import { type aws_lambda as lambda, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { lookupOf } from '../table/stream-lookup';
import { canonicalText } from '../template/canonical-text';
import { isMapping } from '../template/deployed-mapping';
import { resourceNamed } from '../template/references';
import { environmentOf } from '../template/stacks';

/**
 * Every mapping of the app that reads the same stream as this one, this one included, whoever made it. In the order of the tree.
 */
export function streamReaders(mapping: lambda.CfnEventSourceMapping): readonly lambda.CfnEventSourceMapping[] {
  const stage = Stage.of(mapping) ?? mapping.node.root;
  let walk = walks.get(stage);
  if (walk === undefined || !walk.unanswered.has(mapping)) {
    walks.set(stage, walk = walkTree(stage));
  }
  walk.unanswered.delete(mapping);
  return walk.readers.get(mapping) ?? [];
}

/**
 * Each trigger asks for the readers of its stream when the CDK validates the finished tree. To walk the tree each time would take
 * the square of the number of triggers, so that all triggers of a Stage, which the CDK validates in one go, share one walk.
 *
 * A later synthesis of the same app needs a new walk, because the tree may have changed, but nothing says that one began. What shows it:
 * one synthesis asks for a mapping once. If a mapping is asked for again, or was not there before, the walk is out of date.
 */
interface Walk {
  readonly readers: ReadonlyMap<lambda.CfnEventSourceMapping, readonly lambda.CfnEventSourceMapping[]>;
  /** The mappings that were not asked for since. */
  readonly unanswered: Set<lambda.CfnEventSourceMapping>;
}

const walks = new WeakMap<IConstruct, Walk>();

function walkTree({ node }: IConstruct): Walk {
  const mappings = node.root.node.findAll().filter(isMapping);
  const byStream = new Map<string, lambda.CfnEventSourceMapping[]>();
  for (const mapping of mappings) {
    const key = streamKey(mapping);
    byStream.set(key, [...byStream.get(key) ?? [], mapping]);
  }
  const readers = new Map([...byStream.values()].flatMap((found) => found.map((mapping) => [mapping, found])));
  return { readers, unanswered: new Set(mappings) };
}

/** A text that is equal for mappings of one stream. A stream that is looked up, in one or several places, is the stream of its table. */
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
