import { type aws_lambda as lambda, type CfnResource, type IResolveContext, Stack } from 'aws-cdk-lib';
import { fragmentOf } from '../template/cdk-internals';
import { isMapping } from '../template/deployed-mapping';
import { OnceASynthesis } from '../template/once-a-synthesis';
import { resolvedText, resolvedWithReferences } from '../template/references';
import { isResource } from '../template/resource';

/** By each mapping, the paths of the alarms on its metrics, however they name it: as a metric, in a math expression or a query. */
export function watchers(resources: readonly CfnResource[]): ReadonlyMap<CfnResource, readonly string[]> {
  const found = new Map<CfnResource, string[]>();
  for (const alarm of resources.filter(({ cfnResourceType }) => cfnResourceType === 'AWS::CloudWatch::Alarm')) {
    for (const mapping of new Set(watchedBy(alarm))) {
      found.set(mapping, [...found.get(mapping) ?? [], alarm.node.path.replace(/\/Resource$/, '')]);
    }
  }
  return found;
}

/**
 * Whether an alarm of the app watches a metric of a mapping, asked while a template is written. The CDK writes each part of a template several
 * times, but once in its prepare phase.
 */
export function isWatched(mapping: lambda.CfnEventSourceMapping, { preparing }: IResolveContext): boolean {
  return watched.for(mapping, !preparing).has(mapping);
}

const watched = new OnceASynthesis(({ node }) => {
  const resources = node.findAll().filter(isResource);
  return { value: watchers(resources), askers: resources.filter(isMapping) };
});

/** The mappings that an alarm's metrics are of. What else of an alarm names a mapping, such as its description, watches nothing. */
function watchedBy(alarm: CfnResource): CfnResource[] {
  const mappings = new Map<string, CfnResource>();
  const { value } = resolvedWithReferences(fragmentOf(alarm), alarm, ({ target, displayName }) => {
    if (!isResource(target) || !isMapping(target)) {
      // Perhaps in the place of a number, where no text may be.
      return undefined;
    }
    const name = `<${target.node.path}.${displayName}>`;
    mappings.set(name, target);
    return name;
  });
  const [{ Properties = {} }] = Object.values<any>(value.Resources ?? [{}]);
  const { Namespace, Dimensions, Metrics = [] } = Properties;
  const named = [{ Namespace, Dimensions }, ...list(Metrics).map(({ MetricStat }) => MetricStat?.Metric ?? {})]
    .filter((metric) => metric.Namespace === 'AWS/Lambda')
    .flatMap((metric) => list(metric.Dimensions).filter(({ Name }) => Name === 'EventSourceMappingUUID').map(({ Value }) => Value));
  const texts = [...named, ...list(Metrics).map(({ Expression }) => Expression ?? '')];
  return texts.flatMap((text) => [
    ...[...mappings].filter(([name]) => resolvedText(text).includes(name)).map(([, mapping]) => mapping),
    ...namedInTemplate(text, alarm),
  ]);
}

/** What an override wrote names a mapping as a template does. */
function namedInTemplate(text: any, alarm: CfnResource): CfnResource[] {
  const id = text?.Ref ?? text?.['Fn::GetAtt']?.[0];
  const stack = Stack.of(alarm);
  return id === undefined ? [] : stack.node.findAll().filter(isResource).filter(isMapping)
    .filter((mapping) => Stack.of(mapping) === stack && stack.resolve(mapping.logicalId) === id);
}

function list(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}
