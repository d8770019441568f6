import type { FieldTree } from './field-tree';

/** A plain value that a record holds in a field. */
export interface FoundValue {
  readonly value: unknown;
  /** The array elements that contain the value, the innermost first. A plain element of an array is not inside one. */
  readonly within: ArrayElement | undefined;
}

/** An element of one of the record's arrays. */
export interface ArrayElement {
  /** Number of the array within the record. */
  readonly array: number;
  readonly index: number;
  readonly within: ArrayElement | undefined;
}

/** The plain values that a record holds in the fields of a pattern, by field. */
export type FoundValues = ReadonlyMap<string, readonly FoundValue[]>;

/** Looks up the fields of a pattern in a record. An array is not a step on the way: each of its elements is looked up as if it were in the array's place. */
export function findValues(fields: FieldTree, record: object): FoundValues {
  const found = new Map<string, FoundValue[]>();
  let arrays = 0;

  function visitObject(object: object, tree: FieldTree, within: ArrayElement | undefined): void {
    for (const { key, then } of tree.lookups) {
      const value = (object as Record<string, unknown>)[key];
      // Most lookups find nothing, so that comes first: it is the cheaper question.
      if (value !== undefined && Object.hasOwn(object, key)) {
        visit(value, then, within);
      }
    }
  }

  function visit(value: unknown, tree: FieldTree, within: ArrayElement | undefined): void {
    if (Array.isArray(value)) {
      visitArray(value, tree, within);
    } else if (typeof value === 'object' && value !== null) {
      visitObject(value, tree, within);
    } else if (tree.field !== undefined) {
      const values = found.get(tree.field);
      if (values === undefined) {
        found.set(tree.field, [{ value, within }]);
      } else {
        values.push({ value, within });
      }
    }
  }

  function visitArray(elements: readonly unknown[], tree: FieldTree, within: ArrayElement | undefined): void {
    const array = arrays++;
    for (let index = 0; index < elements.length; index++) {
      const element = elements[index];
      const isPlain = typeof element !== 'object' || element === null;
      visit(element, tree, isPlain ? within : { array, index, within });
    }
  }

  visitObject(record, fields, undefined);
  return found;
}
