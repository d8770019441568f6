import { isDeepStrictEqual } from 'node:util';
import { type CheckedStack, pseudoParameter, resourcesOf } from './checked-stack';
import { once } from './once';
import type { TemplateResource } from '../assembly';
import { asText, isIntrinsic } from '../rules/cloudformation';
import { isKnown, type Known, UNKNOWN } from '../rules/facts';

/** Where a value of a template leads: to a resource's attribute, or to a text. */
export type Target = TargetResource | TargetText;

export interface TargetText {
  /** With `UNKNOWN` for what only the deployment knows. */
  readonly text: string;
  /** The same, with the attributes of resources that are parts of it. */
  readonly parts: readonly (string | TargetResource)[];
}

export interface TargetResource {
  readonly stack: CheckedStack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  /** `Ref`, or the attribute's name. */
  readonly attribute: string;
}

const NOWHERE: TargetText = { text: UNKNOWN, parts: [UNKNOWN] };

/** No text is longer, unless it was doubled again and again. */
const LONGEST = 100_000;

function textOf(parts: readonly (string | TargetResource)[]): TargetText {
  const texts = parts.map((part) => typeof part === 'string' ? part : UNKNOWN);
  if (texts.reduce((sum, { length }) => sum + length, 0) > LONGEST) {
    return NOWHERE;
  }
  const joined = texts.join('');
  const text = withoutReferences(joined);
  return { text, parts: text === joined ? parts : [text] };
}

/** With `UNKNOWN` for dynamic references to Parameter Store and Secrets Manager, which the deployment looks up. */
function withoutReferences(text: string): string {
  return text.includes('{{resolve:') ? text.replace(/\{\{resolve:(?:\$\{[^{}]*\}|[^}])*\}\}/g, () => UNKNOWN) : text;
}

export function isTargetResource(target: Target): target is TargetResource {
  return 'resource' in target;
}

/** Follows references, parameters of nested stacks, and exports of other stacks of the app. */
export function targetOf(value: unknown, stack: CheckedStack): Target {
  return isIntrinsic(value) ? once(stack, 'target', value, NOWHERE, () => targetOfCall(value as object, stack)) : textOfLiteral(value);
}

function textOfLiteral(value: unknown): Target {
  return value === undefined || value === null || typeof value === 'object' ? NOWHERE : textOf([asText(value)]);
}

function targetOfCall(call: object, stack: CheckedStack): Target {
  const value = evaluated(call, stack);
  if (value !== call) {
    return targetOf(value, stack);
  }
  const [[name, argument]] = Object.entries<any>(call);
  switch (name) {
    case 'Ref': return referred(asText(argument), 'Ref', stack);
    case 'Fn::GetAtt': {
      const [logicalId, ...attribute] = Array.isArray(argument) ? argument : asText(argument).split('.');
      return referred(asText(logicalId), attribute.map(asText).join('.'), stack);
    }
    case 'Fn::ImportValue': return imported(argument, stack);
    case 'Fn::GetStackOutput': {
      const [other, ...others] = stack.app.filter((candidate) => candidate.name !== undefined && candidate.name === argument?.StackName);
      return other === undefined || others.length > 0 ? NOWHERE : output(asText(argument?.OutputName), other);
    }
    case 'Fn::Sub': return substituted(argument, stack);
    case 'Fn::If': return undecided(argument, stack);
    case 'Fn::Join': {
      const [separator, parts] = elementsOf(argument);
      const found = simplified(parts, stack);
      return Array.isArray(found)
        ? textOf(found.flatMap((part, index) => [...index === 0 ? [] : [asText(separator)], ...partsOf(targetOf(part, stack))]))
        : NOWHERE;
    }
    default: return NOWHERE;
  }
}

/** A value as a text, with `UNKNOWN` for what only the deployment knows. */
export function textIn(value: unknown, stack: CheckedStack): string {
  const target = targetOf(value, stack);
  return isTargetResource(target) ? UNKNOWN : target.text;
}

/** What a target is in a text. */
export function partsOf(target: Target): readonly (string | TargetResource)[] {
  return isTargetResource(target) ? [target] : target.parts;
}

/** A text that is equal for targets that are the same; undefined for one that only the deployment knows. */
export function targetKey(target: Target): string | undefined {
  if (!isTargetResource(target)) {
    return isKnown(target.text) ? target.text : undefined;
  }
  return `${resourceKey(target)}.${target.attribute}`;
}

