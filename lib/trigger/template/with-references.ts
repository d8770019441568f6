import { type CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isResource } from './resource';

/** A part of a template, such as what an override wrote, with references instead of `Ref` and `Fn::GetAtt`, so that it can be followed to constructs. */
export function withReferences(value: any, scope: IConstruct): any {
  return replaced(value, new Resources(Stack.of(scope)));
}

function replaced(value: any, resources: Resources): any {
  if (Array.isArray(value)) {
    return value.map((part) => replaced(part, resources));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const { Ref: name, 'Fn::GetAtt': [id, ...attribute] = [] } = typeof value['Fn::GetAtt'] === 'string' ? { 'Fn::GetAtt': value['Fn::GetAtt'].split('.') } as any : value;
  const resource = resources.named(name ?? id);
  if (resource !== undefined) {
    return name === undefined ? resource.getAtt(attribute.join('.')) : resource.getAtt('Ref');
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaced(part, resources)]));
}

/** The resources of a stack by their logical ids, once somebody asks. */
class Resources {
  private byId?: ReadonlyMap<string, CfnResource>;

  constructor(private readonly stack: Stack) {}

  named(id: unknown): CfnResource | undefined {
    if (typeof id !== 'string' || id.startsWith('AWS::')) {
      return undefined;
    }
    const { stack } = this;
    this.byId ??= new Map(stack.node.findAll().filter(isResource).filter((resource) => Stack.of(resource) === stack)
      .map((resource) => [stack.resolve(resource.logicalId), resource]));
    return this.byId.get(id);
  }
}
