import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { bareReference } from './references';
import { type Known, UNKNOWN } from '../../rules/facts';

/** The value, or UNKNOWN if only the deployment knows it. */
export function plain<Value>(value: Value): Known<Value> {
  return Token.isUnresolved(value) ? UNKNOWN : value;
}

/** A value as the text that it is at synth, with `UNKNOWN` for each part that only the deployment knows. */
export function knownText(value: unknown, scope: IConstruct): string {
  const reference = bareReference(value);
  // Within its stack, a reference never is a text.
  return reference !== undefined && Stack.of(reference.target) === Stack.of(scope) ? UNKNOWN : textOfResolved(Stack.of(scope).resolve(value));
}

/** Evaluates the functions that the CDK writes into ARNs and names: `Fn::Sub`, `Fn::Split`, `Fn::Join`. */
function textOfResolved(resolved: any): string {
  if (typeof resolved === 'string') {
    return resolved;
  }
  const [template] = [resolved?.['Fn::Sub']].flat();
  if (typeof template === 'string') {
    return template.replace(/\$\{[^}]*\}/g, () => UNKNOWN);
  }
  const [index, list] = resolved?.['Fn::Select'] ?? [];
  const [at, whole] = list?.['Fn::Split'] ?? [];
  if (whole !== undefined) {
    return textOfResolved(whole).split(at)[Number(index)] ?? UNKNOWN;
  }
  const [separator, parts] = resolved?.['Fn::Join'] ?? [];
  return Array.isArray(parts) ? parts.map(textOfResolved).join(separator) : UNKNOWN;
}
