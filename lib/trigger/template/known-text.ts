import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type Known, UNKNOWN } from '../../rules/rule';
import { TOKEN } from '../../rules/wiring-rules';

/** A value, unless only the deployment knows it. */
export function plain<Value>(value: Value): Known<Value> {
  return Token.isUnresolved(value) ? UNKNOWN : value;
}

/** A text with `TOKEN` in place of what only the deployment knows. */
export function textOf(value: unknown, scope: IConstruct): string {
  return textOfResolved(Stack.of(scope).resolve(value));
}

function textOfResolved(resolved: any): string {
  if (typeof resolved === 'string') {
    return resolved;
  }
  const [template] = [resolved?.['Fn::Sub']].flat();
  if (typeof template === 'string') {
    return template.replace(/\$\{[^}]*\}/g, () => TOKEN);
  }
  const [index, list] = resolved?.['Fn::Select'] ?? [];
  const [at, whole] = list?.['Fn::Split'] ?? [];
  if (whole !== undefined) {
    return textOfResolved(whole).split(at)[Number(index)] ?? TOKEN;
  }
  const [separator, parts] = resolved?.['Fn::Join'] ?? [];
  return Array.isArray(parts) ? parts.map(textOfResolved).join(separator) : TOKEN;
}

/** The place of each part in an ARN. */
const ARN_PARTS = { service: 2, region: 3, account: 4 } as const;

/** The part of an ARN that says what a thing is of, or where it is; undefined if the ARN doesn't. */
export function ofArn(arn: string, part: keyof typeof ARN_PARTS): string | undefined {
  const found = arn.split(':')[ARN_PARTS[part]];
  return found === undefined || found === '' || found.includes(TOKEN) ? undefined : found;
}
