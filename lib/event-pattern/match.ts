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
  return open === undefined || agree(open.map(traced), 0);
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

/** An ArrayCondition with the way to each of its values. */
interface TracedCondition {
  readonly values: readonly TracedValue[];
  readonly mayBeAbsent: boolean;
  /** Whether it holds without these values. It may still choose elements, in which another one is absent. */
  readonly holds: boolean;
}

interface TracedValue {
  /** The array elements that contain the value, the outermost first. */
  readonly way: readonly ArrayElement[];
  readonly passes: boolean;
}

function traced({ passing, absentUnless }: ArrayCondition): TracedCondition {
  const values = absentUnless ?? passing;
  const passes = new Set(passing);
  const all = values.map((value) => ({ way: wayTo(value), passes: passes.has(value) }));
  return { values: all, mayBeAbsent: absentUnless !== undefined, holds: false };
}

function wayTo({ within }: FoundValue): ArrayElement[] {
  const way: ArrayElement[] = [];
  for (let element = within; element !== undefined; element = element.within) {
    way.unshift(element);
  }
  return way;
}

/**
 * Whether the conditions can all hold with one element of each array. In the first `depth` arrays of each way the elements are chosen.
 *
 * Where the elements above are chosen, all values of a condition are in one array: a field leads to one place. So arrays side by side are
 * decided one by one. That takes time in proportion to the values and the arrays around them, and not to the combinations of elements.
 */
function agree(conditions: readonly TracedCondition[], depth: number): boolean {
  const byArray = new Map<number, TracedCondition[]>();
  for (const condition of conditions) {
    const here = condition.values.filter(({ way }) => way.length === depth);
    const values = condition.values.filter(({ way }) => way.length > depth);
    const holds = condition.holds || here.some(({ passes }) => passes);
    const mayBeAbsent = condition.mayBeAbsent && here.length === 0;
    if (values.length > 0) {
      const { array } = values[0].way[depth];
      byArray.set(array, [...byArray.get(array) ?? [], { values, mayBeAbsent, holds }]);
    } else if (!holds && !mayBeAbsent) {
      return false;
    }
  }
  return [...byArray.values()].every((related) => agreeInArray(related, depth));
}

/** The same for conditions on one array, of which the first one chooses the element: a value can only be absent in an element that is chosen. */
function agreeInArray([first, ...others]: readonly TracedCondition[], depth: number): boolean {
  const inElement = ({ values, ...condition }: TracedCondition, index: number) =>
    ({ ...condition, values: values.filter(({ way }) => way[depth].index === index) });
  const choices = new Set(first.values.filter(({ passes }) => passes).map(({ way }) => way[depth].index));
  return [...choices].some((index) =>
    agree([inElement({ ...first, mayBeAbsent: false }, index), ...others.map((other) => inElement(other, index))], depth + 1))
    || (first.holds && (others.length === 0 || agreeInArray(others, depth)));
}
