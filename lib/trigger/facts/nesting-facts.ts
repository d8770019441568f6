import { type aws_lambda as lambda, type CfnElement, Stack, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { NestingFacts } from '../../rules/trigger-wiring-rules';
import { isOfGrantedPolicy } from '../role/granted-policy';
import { DependencyGraph, innermostAround } from '../template/dependency-graph';
import { destinationOf, functionOf, streamOf } from '../template/deployed-mapping';
import { resourceNamed } from '../template/references';
import { isResource } from '../template/resource';

/**
 * Why a trigger can't be in its nested stack, and where it can: from outside, a nested stack is one resource, which waits for all that the
 * trigger needs. Undefined if it can be there, or is in no nested stack.
 */
export function nestingFacts(mapping: lambda.CfnEventSourceMapping, trigger: IConstruct): NestingFacts | undefined {
  const stack = Stack.of(mapping);
  if (!stack.nested) {
    return undefined;
  }
  const graph = new DependencyGraph(Stage.of(mapping) ?? mapping.node.root);
  const isOfTrigger = (element: CfnElement) => element.node.scopes.includes(trigger) || isOfGrantedPolicy(element);
  const wired = [streamOf(mapping), functionOf(mapping), destinationOf(mapping)]
    .flatMap((value) => value === undefined ? [] : graph.elementsIn(value, mapping));
  // Those of the table, the filters and the failure queue, as far as grants and other parts of the trigger name them.
  const keys = graph.neededBy(stack, isOfTrigger).filter((element) => isResource(element) && element.cfnResourceType.startsWith('AWS::KMS::'));
  const targets = [...wired, ...keys];
  const circleIn = (place: Stack) => targets.map((target) => graph.path(target, place, isOfTrigger)).find((path) => path !== undefined);
  const circle = circleIn(stack);
  if (circle === undefined) {
    return undefined;
  }
  const [table, fn] = [streamOf(mapping), functionOf(mapping)].map((value) => resourceNamed(value, mapping));
  const candidates = [table, fn].flatMap((resource) => resource === undefined ? [] : [Stack.of(resource)]);
  const around = targets.reduce<Stack | undefined>((common, target) => common && innermostAround(common, target), stack);
  const place = [...candidates, ...around ? [around] : []].find((candidate) => circleIn(candidate) === undefined);
  return { stack: stack.node.path, circle: circle.map(pathOf), moveTo: place?.node.path };
}

/** The path of a construct as its author knows it: of the resource in it, or of the nested stack that it stands for. */
function pathOf({ node }: IConstruct): string {
  return node.path.replace(/\/Resource$|\.NestedStack\/[^/]*\.NestedStackResource$/, '');
}
