import { type CheckedStack, pseudoParameter } from './stacks';
import type { TemplateResource } from '../assembly';
import { isIntrinsic } from '../rules/cloudformation';
import { UNKNOWN } from '../rules/facts';

/** Where a value of a template leads: to a resource's attribute, or to a text with `UNKNOWN` in place of what only the deployment knows. */
export type Target = TargetResource | { readonly text: string };

export interface TargetResource {
  readonly stack: CheckedStack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  /** `Ref`, or the attribute's name. */
  readonly attribute: string;
}

const NOWHERE: Target = { text: UNKNOWN };

export function isResource(target: Target): target is TargetResource {
  return 'resource' in target;
}

/** Follows references, parameters of nested stacks, and exports of other stacks of the app. */
export function targetOf(value: any, stack: CheckedStack): Target {
  if (!isIntrinsic(value)) {
    return value === undefined || typeof value === 'object' ? NOWHERE : { text: String(value) };
  }
  const [[name, argument]] = Object.entries<any>(value);
  switch (name) {
    case 'Ref': return referred(String(argument), 'Ref', stack);
    case 'Fn::GetAtt': {
      const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
      return referred(String(logicalId), attribute.join('.'), stack);
    }
    case 'Fn::ImportValue': return imported(argument, stack);
    case 'Fn::GetStackOutput': {
      const other = stack.app.find((candidate) => candidate.name !== undefined && candidate.name === argument?.StackName);
      return valueOf(other?.template.Outputs![argument?.OutputName], other);
    }
    case 'Fn::Sub': return substituted(argument, stack);
    case 'Fn::If': return decided(argument, stack);
    case 'Fn::Join': {
      const [separator, parts] = Array.isArray(argument) ? argument : [];
      return Array.isArray(parts) ? { text: parts.map((part) => textIn(part, stack)).join(String(separator)) } : NOWHERE;
    }
    default: return NOWHERE;
  }
}

/** A value as a text, with `UNKNOWN` in place of what only the deployment knows. */
export function textIn(value: unknown, stack: CheckedStack): string {
  const target = targetOf(value, stack);
  return isResource(target) ? UNKNOWN : target.text;
}

function referred(name: string, attribute: string, stack: CheckedStack): Target {
  const resource = stack.template.Resources![name];
  if (resource === undefined) {
    const given = stack.parent?.resource.Properties?.Parameters?.[name];
    return given === undefined ? { text: pseudoParameter(stack, name) } : targetOf(given, stack.parent!.stack);
  }
  const [, output] = /^Outputs\.(.+)$/.exec(attribute) ?? [];
  const nested = output === undefined ? undefined : stack.app.find(({ parent }) => parent?.resource === resource);
  return nested === undefined ? { stack, logicalId: name, resource, attribute } : targetOf(nested.template.Outputs?.[output!]?.Value, nested);
}

function imported(name: unknown, stack: CheckedStack): Target {
  const wanted = textIn(name, stack);
  for (const other of wanted.includes(UNKNOWN) ? [] : stack.app) {
    const output = Object.values(other.template.Outputs!).find(({ Export }) => Export != null && textIn(Export.Name, other) === wanted);
    if (output !== undefined) {
      return valueOf(output, other);
    }
  }
  return NOWHERE;
}

/** Where an output leads. One of what comes from an output itself may lead in a circle. */
function valueOf(output: { readonly Value: unknown } | undefined, stack: CheckedStack | undefined): Target {
  return output === undefined || stack === undefined || /"Fn::(ImportValue|GetStackOutput)"/.test(JSON.stringify(output.Value ?? null))
    ? NOWHERE
    : targetOf(output.Value, stack);
}

function substituted(argument: unknown, stack: CheckedStack): Target {
  const [template, variables] = Array.isArray(argument) ? argument : [argument];
  const variable = (name: string) => {
    const [logicalId, ...attribute] = name.split('.');
    return Object.hasOwn(Object(variables), name) ? targetOf(variables[name], stack) : referred(logicalId, attribute.join('.') || 'Ref', stack);
  };
  const [, only] = /^\$\{([^!}][^}]*)\}$/.exec(String(template)) ?? [];
  if (only !== undefined) {
    return variable(only.trim());
  }
  return {
    text: String(template).replace(/\$\{(!?)([^}]*)\}/g, (_, literal, name) => {
      const target = literal === '' ? variable(name.trim()) : { text: `\${${name}}` };
      return isResource(target) ? UNKNOWN : target.text;
    }),
  };
}

/** What is the same whatever the condition is. */
function decided(argument: unknown, stack: CheckedStack): Target {
  const [, yes, no] = Array.isArray(argument) ? argument.map((branch, index) => index === 0 ? branch : targetOf(branch, stack)) : [];
  return yes !== undefined && no !== undefined && keyOf(yes) === keyOf(no) ? yes : NOWHERE;
}

/** A text that is equal for targets that are the same; undefined for one that only the deployment knows. */
export function keyOf(target: Target): string | undefined {
  if (!isResource(target)) {
    return target.text.includes(UNKNOWN) ? undefined : target.text;
  }
  return `${target.stack.app.indexOf(target.stack)}/${target.logicalId}.${target.attribute}`;
}
