import { findValues, type ArrayElement, type FoundValue, type FoundValues } from './found-values';
import type { Branch, Condition, EventPattern } from './pattern';

/** Whether a pattern lets a record (any JSON object) pass. Never throws. */
export function matchesEventPattern(pattern: EventPattern, record: object): boolean {
  const found = findValues(pattern.fields, record);
  return pattern.branches.some((branch) => branchHolds(branch, found));
}

/** A condition on values inside arrays. All conditions on one array must hold for the same element of it, so the values that pass are kept. */
interface ArrayCondition {
  readonly passing: readonly FoundValue[];
  /** All values of the field, if the condition holds where there is none. */
  readonly absentUnless: readonly FoundValue[] | undefined;
}

function branchHolds(branch: Branch, found: FoundValues): boolean {
  let open: ArrayCondition[] | undefined;
  for (const condition of branch) {
    const state = evaluate(condition, found.get(condition.field) ?? NO_VALUES, branch);
    if (state === false) {
      return false;
    }
    if (state !== true) {
      (open ??= []).push(state);
    }
  }
  return open === undefined || related(open).every((conditions) => agree(conditions, 0, undefined));
}

const NO_VALUES: readonly FoundValue[] = [];

/** Evaluates one condition alone, as far as that is possible. */
function evaluate({ alternatives, mayBeAbsent }: Condition, values: readonly FoundValue[], branch: Branch): boolean | ArrayCondition {
  if (values.length === 0) {
    return mayBeAbsent;
  }
  const passing = values.filter(({ value }) => alternatives.some((alternative) => alternative.passes(value)));
  // A value outside arrays decides at once, unless one in an array could agree with a condition that asks for absence.
  if (passing.some(isOutside) && (passing.every(isOutside) || !branch.some((other) => other.mayBeAbsent))) {
    return true;
  }
  const absentUnless = mayBeAbsent && !values.some(isOutside) ? values : undefined;
  return passing.length > 0 || absentUnless !== undefined ? { passing, absentUnless } : false;
}

function isOutside({ within }: FoundValue): boolean {
  return within === undefined;
}

/** Groups the conditions that look into the same arrays: only those restrict each other. */
function related(conditions: readonly ArrayCondition[]): ArrayCondition[][] {
  let groups: { arrays: Set<number>; members: Set<ArrayCondition> }[] = [];
  for (const condition of conditions) {
    const group = { arrays: arraysOf(condition), members: new Set([condition]) };
    const apart = groups.filter((other) => {
      const isApart = [...other.arrays].every((array) => !group.arrays.has(array));
      if (!isApart) {
        other.arrays.forEach((array) => group.arrays.add(array));
        other.members.forEach((member) => group.members.add(member));
      }
      return isApart;
    });
    groups = [...apart, group];
  }
  // In their own order, which matters where a value must be absent.
  return groups.map(({ members }) => conditions.filter((condition) => members.has(condition)));
}

function arraysOf({ passing, absentUnless = [] }: ArrayCondition): Set<number> {
  const arrays = new Set<number>();
  for (const value of [...passing, ...absentUnless]) {
    for (let element = value.within; element !== undefined; element = element.within) {
      arrays.add(element.array);
    }
  }
  return arrays;
}

/**
 * Whether the conditions can all hold with one element of each array. `chosen` are the elements that the conditions before `next`
 * have chosen: where a value must be absent, it must be absent there.
 */
function agree(conditions: readonly ArrayCondition[], next: number, chosen: ArrayElement | undefined): boolean {
  if (next === conditions.length) {
    return true;
  }
  const { passing, absentUnless } = conditions[next];
  if (absentUnless !== undefined && !absentUnless.some(({ within }) => isConsistent(within, chosen)) && agree(conditions, next + 1, chosen)) {
    return true;
  }
  return passing.some(({ within }) => isConsistent(within, chosen) && agree(conditions, next + 1, join(within, chosen)));
}

function isConsistent(within: ArrayElement | undefined, chosen: ArrayElement | undefined): boolean {
  for (let element = within; element !== undefined; element = element.within) {
    const index = chosenIndex(element.array, chosen);
    if (index !== undefined && index !== element.index) {
      return false;
    }
  }
  return true;
}

function join(within: ArrayElement | undefined, chosen: ArrayElement | undefined): ArrayElement | undefined {
  let joined = chosen;
  for (let element = within; element !== undefined; element = element.within) {
    if (chosenIndex(element.array, chosen) === undefined) {
      joined = { array: element.array, index: element.index, within: joined };
    }
  }
  return joined;
}

function chosenIndex(array: number, chosen: ArrayElement | undefined): number | undefined {
  for (let element = chosen; element !== undefined; element = element.within) {
    if (element.array === array) {
      return element.index;
    }
  }
  return undefined;
}
