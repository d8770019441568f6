import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The stack of a construct, followed by those that this one is nested in. */
export function stacksAround(construct: IConstruct): Stack[] {
  const stack = Stack.of(construct);
  return stack.nestedStackParent === undefined ? [stack] : [stack, ...stacksAround(stack.nestedStackParent)];
}

/** The outermost stack around a construct. Nested stacks are deployed as a part of it. */
export function topOf(construct: IConstruct): Stack {
  return stacksAround(construct).at(-1)!;
}

/**
 * The account and Region of a construct, as a text to compare. If one of them is open, the path of the stack takes their place: another
 * stack may be deployed elsewhere.
 */
export function environmentOf(scope: IConstruct): string {
  const { account, region, node } = Stack.of(scope);
  return [account, region].some((part) => Token.isUnresolved(part)) ? node.path : `${account}/${region}`;
}
