import type { LineOf } from './template-file';
import type { ConstructMetadata, Template, TemplateResource } from '../assembly';
import { asText } from '../rules/cloudformation';
import { isKnown, type Known, type Location, UNKNOWN } from '../rules/facts';

/** One template, and what is known of the stack that is made of it. */
export interface CheckedStack extends Location {
  /** Undefined where only a template is known. */
  readonly name?: string;
  readonly file: string;
  readonly template: Template;
  readonly lineOf: LineOf;
  /** The keys that lead to a resource in the file: those of a `Fn::ForEach` are others. */
  readonly keysOf: (logicalId: string) => readonly string[];
  /** The other stacks of the app, this one included, whose exports it may import. */
  readonly app: readonly CheckedStack[];
  /** Of a nested stack, the stack that has it as a resource, and that resource. */
  readonly parent?: { readonly stack: CheckedStack; readonly resource: TemplateResource };
  /** The construct path of a resource; undefined where nothing says it. */
  readonly pathOf: (logicalId: string) => string | undefined;
  /** What the app notes of its constructs. */
  readonly metadata: ConstructMetadata;
}

export function resourcesOf({ template }: CheckedStack): [logicalId: string, TemplateResource][] {
  return Object.entries(template.Resources!);
}

/** What pseudo parameters give, as far as it is known of a stack. */
export function pseudoParameter(stack: CheckedStack, name: string): Known<string> {
  switch (name) {
    case 'AWS::AccountId': return stack.account;
    case 'AWS::Region': return stack.region;
    case 'AWS::StackName': return stack.name ?? UNKNOWN;
    default: return UNKNOWN;
  }
}

/** Whether a macro that nobody here knows may change the template before it is deployed. */
export function hasMacros({ template }: CheckedStack): boolean {
  return [template.Transform ?? []].flat().some((transform) => !isKnown(transform) || !/^AWS::(Serverless|LanguageExtensions|SecretsManager)/.test(asText(transform)));
}