/** A text that only this resource of the app has. */
export function resourceKey({ stack, logicalId }: Pick<TargetResource, 'stack' | 'logicalId'>): string {
  return `${stack.app.indexOf(stack)}/${logicalId}`;
}

/** A value in which what the templates decide is decided. A function of which only the deployment knows the result stays. */
export function simplified(value: any, stack: CheckedStack): any {
  if (Array.isArray(value)) {
    return value.map((element) => simplified(element, stack)).filter(isPresent);
  }
  if (typeof value === 'string') {
    return withoutReferences(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (!isIntrinsic(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, simplified(part, stack)]).filter(([, part]) => isPresent(part)));
  }
  const found = evaluated(value, stack);
  if ('Fn::If' in value && found === value) {
    const [yes, no] = elementsOf(value['Fn::If']).slice(1).map((branch) => simplified(branch, stack));
    return isDeepStrictEqual(yes, no) ? yes : value;
  }
  const text = isIntrinsic(found) ? textIn(found, stack) : UNKNOWN;
  return isKnown(text) ? text : typeof found === 'string' ? withoutReferences(found) : found;
}

/** The resources of a stack, without those that a condition surely leaves out. */
export function deployedResources(stack: CheckedStack): [logicalId: string, TemplateResource][] {
  return resourcesOf(stack).filter(([, { Condition: condition }]) => condition === undefined || holds(condition, stack) !== false);
}

const NO_VALUE = { Ref: 'AWS::NoValue' };

function isPresent(value: unknown): boolean {
  return value !== null && !isDeepStrictEqual(value, NO_VALUE);
}

/** What a function that chooses or takes apart leads to: perhaps another function. One that can't be evaluated is itself. */
function evaluated(call: object, stack: CheckedStack): any {
  return once(stack, 'value', call, call, () => evaluatedOnce(call, stack));
}

function evaluatedOnce(call: object, stack: CheckedStack): any {
  const [[name, argument]] = Object.entries<any>(call);
  const [first, second, third, options] = elementsOf(argument);
  switch (name) {
    case 'Fn::If': {
      const decided = holds(first, stack);
      return decided === UNKNOWN ? call : simplified(decided ? second : third, stack);
    }
    case 'Fn::FindInMap': {
      const [map, key, name2] = [first, second, third].map((part) => textIn(part, stack));
      const found = ownValue(ownValue(ownValue(stack.template.Mappings, map), key), name2);
      return found ?? ([map, key, name2].every(isKnown) && options?.DefaultValue !== undefined ? simplified(options.DefaultValue, stack) : call);
    }
    case 'Fn::Select': {
      const from = simplified(second, stack);
      return (Array.isArray(from) ? from[Number(textIn(first, stack))] : undefined) ?? call;
    }
    case 'Fn::Split': {
      const text = textIn(second, stack);
      return isKnown(text) && typeof first === 'string' && first !== '' ? text.split(first) : call;
    }
    case 'Fn::Length': {
      const counted = simplified(argument, stack);
      return Array.isArray(counted) ? counted.length : call;
    }
    case 'Fn::ToJsonString': {
      const written = simplified(argument, stack);
      return hasIntrinsic(written) ? call : JSON.stringify(written);
    }
    default: return call;
  }
}

/** Whether a condition holds. One in a circle is as unknown as one on a parameter. */
function holds(condition: unknown, stack: CheckedStack): Known<boolean> {
  return typeof condition === 'string'
    ? once(stack, 'condition', condition, UNKNOWN as Known<boolean>, () => test(ownValue(stack.template.Conditions, condition), stack))
    : test(condition, stack);
}

