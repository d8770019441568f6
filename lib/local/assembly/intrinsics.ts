import type { SynthesizedStack, TemplateResource } from '../../assembly';

/** A value of a template that can't be known on this machine. */
export class UnresolvedValueError extends Error {
  readonly name = 'UnresolvedValueError';
}

/** The stacks of the app, and what values of their templates stand for here. */
export interface Surroundings {
  readonly stacks: readonly SynthesizedStack[];
  account(stack: SynthesizedStack): string;
  region(stack: SynthesizedStack): string;
  /** What Ref (no attribute) or GetAtt of a resource returns; undefined if that is not known here. */
  attribute(stack: SynthesizedStack, logicalId: string, resource: TemplateResource, attribute?: string): string | undefined;
}

/** Replaces CloudFormation's functions in a value of a template by what they stand for. */
export type Resolve = (stack: SynthesizedStack, value: unknown) => any;

/** Removes a property of an object or an element of a list. */
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * How values of these stacks' templates are resolved.
 *
 * The function that it returns throws an UnresolvedValueError for what is only known after a deployment.
 */
// eslint-disable-next-line max-lines-per-function -- Small functions, one for each kind of value, that call each other.
export function resolver(surroundings: Surroundings): Resolve {
  return (stack, value) => {
    const resolved = resolve(stack, value);
    return resolved === NO_VALUE ? undefined : resolved;
  };

  function resolve(stack: SynthesizedStack, value: any): any {
    if (Array.isArray(value)) {
      return value.map((element) => resolve(stack, element)).filter((element) => element !== NO_VALUE);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [name, ...others] = Object.keys(value);
    if (others.length === 0 && (name === 'Ref' || name === 'Condition' || name?.startsWith('Fn::'))) {
      return call(stack, name, value[name]);
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
      case 'Fn::Join': return resolve(stack, argument[1]).join(resolve(stack, argument[0]));
      case 'Fn::Select': return resolve(stack, argument[1])[Number(resolve(stack, argument[0]))];
      case 'Fn::Split': return String(resolve(stack, argument[1])).split(resolve(stack, argument[0]));
      case 'Fn::Base64': return Buffer.from(String(resolve(stack, argument))).toString('base64');
      case 'Fn::If': return resolve(stack, holds(stack, argument[0]) ? argument[1] : argument[2]);
      case 'Fn::FindInMap': {
        const [map, first, second] = argument.map((part: unknown) => resolve(stack, part));
        return stack.template.Mappings?.[map]?.[first]?.[second] ?? unresolved(`entry ${first}.${second} of the mapping ${map}`);
      }
      case 'Fn::ImportValue': return exported(resolve(stack, argument));
      case 'Fn::GetStackOutput': return output(argument.StackName, argument.OutputName);
      case 'Fn::GetAZs': return ['a', 'b', 'c'].map((zone) => surroundings.region(stack) + zone);
      case 'Condition': return holds(stack, argument);
      default: return unresolved(name);
    }
  }

  function reference(stack: SynthesizedStack, name: string): any {
    switch (name) {
      case 'AWS::AccountId': return surroundings.account(stack);
      case 'AWS::Region': return surroundings.region(stack);
      case 'AWS::Partition': return 'aws';
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::StackName': return stack.name;
      case 'AWS::StackId': return `arn:aws:cloudformation:${surroundings.region(stack)}:${surroundings.account(stack)}:stack/${stack.name}/local`;
      case 'AWS::NoValue': return NO_VALUE;
    }
    const parameter = stack.template.Parameters?.[name];
    if (parameter) {
      // The default of a parameter of another type names where the value is, not the value.
      return parameter.Default !== undefined && !parameter.Type.startsWith('AWS::SSM::')
        ? parameter.Default
        : unresolved(`the parameter ${name} of the stack ${stack.id}`);
    }
    return attributeOf(stack, name);
  }

  function attributeOf(stack: SynthesizedStack, logicalId: string, attribute?: string): string {
    const resource = stack.template.Resources?.[logicalId];
    return (resource && surroundings.attribute(stack, logicalId, resource, attribute))
      ?? unresolved(`${attribute ? `${attribute} of ` : ''}${stack.paths.get(logicalId) ?? logicalId} (${resource?.Type ?? 'not in the template'})`);
  }

  function substitute(stack: SynthesizedStack, argument: string | [string, Record<string, unknown>]): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {} as Record<string, unknown>] : argument;
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal, name: string) => {
      if (literal) {
        return `\${${name}}`;
      }
      if (name in variables) {
        return resolve(stack, variables[name]);
      }
      return name.includes('.') ? call(stack, 'Fn::GetAtt', name) : reference(stack, name);
    });
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
    const stack = surroundings.stacks.find((candidate) => candidate.name === stackName);
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
      case 'Fn::And': return argument.every((part: unknown) => test(stack, part));
      case 'Fn::Or': return argument.some((part: unknown) => test(stack, part));
      case 'Condition': return holds(stack, argument);
      default: return unresolved(`the condition ${name}`);
    }
  }
}

/** A value that is searched among others: one that can't be known here is not the one, and does not end the search. */
export function ifKnown<T>(value: () => T): T | undefined {
  try {
    return value();
  } catch (error) {
    if (error instanceof UnresolvedValueError) {
      return undefined;
    }
    throw error;
  }
}

function unresolved(what: string): never {
  throw new UnresolvedValueError(`${what} is only known after a deployment`);
}
