import { type CheckedStack, resourcesOf } from './stacks';
import { isResource, type Target, targetOf } from './target';
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
  /** The keys that lead to it in the template. */
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

/** The mappings of DynamoDB streams, and those of which nobody can say before the deployment what they read. */
export function mappingsOf(stacks: readonly CheckedStack[]): { readonly found: FoundMapping[]; readonly undecided: FoundMapping[] } {
  const all = stacks.flatMap((stack) => resourcesOf(stack).flatMap(([logicalId, resource]) => inResource(stack, logicalId, resource)));
  return {
    found: all.filter(({ source, words }) => words === SAM_WORDS || isDynamoDb(source) === true),
    undecided: all.filter((mapping) => mapping.words !== SAM_WORDS && isDynamoDb(mapping.source) === UNKNOWN && isPerhapsStream(mapping)),
  };
}

function inResource(stack: CheckedStack, logicalId: string, resource: TemplateResource): FoundMapping[] {
  const given = resource.Properties ?? {};
  switch (resource.Type) {
    case 'AWS::Lambda::EventSourceMapping': {
      const properties = present(given);
      return [{
        stack, logicalId, resource, properties, keys: ['Resources', logicalId], words: TEMPLATE_WORDS,
        source: targetOf(properties.EventSourceArn, stack), invoked: targetOf(properties.FunctionName, stack),
      }];
    }
    case 'AWS::Serverless::Function':
      return Object.entries<any>(isIntrinsic(given.Events) ? {} : given.Events ?? {})
        .filter(([, event]) => event?.Type === 'DynamoDB')
        .map(([name, event]) => {
          const properties = present(event.Properties ?? {});
          return {
            stack, logicalId, resource, properties, keys: ['Resources', logicalId, 'Properties', 'Events', name], words: SAM_WORDS,
            source: targetOf(properties.Stream, stack), invoked: { stack, logicalId, resource, attribute: 'Ref' },
          };
        });
    default: return [];
  }
}

/** Whether a source is a table or its stream; unknown if only the deployment shows it. */
function isDynamoDb(source: Target): boolean | typeof UNKNOWN {
  if (isResource(source)) {
    const { Type } = source.resource;
    // Another resource may look up the ARN of anything.
    return TABLE_RESOURCES.includes(Type) || /^Custom::Dynamo/.test(Type) || (/^(AWS::CloudFormation::|Custom::)/.test(Type) && UNKNOWN);
  }
  const service = source.text.startsWith('arn:') ? arnParts(source.text).service : UNKNOWN;
  return service === UNKNOWN ? UNKNOWN : service === 'dynamodb';
}

/** A queue has no position to start from, and a broker or a cluster has properties that a stream lacks. */
function isPerhapsStream({ properties }: FoundMapping): boolean {
  return properties.StartingPosition !== undefined && foreignProperties(Object.keys(properties)).length === 0;
}

/** The properties without those that are `AWS::NoValue`. */
function present(properties: { readonly [name: string]: any }): { readonly [name: string]: any } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null && value?.Ref !== 'AWS::NoValue'));
}
