import { type CfnResource, DefaultTokenResolver, type IResolvable, type IResolveContext, Reference, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isResource } from './resource';

/** The references to other constructs in a value, however deep its tokens hide them. */
export function referencesIn(value: unknown, scope: IConstruct): readonly Reference[] {
  const reference = bareReference(value);
  return reference === undefined ? resolvedWithReferences(value, scope).references : [reference];
}

/** The resource of this app that a text names, such as the queue behind a queue's ARN. */
export function resourceNamed(value: unknown, scope: IConstruct): CfnResource | undefined {
  const targets = referencesIn(value, scope).map((reference) => reference.target).filter(isResource);
  return targets.every((target) => target === targets[0]) ? targets[0] : undefined;
}

/** The reference that a value is without any token around it. Most are: then there is nothing to resolve. */
export function bareReference(value: unknown): Reference | undefined {
  const token = Tokenization.reverse(value, { failConcat: false });
  return Reference.isReference(token) ? token : undefined;
}

/** A value without its tokens, and what they were. */
export interface Resolved {
  readonly value: any;
  readonly references: readonly Reference[];
  /** Whether some tokens neither are nor hold a reference, and have no value before the deployment: an import, for example. */
  readonly hasOtherTokens: boolean;
}

/** Resolves a value as for the template, except that `write` may write references in another way. */
export function resolvedWithReferences(value: unknown, scope: IConstruct, write?: (reference: Reference) => string | undefined): Resolved {
  const resolver = new ReferenceResolver(write);
  const resolved = Tokenization.resolve(value, { scope, resolver, preparing: false });
  return { value: resolved, references: resolver.references, hasOtherTokens: resolver.hasOtherTokens };
}

/** Notes what it meets. */
class ReferenceResolver extends DefaultTokenResolver {
  readonly references: Reference[] = [];
  hasOtherTokens = false;

  constructor(private readonly write?: (reference: Reference) => string | undefined) {
    super({ join: (...parts: unknown[]) => parts.filter((part) => part !== undefined).map(resolvedText).join('') });
  }

  resolveToken(token: IResolvable, context: IResolveContext, postProcessor: never): any {
    if (Reference.isReference(token)) {
      this.references.push(token);
      return this.write?.(token) ?? super.resolveToken(token, context, postProcessor);
    }
    const before = this.references.length;
    const resolved = super.resolveToken(token, context, postProcessor);
    if (typeof resolved === 'object' && this.references.length === before) {
      this.hasOtherTokens = true;
    }
    return resolved;
  }
}

/** A resolved value as a text, which is empty if a token omits the value. */
export function resolvedText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}
