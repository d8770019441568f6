import type { Reference } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { resolvedText, bareReference, referencesIn, resolvedWithReferences } from './references';
import { environmentOf } from './stacks';

/**
 * A text that is equal for values which mean the same, in whatever stacks they stand.
 *
 * Templates write one thing in several ways: a table's ARN is a `Fn::GetAtt` in its own stack and a `Fn::ImportValue` in another. So
 * the text names what is referred to by its path in the app: `<Orders/Table/Resource.StreamArn>`.
 *
 * The opposite happens to what is not a reference and gets its value at deployment, such as an import of the user's own: templates
 * write it in one way, but it means another thing in another account or Region. So the text starts with these.
 */
export function canonicalText(value: unknown, scope: IConstruct): string {
  const reference = bareReference(value);
  if (reference !== undefined) {
    return pathOf(reference);
  }
  const resolved = resolvedWithReferences(value, scope, pathOf);
  const text = resolvedText(resolved.value);
  return resolved.hasOtherTokens ? `${environmentOf(scope)} ${text}` : text;
}

/** The reference that a value is, if the value is nothing more. */
export function soleReference(value: unknown, scope: IConstruct): Reference | undefined {
  const [reference] = referencesIn(value, scope);
  return reference && canonicalText(value, scope) === pathOf(reference) ? reference : undefined;
}

function pathOf({ target, displayName }: Reference): string {
  return `<${target.node.path}.${displayName}>`;
}
