import { CfnElement, CfnResource, DefaultTokenResolver, type IResolvable, type IResolveContext, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The references to other constructs within a value, however deep its tokens hide them. */
export function referencesIn(value: unknown, scope: IConstruct): readonly Reference[] {
  const reference = plainReference(value);
  return reference === undefined ? resolvedWithReferences(value, scope).references : [reference];
}

/** A value as the template has it, and the references to other constructs within. */
export function resolvedWithReferences(value: unknown, scope: IConstruct): { readonly resolved: any; readonly references: readonly Reference[] } {
  const resolver = new ReferenceResolver();
  const resolved = Tokenization.resolve(value, { scope, resolver, preparing: false });
  return { resolved, references: resolver.references };
}

/** The resource of this app that a text names, such as the queue behind a queue's ARN. */
export function resourceNamed(value: unknown, scope: IConstruct): CfnResource | undefined {
  const targets = referencesIn(value, scope).map((reference) => reference.target).filter(isResource);
  return targets.every((target) => target === targets[0]) ? targets[0] : undefined;
}

/**
 * A value as the same text in every stack: what it refers to by path, not by how a template says it. Where a part is no reference
 * but known to the deployment only, such as an import, it means another thing in another account or Region, which the text names.
 */
export function canonicalText(value: unknown, scope: IConstruct): string {
  const reference = plainReference(value);
  if (reference !== undefined) {
    return pathOf(reference);
  }
  const resolver = new ReferenceResolver(pathOf);
  const text = textual(Tokenization.resolve(value, { scope, resolver, preparing: false }));
  return resolver.foundOthers ? `${environmentOf(scope)} ${text}` : text;
}

/** The reference that a value is, if it is nothing but one. */
export function soleReference(value: unknown, scope: IConstruct): Reference | undefined {
  const [reference] = referencesIn(value, scope);
  return reference && canonicalText(value, scope) === pathOf(reference) ? reference : undefined;
}

/** The account and Region of a construct; where they are open, its stack, because another one may be deployed elsewhere. */
export function environmentOf(scope: IConstruct): string {
  const { account, region, node } = Stack.of(scope);
  return [account, region].some((part) => Token.isUnresolved(part)) ? node.path : `${account}/${region}`;
}

/**
 * A token that refers to other constructs only if that closes no cycle. While that is found out, it refers to what is decided.
 */
export interface Cautious extends IResolvable {
  readonly decided: readonly string[];
}

function isCautious(token: IResolvable): token is Cautious {
  return 'decided' in token;
}

/** The resource that a construct of this app makes, such as a table's; undefined for an imported one. */
export function resourceOf(construct: IConstruct | undefined): CfnResource | undefined {
  const child = construct?.node.defaultChild;
  return isResource(child) ? child : undefined;
}

/** Whether a construct is a resource of a template. */
export function isResource(construct: unknown): construct is CfnResource {
  return CfnResource.isCfnResource(construct);
}

/** Whether a construct is a part of a template. */
export function isElement(construct: unknown): construct is CfnElement {
  return CfnElement.isCfnElement(construct);
}

/** The reference that a value is without any token around it, as most are: there is nothing to resolve. */
function plainReference(value: unknown): Reference | undefined {
  const token = Tokenization.reverse(value, { failConcat: false });
  return Reference.isReference(token) ? token : undefined;
}

function pathOf({ target, displayName }: Reference): string {
  return `<${target.node.path}.${displayName}>`;
}

function textual(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Notes the references it meets, and may write them in another way. */
class ReferenceResolver extends DefaultTokenResolver {
  readonly references: Reference[] = [];
  /** Whether there are tokens that neither are nor hold a reference, and have no value before the deployment. */
  foundOthers = false;

  constructor(private readonly write?: (reference: Reference) => string) {
    super({ join: (...parts: unknown[]) => parts.filter((part) => part !== undefined).map(textual).join('') });
  }

  resolveToken(token: IResolvable, context: IResolveContext, postProcessor: never): any {
    if (isCautious(token)) {
      return textual(context.resolve(token.decided));
    }
    if (!Reference.isReference(token)) {
      const before = this.references.length;
      const resolved = super.resolveToken(token, context, postProcessor);
      if (typeof resolved === 'object' && this.references.length === before) {
        this.foundOthers = true;
      }
      return resolved;
    }
    this.references.push(token);
    return this.write?.(token) ?? super.resolveToken(token, context, postProcessor);
  }
}
