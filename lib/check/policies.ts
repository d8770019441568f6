import { type ArnPattern, arnPattern } from './arn-pattern';
import type { CheckedStack } from './checked-stack';
import { isTargetResource, simplified, targetOf } from './values';
import { isIntrinsic } from '../rules/cloudformation';
import { allowedByAws, listOf, type StatementActions } from '../rules/policies';

/** What a role holds, as far as the templates show it. */
export interface Held {
  readonly statements: readonly TemplateStatement[];
  /** Whether the templates show all of it. */
  readonly isWhole: boolean;
}

/** A statement of a policy. */
export interface TemplateStatement extends StatementActions {
  readonly effect: 'Allow' | 'Deny';
  readonly conditional: boolean;
  readonly resources: readonly ArnPattern[];
}

const NOTHING_KNOWN: Held = { statements: [], isWhole: false };

export function heldTogether(all: readonly Held[]): Held {
  return { statements: all.flatMap(({ statements }) => statements), isWhole: all.every(({ isWhole }) => isWhole) };
}

export function inDocument(given: unknown, stack: CheckedStack): Held {
  const document = simplified(given, stack);
  const statements = listOf(document?.Statement);
  const isKnown = (statement: any) => isStatement(statement) && ![statement.Action, statement.NotAction].flatMap(listOf).some(isIntrinsic);
  return {
    statements: statements.filter(isStatement).map((statement) => ({
      effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
      conditional: statement.Condition !== undefined,
      actions: texts(statement.Action),
      notActions: texts(statement.NotAction),
      // Everything but something is not looked at more closely.
      resources: listOf(statement.Resource ?? '*').map((resource) => arnPattern(resource, stack)),
    })),
    isWhole: !isIntrinsic(document) && statements.every(isKnown),
  };
}

/** A managed policy of the app or of AWS. */
export function inManagedPolicy(value: unknown, stack: CheckedStack): Held {
  const target = targetOf(value, stack);
  if (isTargetResource(target)) {
    const { Type, Properties: properties } = target.resource;
    return Type === 'AWS::IAM::ManagedPolicy' ? inDocument(properties!.PolicyDocument, target.stack) : NOTHING_KNOWN;
  }
  const actions = allowedByAws(target.text.split('/').at(-1)!);
  return actions === undefined ? NOTHING_KNOWN : {
    statements: [{ effect: 'Allow', conditional: false, actions, notActions: [], resources: [{ exact: '*', open: '*' }] }],
    isWhole: true,
  };
}

function isStatement(value: unknown): value is { readonly [name: string]: any } {
  return typeof value === 'object' && value !== null && !isIntrinsic(value);
}

function texts(value: unknown): string[] {
  return listOf(value).filter((element) => typeof element === 'string');
}
