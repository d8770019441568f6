import { ifKnown, type Resolve, UnresolvedValueError } from './resolution';
import { secretIn, ssmParameterIn } from './stored-values';
import type { NestedStack, SynthesizedStack, TemplateResource } from '../../assembly';

/** The stacks of the app, and what values of their templates stand for here. */
export interface Surroundings {
  readonly stacks: readonly (SynthesizedStack | NestedStack)[];
  account(stack: SynthesizedStack): string;
  region(stack: SynthesizedStack): string;
  /** What Ref (no attribute) or GetAtt of a resource returns; undefined if that is not known here. */
  attribute(stack: SynthesizedStack, logicalId: string, resource: TemplateResource, attribute?: string): string | undefined;
}

/** Removes a property of an object or an element of a list. */
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * How values of these stacks' templates are resolved.
 *
 * The function that it returns throws an UnresolvedValueError for what is not known on this machine.
 *
 * @param placeholder what a part of a longer text becomes that is not known; without it, the whole text is not known then
 */
// eslint-disable-next-line max-lines-per-function -- Small functions, one for each kind of value, that call each other.
export function resolver(surroundings: Surroundings, placeholder?: (error: UnresolvedValueError) => string): Resolve {
  return resolveAll;

  function resolveAll(stack: SynthesizedStack, value: unknown): any {
    try {
      const resolved = resolve(stack, value);
      return resolved === NO_VALUE ? undefined : resolved;
    } catch (error) {
      // A function of CloudFormation with other arguments than it takes, or references in a circle.
      throw error instanceof TypeError || error instanceof RangeError
        ? new UnresolvedValueError(JSON.stringify(value).slice(0, 80), `can't be read: ${error.message}`)
        : error;
    }
  }

  function resolve(stack: SynthesizedStack, value: any): any {
    if (Array.isArray(value)) {
      return value.map((element) => resolve(stack, element)).filter((element) => element !== NO_VALUE);
    }
    if (typeof value === 'string') {
      return withDynamicReferences(value);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [name, ...others] = Object.keys(value);
    if (others.length === 0 && (name === 'Ref' || name === 'Condition' || name?.startsWith('Fn::'))) {
      const called = call(stack, name, value[name]);
      return typeof called === 'string' ? withDynamicReferences(called) : called;
    }
    const entries = Object.entries(value).map(([key, element]) => [key, resolve(stack, element)]);
    return Object.fromEntries(entries.filter(([, element]) => element !== NO_VALUE));
  }

  function call(stack: SynthesizedStack, name: string, argument: any): any {
    switch (name) {
      case 'Ref': return reference(stack, argument);
      case 'Fn::GetAtt': {
        const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : argument;
        return attributeOf(stack, logicalId, attribute.join('.'));
      }
      case 'Fn::Sub': return substitute(stack, argument);
      case 'Fn::Join': return join(stack, argument[1]).join(resolve(stack, argument[0]));
      case 'Fn::Select': return resolve(stack, argument[1])[Number(resolve(stack, argument[0]))] ?? unresolved(`element ${argument[0]} of a list`);
      case 'Fn::Split': return String(resolve(stack, argument[1])).split(resolve(stack, argument[0]));
      case 'Fn::Base64': return Buffer.from(String(resolve(stack, argument))).toString('base64');
      case 'Fn::If': return resolve(stack, holds(stack, argument[0]) ? argument[1] : argument[2]);
      case 'Fn::FindInMap': {
        const [map, first, second] = argument.map((element: unknown) => resolve(stack, element));
        return stack.template.Mappings?.[map]?.[first]?.[second] ?? unresolved(`entry ${first}.${second} of the mapping ${map}`);
      }
      case 'Fn::ImportValue': return exported(resolve(stack, argument));
      case 'Fn::GetStackOutput': return output(argument.StackName, argument.OutputName);
      case 'Fn::GetAZs': return ['a', 'b', 'c'].map((zone) => surroundings.region(stack) + zone);
      case 'Fn::ToJsonString': return JSON.stringify(resolve(stack, argument));
      case 'Fn::Length': return resolve(stack, argument).length;
      case 'Condition': return holds(stack, argument);
      default: return unresolved(name);
    }
  }

  /** The elements of a text that is put together. */
  function join(stack: SynthesizedStack, elements: any): unknown[] {
    return Array.isArray(elements)
      ? elements.map((element) => part(elements.length > 1, () => resolve(stack, element))).filter((element) => element !== NO_VALUE)
      : resolve(stack, elements);
  }

  /** A part of a text, which may be filled if it is not all of it. */
  function part<T>(isLonger: boolean, value: () => T): T | string {
    try {
      return value();
    } catch (error) {
      if (isLonger && placeholder && error instanceof UnresolvedValueError) {
        return placeholder(error);
      }
      throw error;
    }
  }

  function reference(stack: SynthesizedStack | NestedStack, name: string): any {
    switch (name) {
      case 'AWS::AccountId': return surroundings.account(stack);
      case 'AWS::Region': return surroundings.region(stack);
      case 'AWS::Partition': return 'aws';
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::StackName': return stack.name;
      case 'AWS::StackId': return `arn:aws:cloudformation:${surroundings.region(stack)}:${surroundings.account(stack)}:stack/${stack.name}/local`;
      case 'AWS::NotificationARNs': return [];
      case 'AWS::NoValue': return NO_VALUE;
    }
    return stack.template.Parameters?.[name] ? parameter(stack, name) : attributeOf(stack, name);
  }

  function parameter(stack: SynthesizedStack | NestedStack, name: string): any {
    const { Type: type, Default } = stack.template.Parameters![name];
    const given = 'parent' in stack ? stack.parent.stack.template.Resources![stack.parent.logicalId].Properties?.Parameters?.[name] : undefined;
    const value = given === undefined ? Default : resolve((stack as NestedStack).parent.stack, given);
    if (value === undefined) {
      return unresolved(`the parameter ${name} of the stack ${stack.id}`);
    }
    // It names where the value is.
    const text = type.startsWith('AWS::SSM::Parameter::Value<') ? ssmParameterIn(surroundings, resolve, String(value)) : value;
    return /List/.test(type) && typeof text === 'string' ? text.split(',').map((element) => element.trim()) : text;
  }

  function attributeOf(stack: SynthesizedStack, logicalId: string, attribute?: string): any {
    const resource = stack.template.Resources?.[logicalId];
    if (resource?.Type === 'AWS::CloudFormation::Stack' && attribute?.startsWith('Outputs.')) {
      const nested = surroundings.stacks.find((candidate) =>
        'parent' in candidate && candidate.parent.stack === stack && candidate.parent.logicalId === logicalId);
      return outputOf(nested, attribute.slice('Outputs.'.length), stack.paths.get(logicalId) ?? logicalId);
    }
    if (resource?.Type === 'Custom::CrossRegionExportReader' && attribute !== undefined) {
      return acrossRegions(attribute);
    }
    return (resource && surroundings.attribute(stack, logicalId, resource, attribute))
      ?? unresolved(`${attribute ?? 'Ref'} of ${stack.paths.get(logicalId) ?? logicalId} (${resource?.Type ?? 'not in the template'})`);
  }

  /** What the CDK hands from a stack to one in another region. */
  function acrossRegions(name: string): any {
    for (const stack of surroundings.stacks) {
      for (const { Type: type, Properties: { WriterProps: { exports = {} } = {} } = {} as any } of Object.values(stack.template.Resources ?? {})) {
        if (type === 'Custom::CrossRegionExportWriter' && name in exports) {
          return resolve(stack, exports[name]);
        }
      }
    }
    return unresolved(name);
  }

  function substitute(stack: SynthesizedStack, argument: string | [string, Record<string, unknown>]): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {} as Record<string, unknown>] : argument;
    return text.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal, name: string) => {
      if (literal) {
        return `\${${name}}`;
      }
      return part(whole !== text, () => {
        if (name in variables) {
          return resolve(stack, variables[name]);
        }
        return name.includes('.') ? call(stack, 'Fn::GetAtt', name) : reference(stack, name);
      });
    });
  }

  /** Such as `{{resolve:ssm:/level}}`. */
  function withDynamicReferences(text: string): string {
    return text.replace(/\{\{resolve:([\w-]+):([^{}]+)\}\}/g, (whole, service: string, key: string) => part(whole !== text, () => {
      switch (service) {
        case 'ssm':
        case 'ssm-secure': return ssmParameterIn(surroundings, resolve, key.replace(/:\d+$/, ''));
        case 'secretsmanager': return secretIn(surroundings, resolve, key);
        default: return unresolved(whole);
      }
    }));
  }

  function exported(name: string): any {
    for (const stack of surroundings.stacks) {
      for (const { Value, Export } of Object.values(stack.template.Outputs ?? {})) {
        if (Export && ifKnown(() => resolve(stack, Export.Name)) === name) {
          return resolve(stack, Value);
        }
      }
    }
    return unresolved(`the export ${name}`);
  }

  function output(stackName: string, name: string): any {
    return outputOf(surroundings.stacks.find((candidate) => candidate.name === stackName), name, stackName);
  }

  function outputOf(stack: SynthesizedStack | undefined, name: string, stackName: string): any {
    const found = stack?.template.Outputs?.[name];
    return found ? resolve(stack!, found.Value) : unresolved(`the output ${name} of the stack ${stackName}`);
  }

  function holds(stack: SynthesizedStack, name: string): boolean {
    return test(stack, stack.template.Conditions?.[name]);
  }

  function test(stack: SynthesizedStack, condition: any): boolean {
    const [name] = Object.keys(condition ?? {});
    const argument = condition?.[name];
    switch (name) {
      case 'Fn::Equals': return String(resolve(stack, argument[0])) === String(resolve(stack, argument[1]));
      case 'Fn::Not': return !test(stack, argument[0]);
      case 'Fn::And': return argument.every((other: unknown) => test(stack, other));
      case 'Fn::Or': return argument.some((other: unknown) => test(stack, other));
      case 'Condition': return holds(stack, argument);
      default: return unresolved(`the condition ${name}`);
    }
  }
}

function unresolved(what: string): never {
  throw new UnresolvedValueError(what);
}
