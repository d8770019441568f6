import { type CfnElement, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { fragmentOf } from './deployed-properties';
import { isElement, isResource, referencesIn, resolvedWithReferences } from './references';

/**
 * Why one part of a stack can only be deployed after another, as the parts from the first to the last; undefined: it needn't be.
 *
 * A part needs what it refers to. A nested stack is deployed in one: it needs all that any of its parts needs.
 */
export function dependencyPath(first: CfnElement, last: CfnElement): readonly CfnElement[] | undefined {
  const inside = stacksAround(last);
  const cameFrom = new Map<CfnElement, CfnElement | undefined>([[first, undefined]]);
  // A map is walked in the order in which it is filled, also while it is filled.
  for (const [element] of cameFrom) {
    for (const needed of deployedWith(element, inside).flatMap(neededBy)) {
      if (needed === last) {
        return [...wayTo(element, cameFrom), last];
      }
      if (!cameFrom.has(needed) && topOf(needed) === inside.at(-1)) {
        cameFrom.set(needed, element);
      }
    }
  }
  return undefined;
}

/** Whether a stack can only be deployed after another, neither of them nested. */
export function needsStack(stack: Stack, other: Stack): boolean {
  const found = new Set([stack]);
  for (const { node, dependencies } of found) {
    const referred = node.findAll().filter(isElement).flatMap(referredBy);
    [...dependencies, ...referred.map(topOf)].forEach((needed) => found.add(needed));
    if (found.has(other)) {
      return true;
    }
  }
  return false;
}

/** The stack that a construct is deployed with: the one that its own is nested in, if it is. */
export function topOf(construct: IConstruct): Stack {
  return stacksAround(construct).at(-1)!;
}

/** The stack of a construct, and those that this one is nested in. */
function stacksAround(construct: IConstruct): Stack[] {
  const stack = Stack.of(construct);
  return stack.nestedStackParent === undefined ? [stack] : [stack, ...stacksAround(stack.nestedStackParent)];
}

function wayTo(element: CfnElement, cameFrom: ReadonlyMap<CfnElement, CfnElement | undefined>): CfnElement[] {
  const before = cameFrom.get(element);
  return before === undefined ? [element] : [...wayTo(before, cameFrom), element];
}

/** What is deployed in one with an element, seen from inside some stacks. */
function deployedWith(element: CfnElement, inside: readonly Stack[]): CfnElement[] {
  const outermost = stacksAround(element).filter((stack) => !inside.includes(stack)).at(-1);
  return outermost === undefined ? [element] : [...outermost.node.findAll().filter(isElement), outermost.nestedStackResource!];
}

/** By references and dependencies, and by the names that templates and overrides say as texts. */
function neededBy(element: CfnElement): CfnElement[] {
  const stack = Stack.of(element);
  const { resolved, references } = resolvedWithReferences(fragmentOf(element), element);
  const dependencies = isResource(element) ? element.obtainDependencies() : [];
  const needed = [...references.map(({ target }) => target), ...dependencies].filter(isElement);
  const names = namesIn(resolved);
  if (names.length === 0) {
    return needed;
  }
  const known = new Set([element, ...needed].map(({ logicalId }) => stack.resolve(logicalId)));
  const others = names.filter((name) => !known.has(name));
  return others.length === 0 ? needed : [...needed, ...stack.node.findAll().filter(isElement)
    .filter((other) => Stack.of(other) === stack && others.includes(stack.resolve(other.logicalId)))];
}

function referredBy(element: CfnElement): CfnElement[] {
  return referencesIn(fragmentOf(element), element).map(({ target }) => target).filter(isElement);
}

/** The logical ids in a part of a template. */
function namesIn(value: any): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(namesIn);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries<any>(value).flatMap(([key, inner]) => {
    switch (key) {
      case 'Ref': return isName(inner) ? [inner] : [];
      case 'DependsOn': return [inner].flat().filter(isName);
      case 'Fn::GetAtt': return [[inner].flat()[0]].filter(isName).map((name) => name.split('.')[0]);
      case 'Fn::Sub': return [...namesIn(inner), ...namesInText([inner].flat()[0])];
      default: return namesIn(inner);
    }
  });
}

function namesInText(text: unknown): string[] {
  return typeof text === 'string' ? [...text.matchAll(/\$\{([^!.}]+)[^}]*\}/g)].map(([, name]) => name).filter(isName) : [];
}

/** No pseudo parameter is a part of the stack. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && !value.startsWith('AWS::');
}
