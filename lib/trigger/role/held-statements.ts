import { type aws_iam as iam, type CfnResource, Stack, Token } from 'aws-cdk-lib';
import { Dependable, type IConstruct } from 'constructs';
import { policyArn } from './policy-arn';
import { allowedByAws, fits, listOf, mayBeOne, POLICY_RESOURCES, type StatementActions } from '../../rules/policies';
import { lookupOf } from '../table/stream-lookup';
import { canonicalText } from '../template/canonical-text';
import { mayBeOverridden } from '../template/cdk-internals';
import { deployedProperties } from '../template/deployed-properties';
import { referencesIn, resourceNamed } from '../template/references';
import { isResource, resourceOf } from '../template/resource';
import { withReferences } from '../template/with-references';

/** A statement of a policy that the app gives to a role, and where it stands. */
export interface HeldStatement extends StatementActions {
  readonly scope: CfnResource;
  readonly effect: 'Allow' | 'Deny';
  readonly conditional: boolean;
  readonly resources: readonly unknown[];
  readonly notResources: readonly unknown[];
}

/** The policies of an app. What they say is read once somebody asks for it. */
export class Policies {
  private readonly holders: readonly CfnResource[];
  private readonly matching = new Map<Matcher, ReadonlySet<CfnResource>>();
  private attached?: Attached;

  constructor(resources: readonly CfnResource[]) {
    this.holders = resources.filter(({ cfnResourceType }) => cfnResourceType === ROLE || POLICY_RESOURCES.includes(cfnResourceType));
  }

  /**
   * The statements that the app gives to a role, whoever wrote them and wherever they stand: in the role, in a policy under it or beside it,
   * in a managed policy of the app or of AWS, by an aspect. Of a role that is imported, the app knows only what it adds.
   */
  statementsOf(role: iam.IRole): readonly HeldStatement[] {
    const own = resourceOf(role) ?? wrappedIn(role);
    const ofAws = own === undefined ? [] : listOf(Stack.of(own).resolve(valueOf(own, 'ManagedPolicyArns'))).flatMap((arn) => ofManagedPolicy(arn, own));
    return [...this.holdersFor(role).flatMap(statementsIn), ...ofAws];
  }

  /** Whether a role has a statement of a kind. Cheap where no role has one. */
  hasStatement(role: iam.IRole, matches: Matcher): boolean {
    let found = this.matching.get(matches);
    if (found === undefined) {
      this.matching.set(matches, found = new Set(this.holders.filter((holder) => statementsIn(holder).some(matches))));
    }
    return found.size > 0 && this.holdersFor(role).some((holder) => found.has(holder));
  }

  /** The role itself and the policies that are attached to it. */
  private holdersFor(role: iam.IRole): readonly CfnResource[] {
    const { byRole, byName } = this.attached ??= attachedPolicies(this.holders);
    const own = resourceOf(role) ?? wrappedIn(role);
    return own === undefined
      ? byName.get(JSON.stringify(Stack.of(role).resolve(role.roleName))) ?? []
      : [own, ...byRole.get(own) ?? [], ...referencesIn(valueOf(own, 'ManagedPolicyArns'), own).map(({ target }) => target).filter(isResource)];
  }
}

type Matcher = (statement: HeldStatement) => boolean;

/** Policies by the role that they name. */
interface Attached {
  readonly byRole: Map<CfnResource, CfnResource[]>;
  readonly byName: Map<string, CfnResource[]>;
}

function attachedPolicies(holders: readonly CfnResource[]): Attached {
  const [byRole, byName]: [Attached['byRole'], Attached['byName']] = [new Map(), new Map()];
  for (const policy of holders.filter(({ cfnResourceType }) => cfnResourceType !== ROLE)) {
    const names = valueOf(policy, 'Roles') ?? valueOf(policy, 'RoleName');
    referencesIn(names, policy).map(({ target }) => target).filter(isResource).forEach((role) => put(byRole, role, policy));
    listOf(Stack.of(policy).resolve(names)).forEach((name) => put(byName, JSON.stringify(name), policy));
  }
  return { byRole, byName };
}

