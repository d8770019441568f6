import { CfnElement, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The resource that a construct of this app makes, such as a table's; undefined for an imported one. */
export function resourceOf(construct: IConstruct | undefined): CfnResource | undefined {
  const child = construct?.node.defaultChild;
  return isResource(child) ? child : undefined;
}

/** Whether a construct is a resource of a template. */
export function isResource(construct: unknown): construct is CfnResource {
  return CfnResource.isCfnResource(construct);
}

/** Whether a construct is a part of a template: a resource, a parameter, a condition, an output. */
export function isElement(construct: unknown): construct is CfnElement {
  return CfnElement.isCfnElement(construct);
}