function test(condition: any, stack: CheckedStack): Known<boolean> {
  if (typeof condition !== 'object' || condition === null) {
    return UNKNOWN;
  }
  const [[name, argument] = []] = Object.entries<any>(condition);
  switch (name) {
    case 'Condition': return typeof argument === 'string' ? holds(argument, stack) : UNKNOWN;
    case 'Fn::Equals': {
      const [one, other] = elementsOf(argument).map((part) => textIn(part, stack));
      return one !== undefined && other !== undefined && isKnown(one) && isKnown(other) ? one === other : UNKNOWN;
    }
    case 'Fn::Not': {
      const found = test(elementsOf(argument)[0], stack);
      return found === UNKNOWN ? UNKNOWN : !found;
    }
    case 'Fn::And':
    case 'Fn::Or': {
      const decisive = name === 'Fn::Or';
      const found = elementsOf(argument).map((part) => test(part, stack));
      return found.includes(decisive) ? decisive : found.includes(UNKNOWN) || found.length === 0 ? UNKNOWN : !decisive;
    }
    default: return UNKNOWN;
  }
}

function referred(name: string, attribute: string, stack: CheckedStack): Target {
  const resource = ownValue(stack.template.Resources, name);
  if (resource === undefined) {
    return attribute === 'Ref' ? parameter(name, stack) : NOWHERE;
  }
  const [, wanted] = /^Outputs\.(.+)$/.exec(attribute) ?? [];
  const nested = wanted === undefined ? undefined : stack.app.find(({ parent }) => parent?.resource === resource);
  return nested === undefined ? { stack, logicalId: name, resource, attribute } : output(wanted!, nested);
}

/** What a nested stack gets from the stack around it. The default of another one's parameter is not the only value that it may have. */
function parameter(name: string, stack: CheckedStack): Target {
  const given = ownValue(stack.parent?.resource.Properties?.Parameters, name);
  return given === undefined
    ? textOf([pseudoParameter(stack, name)])
    : once(stack, 'parameter', name, NOWHERE, () => targetOf(given, stack.parent!.stack));
}

function output(name: string, stack: CheckedStack): Target {
  return once(stack, 'output', name, NOWHERE, () => targetOf(ownValue(stack.template.Outputs, name)?.Value, stack));
}

function imported(name: unknown, stack: CheckedStack): Target {
  const wanted = textIn(name, stack);
  // An export is unique in an account and Region.
  const [found, ...others] = isKnown(wanted)
    ? exportsOf(stack).filter((each) => each.export === wanted && each.stack.account === stack.account && each.stack.region === stack.region)
    : [];
  return found === undefined || others.length > 0 ? NOWHERE : output(found.output, found.stack);
}

interface Exported {
  readonly export: string;
  readonly output: string;
  readonly stack: CheckedStack;
}

function exportsOf({ app }: CheckedStack): readonly Exported[] {
  return once(app[0], 'exports', '', [], () => app.flatMap((stack) => Object.entries(stack.template.Outputs!)
    .filter(([, { Export }]) => Export != null)
    .map(([name, { Export }]) => ({ export: textIn(Export!.Name, stack), output: name, stack }))));
}

function substituted(argument: unknown, stack: CheckedStack): Target {
  const [template, variables] = Array.isArray(argument) ? argument : [argument];
  const variable = (name: string) => {
    const [logicalId, ...attribute] = name.split('.');
    return Object.hasOwn(Object(variables), name) ? targetOf(variables[name], stack) : referred(logicalId, attribute.join('.') || 'Ref', stack);
  };
  const parts = asText(template).split(/(\$\{[^}]*\})/).filter((part) => part !== '').flatMap((part) => {
    const [, literal, name] = /^\$\{(!?)([^}]*)\}$/.exec(part) ?? [];
    return name === undefined ? [part] : literal === '' ? partsOf(variable(name.trim())) : [`\${${name}}`];
  });
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' ? only : textOf(parts);
}

/** What is the same whatever the condition is. */
function undecided(argument: unknown, stack: CheckedStack): Target {
  const [, yes, no] = elementsOf(argument).map((branch, index) => index === 0 ? NOWHERE : targetOf(branch, stack));
  return yes !== undefined && no !== undefined && targetKey(yes) === targetKey(no) ? yes : NOWHERE;
}

function hasIntrinsic(value: unknown): boolean {
  return isIntrinsic(value) || (typeof value === 'object' && value !== null && Object.values(value).some(hasIntrinsic));
}

/** Templates come from anywhere: `toString` is not a key of a map that has none. */
function ownValue<Value>(map: { readonly [name: string]: Value } | undefined, key: string): Value | undefined {
  return typeof map === 'object' && map !== null && Object.hasOwn(map, key) ? map[key] : undefined;
}

/** None of what is not a list: templates come from anywhere. */
function elementsOf(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}
