import type { CheckedStack } from './checked-stack';
import { SAM_FUNCTION } from './sam-globals';
import { deployedResources, isTargetResource, targetKey, simplified, type Target, targetOf } from './values';
import type { TemplateResource } from '../assembly';
import { isIntrinsic } from '../rules/cloudformation';
import { TABLE_RESOURCES, UNKNOWN } from '../rules/facts';
import { foreignProperties } from '../rules/property-names';
import { SAM_WORDS, TEMPLATE_WORDS, type WiringWords } from '../rules/words';
import { arnParts } from '../stream/arn';

/** A mapping of a stream, as a template describes it. */
export interface FoundMapping {
  readonly stack: CheckedStack;
  readonly logicalId: string;
  /** The name of the event in a SAM function. */
  readonly event?: string;
  /** The keys that lead to it in the file. */
  readonly keys: readonly string[];
  readonly resource: TemplateResource;
  /** As AWS::Lambda::EventSourceMapping has them. */
  readonly properties: { readonly [name: string]: any };
  /** What it reads. */
  readonly source: Target;
  /** What it invokes. */
  readonly invoked: Target;
  /** As the properties are called where they are written. */
  readonly words: WiringWords;
}

/** The mappings of DynamoDB streams, and those of which only the deployment shows what they read. */
export function mappingsOf(stacks: readonly CheckedStack[]): { readonly found: FoundMapping[]; readonly undecided: FoundMapping[] } {
  const all = stacks.flatMap((stack) => deployedResources(stack).flatMap(([logicalId, resource]) => inResource(stack, logicalId, resource)));
  return {
    found: all.filter(({ event, source }) => event !== undefined || isDynamoDb(source) === true).map(withWords),
    undecided: all.filter((mapping) => mapping.event === undefined && isDynamoDb(mapping.source) === UNKNOWN && isPerhapsStream(mapping)),
  };
}

/** The mappings of each stream that is known. */
export function byStream(mappings: readonly FoundMapping[]): (mapping: FoundMapping) => readonly FoundMapping[] {
  const groups = new Map<string | undefined, FoundMapping[]>();
  for (const mapping of mappings) {
    const key = targetKey(mapping.source);
    groups.set(key, [...key === undefined ? [] : groups.get(key) ?? [], mapping]);
  }
  return (mapping) => {
    const key = targetKey(mapping.source);
    return key === undefined ? [mapping] : groups.get(key)!;
  };
}

function inResource(stack: CheckedStack, logicalId: string, resource: TemplateResource): FoundMapping[] {
  const where = { stack, logicalId, resource };
  const given = resource.Properties!;
  switch (resource.Type) {
    case 'AWS::Lambda::EventSourceMapping': {
      const properties = simplified(given, stack);
      return [{
        ...where, properties, keys: stack.keysOf(logicalId), words: TEMPLATE_WORDS,
        source: targetOf(given.EventSourceArn, stack), invoked: targetOf(given.FunctionName, stack),
      }];
    }
    case SAM_FUNCTION:
      return Object.entries<any>(isIntrinsic(given.Events) ? {} : given.Events ?? {})
        .filter(([, event]) => event?.Type === 'DynamoDB')
        .map(([event, { Properties: properties = {} }]) => ({
          ...where, event, properties: simplified(properties, stack) ?? {}, keys: [...stack.keysOf(logicalId), 'Properties', 'Events', event], words: SAM_WORDS,
          source: targetOf(properties?.Stream, stack), invoked: { ...where, attribute: 'Ref' },
        }));
    default: return [];
  }
}

/** A table of SAM's own type has no stream, and can't have one. */
export const SAM_TABLE = 'AWS::Serverless::SimpleTable';

function withWords(mapping: FoundMapping): FoundMapping {
  return isTargetResource(mapping.source) && mapping.source.resource.Type === SAM_TABLE
    ? { ...mapping, words: { ...mapping.words, switchStreamOn: SAM_TABLE_WAY_OUT } }
    : mapping;
}

const SAM_TABLE_WAY_OUT = `An ${SAM_TABLE} can't have one. Use an AWS::DynamoDB::Table with a StreamSpecification of the StreamViewType NEW_AND_OLD_IMAGES.`;

/** Whether a source is a table or its stream; unknown if only the deployment shows it. */
function isDynamoDb(source: Target): boolean | typeof UNKNOWN {
  if (isTargetResource(source)) {
    const { Type } = source.resource;
    // Another resource may look up the ARN of anything.
    return Type === SAM_TABLE || TABLE_RESOURCES.includes(Type) || /^Custom::Dynamo/.test(Type) || (/^(AWS::CloudFormation::|Custom::)/.test(Type) && UNKNOWN);
  }
  const service = source.text.startsWith('arn:') ? arnParts(source.text).service : UNKNOWN;
  return service === UNKNOWN ? UNKNOWN : service === 'dynamodb';
}

/** A queue has no position to start from, and a broker or a cluster has properties that a stream lacks. */
function isPerhapsStream({ properties }: FoundMapping): boolean {
  return properties.StartingPosition !== undefined && foreignProperties(Object.keys(properties)).length === 0;
}
