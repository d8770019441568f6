import { type CheckedStack, hasMacros } from './checked-stack';
import { once } from './once';
import { type Held, inDocument, inManagedPolicy, heldTogether } from './policies';
import { globalsOf, SAM_FUNCTION } from './sam-globals';
import { samRole } from './sam-role';
import { deployedResources, isTargetResource, resourceKey, simplified, type Target, type TargetResource, targetOf, textIn } from './values';
import { isIntrinsic } from '../rules/cloudformation';
import { isKnown } from '../rules/facts';
import { listOf, POLICY_RESOURCES } from '../rules/policies';

/** What the role of a function holds; undefined if the templates do not show which role it is. */
export function heldBy(fn: TargetResource): Held | undefined {
  return once(fn.stack, 'role', fn.logicalId, undefined, () => {
    const held = heldByRoleOf(fn);
    return held && { ...held, isWhole: held.isWhole && !mayGetMore(fn) };
  });
}

function heldByRoleOf(fn: TargetResource): Held | undefined {
  const { stack, resource: { Type, Properties: properties } } = fn;
  const given = properties!.Role ?? globalsOf(fn).Role;
  if (given === undefined && Type === SAM_FUNCTION) {
    return samRole(fn);
  }
  const role = targetOf(given, stack);
  return isTargetResource(role) && role.resource.Type === 'AWS::IAM::Role' ? heldIn(role) : undefined;
}

/** By a macro, or by SAM's connectors. */
function mayGetMore({ stack }: TargetResource): boolean {
  return once(stack, 'more', '', false, () => stack.app.some((other) => hasMacros(other) || deployedResources(other).some(([, resource]) =>
    resource.Type === 'AWS::Serverless::Connector' || 'Connectors' in resource)));
}

function heldIn(role: TargetResource): Held {
  const { Policies: inline, ManagedPolicyArns: managed, RoleName: name } = role.resource.Properties!;
  const { byRole, byName, isWhole } = attachedIn(role.stack);
  const attached = [...byRole.get(resourceKey(role)) ?? [], ...name === undefined ? [] : byName.get(textIn(name, role.stack)) ?? []];
  return heldTogether([
    { statements: [], isWhole },
    ...listOf(simplified(inline, role.stack)).map((policy) => inDocument(isIntrinsic(policy) ? policy : policy?.PolicyDocument, role.stack)),
    ...listOf(simplified(managed, role.stack)).map((arn) => inManagedPolicy(arn, role.stack)),
    ...attached.map(({ stack, resource }) => inDocument(resource.Properties!.PolicyDocument, stack)),
  ]);
}

type Policy = Pick<TargetResource, 'stack' | 'resource'>;

/** The policies of an app that name the roles that they are attached to. */
interface Attached {
  readonly byRole: ReadonlyMap<string, readonly Policy[]>;
  readonly byName: ReadonlyMap<string, readonly Policy[]>;
  /** Whether it is known of all of them. */
  readonly isWhole: boolean;
}

function attachedIn({ app }: CheckedStack): Attached {
  return once(app[0], 'policies', '', { byRole: new Map(), byName: new Map(), isWhole: false }, () => {
    const policies = (stack: CheckedStack) => deployedResources(stack).filter(([, { Type }]) => POLICY_RESOURCES.includes(Type));
    const found = app.flatMap((stack) => policies(stack).flatMap(([, resource]) => {
      const { Roles: roles, RoleName: name } = resource.Properties!;
      return listOf(simplified(roles ?? name, stack)).map((role): [Target, Policy] => [targetOf(role, stack), { stack, resource }]);
    }));
    return {
      byRole: grouped(found, (role) => isTargetResource(role) ? resourceKey(role) : undefined),
      byName: grouped(found, (role) => isTargetResource(role) ? undefined : role.text),
      isWhole: found.every(([role]) => isTargetResource(role) ? role.resource.Type === 'AWS::IAM::Role' : isKnown(role.text)),
    };
  });
}

function grouped(found: readonly [Target, Policy][], keyOf: (role: Target) => string | undefined): Map<string, Policy[]> {
  const groups = new Map<string, Policy[]>();
  for (const [role, policy] of found) {
    const key = keyOf(role);
    if (key !== undefined) {
      groups.set(key, [...groups.get(key) ?? [], policy]);
    }
  }
  return groups;
}
