import { type aws_ec2 as ec2, type CfnResource, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isKnown, type Known } from '../../rules/facts';
import { deployedProperty } from '../template/deployed-properties';
import { textOf } from '../template/known-text';
import { referencesIn } from '../template/references';
import { isResource } from '../template/resource';

/**
 * Whether a function is in subnets of this app that are all without a way out, and the app has no endpoint for a service. Where anything is
 * not known, it is taken to have a way.
 */
export function isCutOff(fn: CfnResource, service: Known<string>): boolean {
  const ids = (fn as Partial<{ vpcConfig: { subnetIds?: unknown } }>).vpcConfig?.subnetIds;
  const subnets = Array.isArray(ids) ? ids.map((id) => referencesIn(id, fn)[0]?.target) : [];
  return subnets.length > 0 && isKnown(service) && subnets.every(isIsolated) && !hasEndpoint(fn, service);
}

/** A subnet that the CDK's Vpc made as an isolated one, and that got no route since. */
function isIsolated(subnet: IConstruct | undefined): boolean {
  const construct = subnet?.node.scope;
  const vpc = construct?.node.scope as Partial<ec2.Vpc> | undefined;
  return construct !== undefined && Array.isArray(vpc?.isolatedSubnets) && vpc.isolatedSubnets.some((isolated) => isolated === construct)
    && !construct.node.findAll().some((child) => isResource(child) && child.cfnResourceType === 'AWS::EC2::Route');
}

function hasEndpoint(fn: CfnResource, service: string): boolean {
  return (Stage.of(fn) ?? fn.node.root).node.findAll().filter(isResource)
    .filter(({ cfnResourceType }) => cfnResourceType === 'AWS::EC2::VPCEndpoint')
    .some((endpoint) => {
      const name = textOf(deployedProperty(endpoint, 'ServiceName'), endpoint);
      return !/[a-z]$/.test(name) || name.endsWith(`.${service}`);
    });
}
