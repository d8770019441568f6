import type { Alternative } from './alternative';
import type { Branch, Condition } from './pattern';

/** A branch that the engine ignores. */
export interface RepeatedBranch {
  /** The branch that the engine treats it as. */
  readonly earlier: Branch;
  /** Its first condition with alternatives that the earlier branch lacks; undefined if the earlier one matches all that it does. */
  readonly lost: Condition | undefined;
}

/**
 * Separates the branches that the engine treats as repetitions: it ignores a branch if an earlier one asks about the same fields,
 * and both share an alternative on each of them. So no `y` passes `{"$or": [{"a": ["x"]}, {"a": ["x", "y"]}]}`. Where the shared
 * alternative is not the first one, the engine ignores the branch only sometimes; here it is always ignored, so that a test shows it.
 */
export function withoutRepeated(branches: readonly Branch[]): { branches: Branch[]; repeated: RepeatedBranch[] } {
  const keys = new Map(branches.flat().map((condition) => [condition, new Set(condition.alternatives.map(alternativeKey))]));
  const isSubset = (condition: Condition, other: Condition) => [...keys.get(condition)!].every((key) => keys.get(other)!.has(key));
  const overlaps = (condition: Condition, other: Condition) => condition === other
    || (condition.field === other.field && [...keys.get(condition)!].some((key) => keys.get(other)!.has(key)));

  const kept: Branch[] = [];
  const repeated: RepeatedBranch[] = [];
  for (const branch of branches) {
    const earlier = kept.find((other) => other.length === branch.length && branch.every((condition, i) => overlaps(condition, other[i])));
    if (earlier === undefined) {
      kept.push(branch);
    } else {
      repeated.push({ earlier, lost: branch.find((condition, i) => !isSubset(condition, earlier[i])) });
    }
  }
  return { branches: kept, repeated };
}

/** The same text for alternatives that the engine treats as the same, however they are written. */
export function alternativeKey({ operator, operand }: Pick<Alternative, 'operator' | 'operand'>): string {
  const name = operator === 'exactly' ? 'equals' : operator;
  return JSON.stringify([name, operator === 'anything-but' ? [operand].flat().sort() : operand]);
}
