import { type CfnElement, Stack } from 'aws-cdk-lib';
import { fragmentOf } from './cdk-internals';
import { logicalIdsIn } from './logical-ids';
import { referencesIn, resolvedWithReferences } from './references';
import { isElement, isResource } from './resource';
import { stacksAround, topOf } from './stacks';

/**
 * Why one part of a stack can only be deployed after another: the shortest way from the first to the last, each part of which needs
 * the next. Undefined if it can be deployed without.
 *
 * A nested stack is deployed in one go: each part of it needs all that any part of it needs.
 */
export function dependencyPath(first: CfnElement, last: CfnElement): readonly CfnElement[] | undefined {
  const inside = stacksAround(last);
  return shortestPath(first, last, (element) =>
    deployedWith(element, inside).flatMap(neededBy).filter((needed) => topOf(needed) === inside.at(-1)));
}

/** Whether one stack can only be deployed after another. Neither is a nested one. */
export function needsStack(first: Stack, last: Stack): boolean {
  return shortestPath(first, last, stacksNeededBy) !== undefined;
}

function shortestPath<Node>(first: Node, last: Node, next: (node: Node) => readonly Node[]): readonly Node[] | undefined {
  const seen = new Set([first]);
  const queue: Node[][] = [[first]];
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

function stacksNeededBy({ node, dependencies }: Stack): Stack[] {
  const referred = node.findAll().filter(isElement)
    .flatMap((element) => referencesIn(fragmentOf(element), element).map(({ target }) => target).filter(isElement));
  return [...dependencies, ...referred.map(topOf)];
}

/** What is deployed in one go with an element: the outermost nested stack around it that is not around the last one, too. */
function deployedWith(element: CfnElement, inside: readonly Stack[]): CfnElement[] {
  const outermost = stacksAround(element).filter((stack) => !inside.includes(stack)).at(-1);
  return outermost === undefined ? [element] : [...outermost.node.findAll().filter(isElement), outermost.nestedStackResource!];
}

/** What an element needs: what it refers to, what it depends on, and what texts and overrides of its template name by logical id. */
function neededBy(element: CfnElement): CfnElement[] {
  const stack = Stack.of(element);
  const { value: fragment, references } = resolvedWithReferences(fragmentOf(element), element);
  const dependencies = isResource(element) ? element.obtainDependencies() : [];
  const needed = [...references.map(({ target }) => target), ...dependencies].filter(isElement);
  const known = new Set([element, ...needed].map(({ logicalId }) => stack.resolve(logicalId)));
  const others = logicalIdsIn(fragment).filter((id) => !known.has(id));
  // To look through the stack costs more than all else, and hardly any element names others by text.
  return others.length === 0 ? needed : [...needed, ...stack.node.findAll().filter(isElement)
    .filter((other) => Stack.of(other) === stack && others.includes(stack.resolve(other.logicalId)))];
}
