import type { Alternative } from './alternative';
import type { Branch, Condition } from './pattern';

/** A branch that the engine passes over. */
export interface RepeatedBranch {
  /** The one that it takes it for. */
  readonly earlier: Branch;
  /** Its first condition with alternatives that the earlier branch hasn't; undefined if the earlier one lets through all that it does. */
  readonly lost: Condition | undefined;
}

/**
 * Sets apart the branches that the engine takes for repetitions: it passes over a branch if an earlier one asks about the same
 * fields, and both have an alternative in common on each of them. So `{"$or": [{"a": ["x"]}, {"a": ["x", "y"]}]}` lets no `y` pass.
 * Where the one in common is not the first, the engine does so by chance; here it always does, because then a test shows it.
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

/** The same text for alternatives that are one to the engine, however they are written. */
export function alternativeKey({ operator, operand }: Pick<Alternative, 'operator' | 'operand'>): string {
  const name = operator === 'exactly' ? 'equals' : operator;
  return JSON.stringify([name, operator === 'anything-but' ? [operand].flat().sort() : operand]);
}
