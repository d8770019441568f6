import { type CfnElement, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { fragmentOf, handsOverRegions } from './cdk-internals';
import { logicalIdsIn } from './logical-ids';
import { bareReference, type Resolved, resolvedWithReferences } from './references';
import { isElement } from './resource';
import { stacksAround } from './stacks';

/**
 * What can only be deployed after what, in the finished tree.
 *
 * A nested stack is one resource of the stack around it: whoever needs a part of it waits for all of it, and it waits for all that any
 * part of it needs. Stacks that are not nested are deployed in one go, too. So two elements are compared where they meet: in the
 * innermost stack around both of them, each is itself or the nested stack that it is in; without such a stack, each is its outermost stack.
 *
 * Remembers what it has read, because most of its cost is reading. So it serves one moment only.
 */
export class DependencyGraph {
  private readonly needed = new Map<CfnElement, readonly CfnElement[]>();
  private readonly added = new Map<CfnElement, readonly CfnElement[]>();
  private tree?: Tree;

  constructor(private readonly root: IConstruct) {}

  /** As if one element referred to others. */
  add(element: CfnElement, others: readonly CfnElement[]): void {
    this.added.set(element, [...this.added.get(element) ?? [], ...others]);
  }

  /**
   * Why the first element can only be deployed after the last: the shortest way from one to the other, each part of which needs the
   * next. Undefined if it can be deployed without.
   *
   * @param last an element, or a nested stack that might get one
   * @param except elements that do not count
   */
  path(first: CfnElement, last: IConstruct, except: (element: CfnElement) => boolean = () => false): readonly IConstruct[] | undefined {
    const common = innermostAround(first, last);
    return shortestPath(nodeOf(first, common), nodeOf(last, common), (node) => this.next(node, common, except));
  }

  /** What the elements of a stack that fit need. */
  neededBy(stack: Stack, fits: (element: CfnElement) => boolean): CfnElement[] {
    return (this.readTree().elements.get(stack) ?? []).filter(fits).flatMap((element) => this.needsOf(element));
  }

  /** The elements that a value names, wherever it stands: by references, or by logical id in the text of a template. */
  elementsIn(value: unknown, scope: IConstruct): CfnElement[] {
    const reference = bareReference(value);
    const resolved = reference === undefined ? resolvedWithReferences(value, scope) : { value: undefined, references: [reference] };
    return this.elementsOf(resolved, Stack.of(scope));
  }

  private next(node: IConstruct, common: Stack | undefined, except: (element: CfnElement) => boolean): IConstruct[] {
    const needed = this.partsOf(node).filter((part) => !except(part)).flatMap((part) => this.needsOf(part))
      .filter((element) => common === undefined || stacksAround(element).includes(common));
    return [...needed.map((element) => nodeOf(element, common)), ...Stack.isStack(node) ? node.dependencies : []];
  }

  /** What is deployed in one go with a node. */
  private partsOf(node: IConstruct): readonly CfnElement[] {
    if (Stack.isStack(node)) {
      return this.elementsInside(node);
    }
    const nested = this.readTree().nested.get(node);
    return [node as CfnElement, ...nested === undefined ? [] : this.elementsInside(nested)];
  }

  private elementsInside(stack: Stack): CfnElement[] {
    return [...this.readTree().elements].filter(([inner]) => stacksAround(inner).includes(stack)).flatMap(([, elements]) => elements);
  }

  private needsOf(element: CfnElement): readonly CfnElement[] {
    let needed = this.needed.get(element);
    if (needed === undefined) {
      const resolved = element.node.id.endsWith(NESTED_STACK) ? withoutMadeParameters(element) : resolvedWithReferences(fragmentOf(element), element);
      needed = this.elementsOf(resolved, Stack.of(element), element);
      this.needed.set(element, needed);
    }
    return [...needed, ...this.added.get(element) ?? []];
  }

  /** The CDK writes `DependsOn` as text, and so do users' own templates and overrides. */
  private elementsOf({ value, references }: Pick<Resolved, 'value' | 'references'>, stack: Stack, self?: CfnElement): CfnElement[] {
    const targets = references.map(({ target }) => target).filter(isElement);
    const referred = targets.filter((target) => isDependency(Stack.of(target), stack));
    const ids = logicalIdsIn(value);
    const known = new Set(ids.length === 0 ? [] : targets.map(({ logicalId }) => stack.resolve(logicalId)));
    const others = ids.filter((id) => !known.has(id)).map((id) => this.elementNamed(id, stack));
    return [...referred, ...others.filter((other) => other !== undefined && other !== self) as CfnElement[]];
  }

  private elementNamed(id: string, stack: Stack): CfnElement | undefined {
    const { ids, elements } = this.readTree();
    let inStack = ids.get(stack);
    if (inStack === undefined) {
      inStack = new Map(elements.get(stack)?.map((element) => [stack.resolve(element.logicalId), element]));
      ids.set(stack, inStack);
    }
    return inStack.get(id);
  }

  private readTree(): Tree {
    return this.tree ??= readTree(this.root);
  }
}

/** How the ids of the resources that stand for nested stacks end. */
const NESTED_STACK = '.NestedStackResource';

/** The CDK hands what parts of a nested stack refer to over in parameters. They add nothing new, and may be left over from an earlier synthesis. */
function withoutMadeParameters(nested: CfnElement): Pick<Resolved, 'value' | 'references'> {
  const { Resources } = Stack.of(nested).resolve(fragmentOf(nested));
  const [resource] = Object.values<any>(Resources);
  const parameters = Object.entries(resource.Properties?.Parameters ?? {}).filter(([name]) => !name.startsWith('referenceto'));
  return { value: { ...resource, Properties: { ...resource.Properties, Parameters: Object.fromEntries(parameters) } }, references: [] };
}

/** Across accounts and Regions the CDK writes names, which need nothing. It can also hand values over to other Regions, which does. */
function isDependency(needed: Stack, stack: Stack): boolean {
  return needed.account === stack.account && (needed.region === stack.region || handsOverRegions(stack));
}

interface Tree {
  readonly elements: ReadonlyMap<Stack, readonly CfnElement[]>;
  /** The nested stack behind each resource that stands for one. */
  readonly nested: ReadonlyMap<IConstruct, Stack>;
  /** The elements of a stack by their logical ids, once somebody asks. */
  readonly ids: Map<Stack, ReadonlyMap<string, CfnElement>>;
}

function readTree(root: IConstruct): Tree {
  const elements = new Map<Stack, CfnElement[]>();
  for (const element of root.node.findAll().filter(isElement)) {
    const stack = Stack.of(element);
    elements.set(stack, elements.get(stack) ?? []);
    elements.get(stack)!.push(element);
  }
  const nested = [...elements.keys()].filter(({ nestedStackResource }) => nestedStackResource !== undefined)
    .map((stack) => [stack.nestedStackResource!, stack] as const);
  return { elements, nested: new Map(nested), ids: new Map() };
}

/** Undefined if two constructs are in stacks that are deployed apart. */
export function innermostAround(one: IConstruct, other: IConstruct): Stack | undefined {
  const around = stacksAround(other);
  return stacksAround(one).find((stack) => around.includes(stack));
}

/** What an element is to the others of a stack: itself, or the nested stack that it is in. Without a stack: its outermost one. */
function nodeOf(element: IConstruct, common: Stack | undefined): IConstruct {
  const around = stacksAround(element);
  if (common === undefined) {
    return around.at(-1)!;
  }
  const inner = around[around.indexOf(common) - 1];
  return inner === undefined ? element : inner.nestedStackResource!;
}

function shortestPath(first: IConstruct, last: IConstruct, next: (node: IConstruct) => readonly IConstruct[]): readonly IConstruct[] | undefined {
  const seen = new Set([first]);
  const queue: IConstruct[][] = [[first]];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const needed of next(path.at(-1)!)) {
      if (needed === last) {
        return [...path, last];
      }
      if (!seen.has(needed)) {
        seen.add(needed);
        queue.push([...path, needed]);
      }
    }
  }
  return undefined;
}
