import { asksForAbsence } from './alternative';
import type { FieldTree } from './field-tree';
import type { Branch, Condition, EventPattern } from './pattern';

/** Whether a pattern lets a record (any JSON object) pass. Never throws. */
export function matchesEventPattern(pattern: EventPattern, record: object): boolean {
  const found = new Search(record, pattern.fields).found;
  return pattern.branches.some((branch) => holds(branch, found));
}

/** A plain value of the record, and the array elements that it stands in, from the innermost outwards. */
interface Value {
  readonly plain: unknown;
  readonly element?: Element;
}

/** An element of one of the record's arrays. */
interface Element {
  readonly array: number;
  readonly index: number;
  readonly outer?: Element;
}

type Found = ReadonlyMap<string, Value[]>;

/** Goes once through the parts of a record that a pattern asks about. */
class Search {
  public readonly found = new Map<string, Value[]>();
  private arrays = 0;

  public constructor(record: object, fields: FieldTree) {
    this.object(record as Record<string, unknown>, fields, undefined);
  }

  private object(object: Record<string, unknown>, { lookups }: FieldTree, element: Element | undefined): void {
    for (const { key, then } of lookups) {
      if (Object.hasOwn(object, key)) {
        this.value(object[key], then, element);
      }
    }
  }

  private value(value: unknown, fields: FieldTree, element: Element | undefined): void {
    if (Array.isArray(value)) {
      const array = this.arrays++;
      value.forEach((item, index) => this.value(item, fields, { array, index, outer: element }));
    } else if (typeof value === 'object' && value !== null) {
      this.object(value as Record<string, unknown>, fields, element);
    } else if (value !== undefined && fields.field !== undefined) {
      const values = this.found.get(fields.field);
      if (values) {
        values.push({ plain: value, element });
      } else {
        this.found.set(fields.field, [{ plain: value, element }]);
      }
    }
  }
}

/** Whether all conditions hold at once. Values from one array have to come from the same element of it. */
function holds(branch: Branch, found: Found): boolean {
  const choices: Value[][] = [];
  for (const condition of branch) {
    const values = found.get(condition.field);
    if (values === undefined) {
      if (!condition.alternatives.some(asksForAbsence)) {
        return false;
      }
      continue;
    }
    const passing = values.filter((value) => passes(condition, value.plain));
    if (passing.length === 0) {
      return false;
    }
    // A value outside of all arrays goes with any other.
    if (passing.every(({ element }) => element !== undefined)) {
      choices.push(passing);
    }
  }
  return canChoose(choices, new Map());
}

function passes({ alternatives }: Condition, value: unknown): boolean {
  return alternatives.some((alternative) => !asksForAbsence(alternative) && alternative.passes(value));
}

/** Whether a value can be chosen of each, so that no array is entered at two places. */
function canChoose(choices: readonly Value[][], entered: ReadonlyMap<number, number>, next = 0): boolean {
  if (next === choices.length) {
    return true;
  }
  return choices[next].some(({ element }) => {
    const together = enter(element, entered);
    return together !== undefined && canChoose(choices, together, next + 1);
  });
}

/** The elements entered so far and these; undefined if they are not the same in one of the arrays. */
function enter(element: Element | undefined, entered: ReadonlyMap<number, number>): ReadonlyMap<number, number> | undefined {
  const together = new Map(entered);
  for (let at = element; at !== undefined; at = at.outer) {
    if ((together.get(at.array) ?? at.index) !== at.index) {
      return undefined;
    }
    together.set(at.array, at.index);
  }
  return together;
}
