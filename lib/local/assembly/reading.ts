import { resolver, type Surroundings } from './intrinsics';
import type { Resolve, UnresolvedValueError } from './resolution';
import { attributeOf, type Endpoints, LOCAL_ACCOUNT, LOCAL_REGION, physicalName } from './resource-names';
import { type NestedStack, nestedStacks, type SynthesizedStack, type TemplateResource } from '../../assembly';
import type { NamedResource } from '../named-resource';

/** A resource with its place in the app. */
export interface Where {
  readonly stack: SynthesizedStack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  /** One of its properties, resolved. One at a time, because others may refer to what exists only on AWS, such as a key. */
  get(property: string): any;
}

/** Thrown where something is met that can't run here; the message is the reason. */
export class NotRunning extends Error {}

/** Reads the templates of an app, each resource for itself: what can't be read is noted, and keeps no other from being read. */
export class Reading {
  readonly notRunning: string[] = [];
  readonly notes: string[] = [];
  readonly stacks: readonly (SynthesizedStack | NestedStack)[];
  readonly resolve: Resolve;

  constructor(roots: readonly SynthesizedStack[]) {
    this.stacks = roots.flatMap((stack) => [stack, ...nestedIn(stack)]);
    this.resolve = this.resolverWith();
  }

  /** How values are resolved once everything runs. */
  resolverWith(endpoints?: Endpoints, placeholder?: (error: UnresolvedValueError) => string): Resolve {
    return resolver(this.surroundings(endpoints), placeholder);
  }

  /** Everything of these types, except what can't run here, which is noted. */
  each<T>(types: readonly string[], read: (where: Where) => T): T[] {
    return this.all(types).flatMap((where) => {
      try {
        return this.isPresent(where.stack, where.resource) ? [read(where)] : [];
      } catch (error) {
        // What a template has of one resource must not keep the others from running, whatever it is.
        this.notRunning.push(`${pathOf(where)} (${where.resource.Type}): ${(error as Error).message}`);
        return [];
      }
    });
  }

  /** Everything of these types, present or not. */
  all(types: readonly string[]): Where[] {
    return this.stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {})
      .flatMap(([logicalId, resource]) => types.includes(resource.Type) ? [this.where(stack, logicalId, resource)] : []));
  }

  named({ stack, logicalId, resource }: Where): NamedResource {
    const surroundings = this.surroundings();
    const attribute = (name?: string) => surroundings.attribute(stack, logicalId, resource, name);
    return {
      path: pathOf({ stack, logicalId }),
      logicalId,
      name: physicalName(stack, logicalId, resource, this.resolve),
      arn: (attribute('Arn') ?? attribute('TopicArn') ?? attribute())!,
      region: surroundings.region(stack),
    };
  }

  /** Notes what is different here about a resource. */
  note(where: Where, what: string): void {
    this.notes.push(`${pathOf(where)}: ${what}.`);
  }

  private where(stack: SynthesizedStack, logicalId: string, resource: TemplateResource): Where {
    return { stack, logicalId, resource, get: (property) => this.resolve(stack, resource.Properties?.[property]) };
  }

  /** Whether it is made, and every stack that it is in. */
  private isPresent(stack: SynthesizedStack | NestedStack, resource: TemplateResource): boolean {
    const isHere = resource.Condition === undefined || this.resolve(stack, { Condition: resource.Condition });
    return isHere && (!('parent' in stack) || this.isPresent(stack.parent.stack, stack.parent.stack.template.Resources![stack.parent.logicalId]));
  }

  /** What Ref of an alias or a version returns. Here every version is the code as it is now. */
  private qualifiedArn(stack: SynthesizedStack, resource: TemplateResource, place: { region: string; account: string }): string {
    const target = String(this.resolve(stack, resource.Properties?.FunctionName));
    const arn = target.startsWith('arn:') ? target : `arn:aws:lambda:${place.region}:${place.account}:function:${target}`;
    return `${arn}:${resource.Type === 'AWS::Lambda::Alias' ? this.resolve(stack, resource.Properties?.Name) : 1}`;
  }

  private surroundings(endpoints?: Endpoints): Surroundings {
    const surroundings: Surroundings = {
      stacks: this.stacks,
      account: (stack) => stack.account ?? LOCAL_ACCOUNT,
      region: (stack) => stack.region ?? LOCAL_REGION,
      attribute: (stack, logicalId, resource, attribute) => {
        const place = { region: surroundings.region(stack), account: surroundings.account(stack) };
        if (resource.Type === 'AWS::Lambda::Alias' || resource.Type === 'AWS::Lambda::Version') {
          return attribute === 'Version' ? '1'
            : attribute === undefined || /Arn$/.test(attribute) ? this.qualifiedArn(stack, resource, place) : undefined;
        }
        const property = (name: string) => this.resolve(stack, resource.Properties?.[name]);
        return attributeOf({ resource, name: physicalName(stack, logicalId, resource, this.resolve), ...place, property }, attribute, endpoints);
      },
    };
    return surroundings;
  }
}

export function pathOf({ stack, logicalId }: Pick<Where, 'stack' | 'logicalId'>): string {
  return stack.paths.get(logicalId) ?? `${stack.id}/${logicalId}`;
}

function nestedIn(stack: SynthesizedStack): NestedStack[] {
  return nestedStacks(stack).flatMap((nested) => [nested, ...nestedIn(nested)]);
}
