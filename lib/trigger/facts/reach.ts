import type { aws_ec2 as ec2, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isKnown, type Known } from '../../rules/facts';
import { fragmentOf } from '../template/cdk-internals';
import { deployedProperty, unlessOverridden } from '../template/deployed-properties';
import { knownText } from '../template/known-text';
import { referencesIn } from '../template/references';

/**
 * Whether a function is in subnets of this app that are all without a way out, and the app has no endpoint for a service. Where anything is
 * not known, it is taken to have a way.
 *
 * @param resources all of the app's
 */
export function isCutOff(fn: CfnResource, service: Known<string>, resources: readonly CfnResource[]): boolean {
  const given = (fn as Partial<{ vpcConfig: { subnetIds?: unknown } }>).vpcConfig?.subnetIds;
  const ids = unlessOverridden(given, () => deployedProperty(fn, 'VpcConfig')?.SubnetIds, fn);
  const subnets = Array.isArray(ids) ? ids.map((id) => referencesIn(id, fn)[0]?.target) : [];
  return subnets.length > 0 && isKnown(service) && subnets.every(isMadeIsolated)
    && !hasEndpoint(service, resources) && !subnets.some((subnet) => getsWay(subnet!, resources));
}

/** A subnet that the CDK's Vpc made as an isolated one. */
function isMadeIsolated(subnet: IConstruct | undefined): boolean {
  const construct = subnet?.node.scope;
  const vpc = construct?.node.scope as Partial<ec2.Vpc> | undefined;
  return construct !== undefined && Array.isArray(vpc?.isolatedSubnets) && vpc.isolatedSubnets.some((isolated) => isolated === construct);
}

/** Whether the app may have given a subnet a way out since it was made: by a route, another route table, or whatever else the Vpc is connected to. */
function getsWay(subnet: IConstruct, resources: readonly CfnResource[]): boolean {
  const construct = subnet.node.scope!;
  const network = [...construct.node.findAll(), construct.node.scope!.node.defaultChild];
  const isOwn = ({ cfnResourceType, node }: CfnResource) => cfnResourceType === ROUTE_TABLE_OF_SUBNET && node.scopes.includes(construct);
  return resources.filter((resource) => isWay(resource.cfnResourceType) && !isOwn(resource))
    .some((way) => referencesIn(fragmentOf(way), way).some(({ target }) => network.includes(target)));
}

const ROUTE_TABLE_OF_SUBNET = 'AWS::EC2::SubnetRouteTableAssociation';

/** Resources that can make a way for a subnet, a route table or a Vpc that they name. */
const WAYS = [
  ROUTE_TABLE_OF_SUBNET, 'AWS::EC2::Route', 'AWS::EC2::VPNGatewayRoutePropagation', 'AWS::EC2::TransitGatewayAttachment',
  'AWS::EC2::TransitGatewayVpcAttachment', 'AWS::NetworkManager::VpcAttachment', 'AWS::CloudFormation::CustomResource',
];

function isWay(type: string): boolean {
  return WAYS.includes(type) || (type.startsWith('Custom::') && type !== RESTRICTION_OF_DEFAULT_GROUP);
}

/** The CDK makes one for each Vpc. */
const RESTRICTION_OF_DEFAULT_GROUP = 'Custom::VpcRestrictDefaultSG';

function hasEndpoint(service: string, resources: readonly CfnResource[]): boolean {
  return resources.filter(({ cfnResourceType }) => cfnResourceType === 'AWS::EC2::VPCEndpoint').some((endpoint) => {
    const name = knownText(deployedProperty(endpoint, 'ServiceName'), endpoint);
    return !/[a-z]$/.test(name) || new RegExp(`\\.${service}(-fips)?$`).test(name);
  });
}
