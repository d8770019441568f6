import { isIntrinsic, settingsInTemplate } from '../rules/cloudformation';
import type { SettingFacts } from '../rules/mapping-rules';
import { DESTINATION_KINDS, type DestinationKind } from '../stream/destination-kind';

/** A synthesized template: what `Template.fromStack(stack)` returns, or its JSON. */
export type SynthesizedTemplate = {
  /** The template. */
  toJSON(): { [key: string]: any };
} | {
  /** Resources by their logical ID. */
  readonly Resources: { readonly [logicalId: string]: any };
};

/** One of several mappings of a template. */
export interface SynthesizedMapping {
  /** The template of the stack that holds the trigger. */
  readonly template: SynthesizedTemplate;
  /** The logical ID of the AWS::Lambda::EventSourceMapping. */
  readonly logicalId: string;
}

/** What a template holds of a mapping and its function. */
export interface TemplateMapping {
  readonly settings: SettingFacts;
  readonly destination?: DestinationKind;
  /** The function's timeout in seconds, where the function is in the template. */
  readonly timeout?: number;
  /** The version of Node.js that the function runs on, where it is in the template. */
  readonly nodeVersion?: number;
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: any };
}

const MAPPING = 'AWS::Lambda::EventSourceMapping';

/** Whether the value is a template, or names a mapping in one. */
export function isSynthesized(value: object): value is SynthesizedTemplate | SynthesizedMapping {
  return 'template' in value || 'Resources' in value || typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/**
 * Reads a mapping from a synthesized template.
 *
 * @throws TypeError if there is none, if there are several and none is named, or if a setting is known only at deployment.
 */
export function readMapping(source: SynthesizedTemplate | SynthesizedMapping): TemplateMapping {
  const { template, logicalId } = 'template' in source ? source : { template: source, logicalId: undefined };
  const json = 'toJSON' in template && typeof template.toJSON === 'function' ? template.toJSON() : template;
  const resources = (json as { Resources?: { [logicalId: string]: TemplateResource } }).Resources ?? {};
  const { Properties: properties = {} } = resources[choose(resources, logicalId)];
  const settings = settingsInTemplate(properties, (property) => resolved(property, properties[property]));
  const { Timeout: timeout, Runtime: runtime } = functionOf(resources, properties.FunctionName)?.Properties ?? {};
  const [, nodeVersion] = /^nodejs(\d+)/.exec(String(runtime)) ?? [];
  return {
    settings,
    destination: destinationOf(resources, properties.DestinationConfig?.OnFailure?.Destination),
    ...(typeof timeout === 'number' && { timeout }),
    ...(nodeVersion && { nodeVersion: Number(nodeVersion) }),
  };
}

function choose(resources: { readonly [logicalId: string]: TemplateResource }, wanted: string | undefined): string {
  const found = Object.keys(resources).filter((id) => resources[id].Type === MAPPING && resources[id].Properties?.StartingPosition);
  if (wanted === undefined && found.length === 1) {
    return found[0];
  }
  if (wanted !== undefined && found.includes(wanted)) {
    return wanted;
  }
  const list = found.length > 0 ? `Its mappings are ${found.join(', ')}.` : `It has no ${MAPPING} with a StartingPosition.`;
  throw new TypeError(wanted === undefined && found.length > 0
    ? `The template has several mappings: ${found.join(', ')}. Name one: { mapping: { template, logicalId: '${found[0]}' } }.`
    : `The template has no mapping ${wanted ?? 'of a stream'}. ${list} Use the template of the stack that holds the trigger.`);
}

function resolved(property: string, value: unknown): unknown {
  if (isIntrinsic(value)) {
    throw new TypeError(`The template's ${property} is ${JSON.stringify(value)}, whose value is known only at deployment. `
      + 'Give the settings as an object instead: { mapping: { batchSize: … } }.');
  }
  return value;
}

/** The function, or the one behind an alias or a version. */
function functionOf(resources: { readonly [logicalId: string]: TemplateResource }, name: any): TemplateResource | undefined {
  const resource = referred(resources, name);
  return resource && resource.Type !== 'AWS::Lambda::Function' ? functionOf(resources, resource.Properties?.FunctionName) : resource;
}

function referred(resources: { readonly [logicalId: string]: TemplateResource }, value: any): TemplateResource | undefined {
  const id = value?.Ref ?? value?.['Fn::GetAtt']?.[0];
  return typeof id === 'string' ? resources[id] : undefined;
}

/** The kind of a destination in another stack comes from its ARN; without one it counts as a queue. */
function destinationOf(resources: { readonly [logicalId: string]: TemplateResource }, destination: any): DestinationKind | undefined {
  if (destination === undefined) {
    return undefined;
  }
  const service = referred(resources, destination)?.Type.split('::')[1].toLowerCase();
  const text = JSON.stringify(destination);
  return DESTINATION_KINDS.find((kind) => service ? service === kind : text.includes(`:${kind}:`)) ?? 'sqs';
}
