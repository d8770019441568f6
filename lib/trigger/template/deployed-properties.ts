import { isDeepStrictEqual } from 'node:util';
import { type CfnResource, Stack } from 'aws-cdk-lib';
import { fragmentOf, mayBeOverridden } from './cdk-internals';
import { withReferences } from './with-references';

/** The properties of a resource as the template will have them, whatever set them: props, aspects, property injectors, overrides. */
export function deployedProperties(resource: CfnResource): { readonly [name: string]: any } {
  const { Resources } = Stack.of(resource).resolve(fragmentOf(resource));
  const [template] = Object.values<any>(Resources ?? {});
  return template?.Properties ?? {};
}

/**
 * One property as the template will have it, by its name in templates. Resolves no other property, unless there are overrides.
 *
 * Not for maps whose keys the user chooses, such as tags: it would capitalize these keys.
 */
export function deployedProperty(resource: CfnResource, name: string): any {
  const property = `${name[0].toLowerCase()}${name.slice(1)}`;
  return property in resource && !mayBeOverridden(resource)
    ? asInTemplate(Stack.of(resource).resolve(resource[property as keyof CfnResource]))
    : deployedProperties(resource)[name];
}

/**
 * The value of a property that can be followed to other constructs: `value`, as the resource's class has it, with its tokens. If an
 * override replaced it, the value of the template, which `deployed` reads, with references in place of logical ids.
 */
export function unlessOverridden<Value>(value: Value, deployed: () => any, resource: CfnResource): Value {
  if (!mayBeOverridden(resource)) {
    return value;
  }
  const inTemplate = deployed();
  return isDeepStrictEqual(Stack.of(resource).resolve(value), inTemplate) ? value : withReferences(inTemplate, resource);
}

/** Names start with a capital in templates, but not in the CDK's classes. */
function asInTemplate(value: any): any {
  if (Array.isArray(value)) {
    return value.map(asInTemplate);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [`${name[0].toUpperCase()}${name.slice(1)}`, asInTemplate(inner)]));
}
