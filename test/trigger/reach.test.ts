import {
  Aspects, aws_ec2 as ec2, type aws_lambda as lambda, aws_lambda_event_sources as sources, aws_networkmanager as networkmanager, aws_sns as sns,
  CfnResource, NestedStack, type Stack,
} from 'aws-cdk-lib';
import type { DynamoStreamTriggerProps } from '../../lib';
import { ENV, TestApp } from '../app';

const { PRIVATE_ISOLATED, PUBLIC } = ec2.SubnetType;

/** Whether a function in isolated subnets, in an app that `connect` has changed, is said to be cut off from its queue. */
function isCutOff(connect: (vpc: ec2.Vpc, stack: Stack) => unknown, props: Partial<DynamoStreamTriggerProps> = { informHandler: true },
  onFailure?: (stack: Stack) => DynamoStreamTriggerProps['onFailure']): boolean {
  const app = new TestApp({ env: ENV });
  const vpc = new ec2.Vpc(app.stack, 'Vpc', {
    natGateways: 0, maxAzs: 2, subnetConfiguration: [{ name: 'isolated', subnetType: PRIVATE_ISOLATED }, { name: 'public', subnetType: PUBLIC }],
  });
  connect(vpc, app.stack);
  app.trigger({ handler: app.fn('Fn', { vpc, vpcSubnets: { subnetType: PRIVATE_ISOLATED } }), onFailure: onFailure?.(app.stack), ...props });
  app.app.synth();
  return app.warnings().includes('destination-unreachable');
}

function route(vpc: ec2.Vpc, scope: Stack, props: Partial<ec2.CfnRouteProps> = { transitGatewayId: 'tgw-1' }): void {
  vpc.isolatedSubnets.forEach(({ routeTable: { routeTableId } }, index) =>
    new ec2.CfnRoute(scope, `Route${index}`, { routeTableId, destinationCidrBlock: '0.0.0.0/0', ...props }));
}

test.each<[string, (vpc: ec2.Vpc, stack: Stack) => unknown]>([
  ['nothing', () => {}],
  ['an endpoint for another service', (vpc) => vpc.addInterfaceEndpoint('Sns', { service: ec2.InterfaceVpcEndpointAwsService.SNS })],
  ['a way of another subnet', (vpc, stack) => new ec2.CfnRoute(stack, 'Route', {
    routeTableId: vpc.publicSubnets[0].routeTable.routeTableId, destinationCidrBlock: '10.9.0.0/16', transitGatewayId: 'tgw-1',
  })],
  ['a custom resource of something else', (_vpc, stack) => new CfnResource(stack, 'Custom', { type: 'Custom::Anything', properties: { ServiceToken: 'arn' } })],
])('a function in isolated subnets of an app with %s is cut off', (_name, connect) => {
  expect(isCutOff(connect)).toBe(true);
});