/**
 * Whether a statement is about a resource. What one side names by a reference and the other by a text may be the same: then it counts as such.
 */
export function covers({ resources, notResources, scope }: HeldStatement, wanted: unknown, place: IConstruct): boolean {
  return resources.some((resource) => isWithin(resource, scope, wanted, place))
    || (notResources.length > 0 && !notResources.some((resource) => isWithin(resource, scope, wanted, place)));
}

const ROLE = 'AWS::IAM::Role';

/** An immutable role wraps another one, which what depends on it depends on. */
function wrappedIn(role: iam.IRole): CfnResource | undefined {
  return Dependable.of(role).dependencyRoots.map((root) => resourceOf(root)).find((found) => found?.cfnResourceType === ROLE);
}

/** A property with its references, whatever set it. */
function valueOf(resource: CfnResource, name: string): any {
  const value = (resource as unknown as { readonly [property: string]: unknown })[`${name[0].toLowerCase()}${name.slice(1)}`];
  return mayBeOverridden(resource) || (value !== undefined && !isDocument(value) && !Array.isArray(value) && Token.isUnresolved(value))
    ? withReferences(deployedProperties(resource)[name], resource)
    : value;
}

/** A policy document of the CDK, whose statements have their references. */
function isDocument(value: unknown): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown } | undefined)?.toJSON === 'function' && 'statementCount' in (value as object);
}

/** Of a policy, or of the policies that stand in a role. */
function statementsIn(holder: CfnResource): HeldStatement[] {
  return holder.cfnResourceType === ROLE
    ? listOf(valueOf(holder, 'Policies')).flatMap((policy) => statementsOf(policy?.policyDocument ?? policy?.PolicyDocument, holder))
    : statementsOf(valueOf(holder, 'PolicyDocument'), holder);
}

function statementsOf(value: any, scope: CfnResource): HeldStatement[] {
  const document = isDocument(value) ? value.toJSON() : value;
  return listOf(document?.Statement ?? document?.statement).map((statement: any) => ({
    scope,
    effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
    conditional: statement.Condition !== undefined,
    actions: listOf(statement.Action),
    notActions: listOf(statement.NotAction),
    resources: listOf(statement.Resource),
    notResources: listOf(statement.NotResource),
  }));
}

function put(map: Map<unknown, CfnResource[]>, key: unknown, policy: CfnResource): void {
  map.set(key, [...map.get(key) ?? [], policy]);
}

/** What AWS's policies allow of what a trigger needs. */
function ofManagedPolicy(arn: unknown, scope: CfnResource): HeldStatement[] {
  const [, name = ''] = /:policy\/(?:[^"]*\/)?([^"/]+)"/.exec(JSON.stringify(arn)) ?? [];
  const actions = allowedByAws(name) ?? [];
  return actions.length === 0 ? [] : [{ scope, effect: 'Allow', conditional: false, actions, notActions: [], resources: ['*'], notResources: [] }];
}

function isWithin(held: unknown, scope: CfnResource, wanted: unknown, place: IConstruct): boolean {
  if (held === '*') {
    return true;
  }
  const pattern = canonicalText(held, scope);
  if (spellings(wanted, place).some((text) => fits(pattern, text))) {
    return true;
  }
  const isText = (value: unknown, where: IConstruct) => !referencesIn(value, where).some(({ target }) => isResource(target));
  return (isText(held, scope) || isText(wanted, place)) && mayBeOne(policyArn(held as string, scope), policyArn(wanted as string, place));
}

/** The canonical texts that policies use for a resource. A stream is also under its table. */
function spellings(wanted: unknown, place: IConstruct): string[] {
  const text = canonicalText(wanted, place);
  const lookup = lookupOf(resourceNamed(wanted, place));
  const table = lookup === undefined ? undefined : canonicalText(lookup.tableArn, place);
  return [
    text,
    ...text.endsWith('.StreamArn>') ? [`${text.replace(/\.StreamArn>$/, '.Arn>')}/stream/1`] : [],
    ...table === undefined ? [] : [`${table}/stream/1`, table.replace(/\.Arn>$/, '.StreamArn>')],
  ];
}
