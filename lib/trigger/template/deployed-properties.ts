import { isDeepStrictEqual } from 'node:util';
import { type CfnElement, type CfnResource, Stack } from 'aws-cdk-lib';

/** A part of a template, its tokens unresolved. Internal to the CDK, but the only place where everything shows, overrides too. */
export function fragmentOf(element: CfnElement): object {
  return (element as unknown as { _toCloudFormation(): object })._toCloudFormation();
}

/** The properties of a resource as the template will have them, whatever set them. */
export function deployedProperties(resource: CfnResource): { readonly [name: string]: any } {
  const { Resources } = Stack.of(resource).resolve(fragmentOf(resource));
  const [template] = Object.values<any>(Resources ?? {});
  return template?.Properties ?? {};
}

/**
 * One property as the template will have it, for which the others need not be resolved where nothing overrides them. No map whose
 * keys are the user's own.
 */
export function deployedProperty(resource: CfnResource, name: string): any {
  const written = `${name[0].toLowerCase()}${name.slice(1)}`;
  return written in resource && !isOverridden(resource)
    ? asInTemplate(Stack.of(resource).resolve(resource[written as keyof CfnResource]))
    : deployedProperties(resource)[name];
}

/** A property's value with its tokens, which tell what they refer to, unless an override took its place. */
export function unlessOverridden<Value>(value: Value, deployed: any, resource: CfnResource): Value {
  return !isOverridden(resource) || isDeepStrictEqual(Stack.of(resource).resolve(value), deployed) ? value : deployed;
}

/** Whether an override may have set any of a resource's properties. Internal to the CDK, too. */
function isOverridden(resource: CfnResource): boolean {
  const { rawOverrides } = resource as unknown as { readonly rawOverrides?: { readonly Properties?: object } };
  return rawOverrides === undefined || rawOverrides.Properties !== undefined;
}

/** Templates write names with a capital, the CDK's classes don't. */
function asInTemplate(value: any): any {
  if (Array.isArray(value)) {
    return value.map(asInTemplate);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [`${name[0].toUpperCase()}${name.slice(1)}`, asInTemplate(inner)]));
}