test.each<[string, (vpc: ec2.Vpc, stack: Stack) => unknown]>([
  ['a route elsewhere in the stack', (vpc, stack) => route(vpc, stack)],
  ['a route to a NAT gateway', (vpc, stack) => route(vpc, stack, { natGatewayId: 'nat-1' })],
  ['a route in a nested stack', (vpc, stack) => route(vpc, new NestedStack(stack, 'Routes'))],
  ['a route of the subnet', (vpc) => (vpc.isolatedSubnets[0] as ec2.Subnet).addRoute('Route', { routerId: 'tgw-1', routerType: ec2.RouterType.TRANSIT_GATEWAY })],
  ['a route by an aspect', (vpc, stack) => Aspects.of(stack).add({ visit: (node) => node === vpc && stack.node.tryFindChild('Route0') === undefined && route(vpc, stack) })],
  ['a transit gateway', (vpc, stack) => new ec2.CfnTransitGatewayAttachment(stack, 'Attachment', {
    vpcId: vpc.vpcId, transitGatewayId: 'tgw-1', subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
  })],
  ['a transit gateway\'s own kind of attachment', (vpc, stack) => new ec2.CfnTransitGatewayVpcAttachment(stack, 'Attachment', {
    vpcId: vpc.vpcId, transitGatewayId: 'tgw-1', subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
  })],
  ['a core network', (vpc, stack) => new networkmanager.CfnVpcAttachment(stack, 'Attachment', {
    coreNetworkId: 'core-network-1', vpcArn: vpc.vpcArn, subnetArns: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
  })],
  ['propagated routes of a VPN', (vpc, stack) => new ec2.CfnVPNGatewayRoutePropagation(stack, 'Propagation', {
    vpnGatewayId: 'vgw-1', routeTableIds: vpc.isolatedSubnets.map(({ routeTable }) => routeTable.routeTableId),
  })],
  ['another route table', (vpc, stack) => new ec2.CfnSubnetRouteTableAssociation(stack, 'Association', { subnetId: vpc.isolatedSubnets[0].subnetId, routeTableId: 'rtb-1' })],
  ['a custom resource that may make routes', (vpc, stack) => new CfnResource(stack, 'Custom', {
    type: 'Custom::Routes', properties: { ServiceToken: 'arn', RouteTable: vpc.isolatedSubnets[0].routeTable.routeTableId },
  })],
  ['a custom resource without a type of its own', (vpc, stack) => new CfnResource(stack, 'Custom', {
    type: 'AWS::CloudFormation::CustomResource', properties: { ServiceToken: 'arn', RouteTable: vpc.isolatedSubnets[0].routeTable.routeTableId },
  })],
  ['the endpoint', (vpc) => vpc.addInterfaceEndpoint('Sqs', { service: ec2.InterfaceVpcEndpointAwsService.SQS })],
  ['an endpoint of FIPS', (vpc, stack) => new ec2.CfnVPCEndpoint(stack, 'Sqs', { vpcId: vpc.vpcId, serviceName: 'com.amazonaws.us-east-1.sqs-fips' })],
])('a function in isolated subnets of an app with %s may have a way', (_name, connect) => {
  expect(isCutOff(connect)).toBe(false);
});

test('a function in isolated subnets is cut off from a topic, too', () => {
  expect(isCutOff((vpc, stack) => {
    vpc.addInterfaceEndpoint('Sqs', { service: ec2.InterfaceVpcEndpointAwsService.SQS });
    new sns.Topic(stack, 'Topic');
  }, { informHandler: true }, ({ node }) => new sources.SnsDlq(node.findChild('Topic') as sns.Topic))).toBe(true);
});

test('a function that is not known to park records needs no way, because Lambda delivers to the destination', () => {
  expect(isCutOff(() => {}, {})).toBe(false);
  expect(isCutOff(() => {}, { informHandler: false })).toBe(false);
});

test.each<[string, boolean, (fn: lambda.CfnFunction, vpc: ec2.Vpc, stack: Stack) => void]>([
  ['to others', false, (fn) => fn.addPropertyOverride('VpcConfig.SubnetIds', ['subnet-1'])],
  ['away', false, (fn) => fn.addPropertyDeletionOverride('VpcConfig')],
  ['to one of them', true, (fn, vpc, stack) => fn.addPropertyOverride('VpcConfig.SubnetIds', [stack.resolve(vpc.isolatedSubnets[0].subnetId)])],
])('if an override moves the function %s, cut off is %p', (_name, expected, move) => {
  const app = new TestApp({ env: ENV });
  const vpc = new ec2.Vpc(app.stack, 'Vpc', { natGateways: 0, maxAzs: 2, subnetConfiguration: [{ name: 'isolated', subnetType: PRIVATE_ISOLATED }] });
  const handler = app.fn('Fn', { vpc, vpcSubnets: { subnetType: PRIVATE_ISOLATED } });
  move(handler.node.defaultChild as lambda.CfnFunction, vpc, app.stack);
  app.trigger({ handler, informHandler: true });
  app.app.synth();

  expect(app.warnings().includes('destination-unreachable')).toBe(expected);
});

test('of imported subnets nothing is known', () => {
  const app = new TestApp({ env: ENV });
  const vpc = ec2.Vpc.fromVpcAttributes(app.stack, 'Vpc', {
    vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], isolatedSubnetIds: ['subnet-1'], isolatedSubnetRouteTableIds: ['rtb-1'],
  });
  app.trigger({ handler: app.fn('Fn', { vpc, vpcSubnets: { subnetType: PRIVATE_ISOLATED } }), informHandler: true });
  app.app.synth();

  expect(app.warnings()).not.toContain('destination-unreachable');
});
