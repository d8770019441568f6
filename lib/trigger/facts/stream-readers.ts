import type { aws_lambda as lambda } from 'aws-cdk-lib';
import { lookupOf } from '../table/stream-lookup';
import { canonicalText } from '../template/canonical-text';
import { streamOf } from '../template/deployed-mapping';
import { resourceNamed } from '../template/references';
import { environmentOf } from '../template/stacks';

/** By each mapping, those that read the same stream, itself included. */
export function readersByMapping(
  mappings: readonly lambda.CfnEventSourceMapping[],
): ReadonlyMap<lambda.CfnEventSourceMapping, readonly lambda.CfnEventSourceMapping[]> {
  const byStream = new Map<string, lambda.CfnEventSourceMapping[]>();
  for (const mapping of mappings) {
    const key = streamKey(mapping);
    byStream.set(key, [...byStream.get(key) ?? [], mapping]);
  }
  return new Map([...byStream.values()].flatMap((found) => found.map((mapping) => [mapping, found])));
}

/** A text that is equal for mappings of one stream. A stream that is looked up, in one or several places, is the stream of its table. */
function streamKey(mapping: lambda.CfnEventSourceMapping): string {
  const stream = streamOf(mapping);
  const lookup = lookupOf(resourceNamed(stream, mapping));
  if (lookup === undefined) {
    return canonicalText(stream, mapping);
  }
  const table = resourceNamed(lookup.tableArn, mapping);
  return table && environmentOf(table) === environmentOf(mapping)
    ? canonicalText(table.getAtt('StreamArn'), mapping)
    : canonicalText(lookup.tableArn, mapping);
}
