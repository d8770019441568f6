import { type aws_lambda as lambda, Stage } from 'aws-cdk-lib';
import { fragmentOf } from '../template/cdk-internals';
import { referencesIn } from '../template/references';
import { isResource } from '../template/resource';

/** The paths of the app's alarms on metrics of a mapping. */
export function alarmsOn(mapping: lambda.CfnEventSourceMapping): readonly string[] {
  return (Stage.of(mapping) ?? mapping.node.root).node.findAll().filter(isResource)
    .filter(({ cfnResourceType }) => cfnResourceType === 'AWS::CloudWatch::Alarm')
    .filter((alarm) => referencesIn(fragmentOf(alarm), alarm).some(({ target }) => target === mapping))
    .map(({ node }) => node.path.replace(/\/Resource$/, ''));
}
