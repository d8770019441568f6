import type { CfnElement, CfnResource } from 'aws-cdk-lib';

/*
 * What this package uses of the CDK although the CDK does not document it. No file outside of this folder may. Each function says why
 * nothing public does the same; the tests of lib/trigger fail if a new version of the CDK changes one of them.
 */

/**
 * An element's part of the template, with its tokens.
 *
 * Nothing else shows all that the template will say: the properties of a resource's class lack overrides, dependencies and conditions, and
 * the finished template has no tokens, so that it can't be followed to constructs of other stacks.
 */
export function fragmentOf(element: CfnElement): object {
  return (element as unknown as { _toCloudFormation(): object })._toCloudFormation();
}

/**
 * Whether an override (`addPropertyOverride` and the like) may have set properties of a resource.
 *
 * The CDK has no public way to ask. Without this answer, each property must be read from the whole fragment, which takes
 * most of the time of a synthesis with many triggers. Where a version of the CDK keeps no such list, any property may be overridden.
 */
export function mayBeOverridden(resource: CfnResource): boolean {
  const { rawOverrides } = resource as unknown as { readonly rawOverrides?: { readonly Properties?: object } };
  return rawOverrides === undefined || rawOverrides.Properties !== undefined;
}
