/**
 * The meaning of event patterns once more, as plainly as possible: for valid patterns of `$or`, plain strings, `prefix`, `anything-but`
 * and `exists`, by trying every choice of array elements.
 */
export function naiveMatcher(pattern: object): (record: object) => boolean {
  const ways = kept(branches(pattern)).map((conditions) => Object.entries(conditions).sort(([a], [b]) => a < b ? -1 : 1));
  return (record) => ways.some((conditions) => holds(conditions, valuesOf(record), {}));
}

interface Value {
  readonly field: string;
  readonly value: unknown;
  /** Index by the place of the array. */
  readonly at: Indices;
}

type Indices = { readonly [array: string]: number };

type Conditions = { readonly [field: string]: unknown[] };

/** Writes out `$or`: a later condition on a field takes the place of an earlier one. */
function branches(pattern: object, prefix = '', before: Conditions[] = [{}]): Conditions[] {
  let all = before;
  for (const [key, value] of Object.entries(pattern)) {
    const field = prefix + key;
    if (key === '$or') {
      all = value.flatMap((branch: object) => branches(branch, prefix, all));
    } else if (Array.isArray(value)) {
      all = all.map((conditions) => ({ ...conditions, [field]: value }));
    } else {
      all = branches(value, `${field}.`, all);
    }
  }
  return all;
}

/** Passes over a branch for which an earlier one has the same fields and something in common on each. */
function kept(all: Conditions[]): Conditions[] {
  const texts = new Map(all.map((branch) => [branch, textsOf(branch)]));
  return all.reduce<Conditions[]>((before, branch) => {
    const fields = texts.get(branch)!;
    const isRepeated = before.some((other) => {
      const others = texts.get(other)!;
      return others.size === fields.size
        && [...fields].every(([field, alternatives]) => alternatives.some((one) => others.get(field)?.includes(one)));
    });
    return isRepeated ? before : [...before, branch];
  }, []);
}

function textsOf(branch: Conditions): Map<string, string[]> {
  return new Map(Object.entries(branch).map(([field, alternatives]) => [field, alternatives.map((one) => JSON.stringify(one))]));
}

function valuesOf(value: unknown, field = '', place = '', at: Indices = {}): Value[] {
  if (Array.isArray(value)) {
    return value.flatMap((element, i) =>
      valuesOf(element, field, `${place}[${i}]`, typeof element === 'object' && element !== null ? { ...at, [place]: i } : at));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => valuesOf(inner, field === '' ? key : `${field}.${key}`, `${place}.${key}`, at));
  }
  return [{ field, value, at }];
}

function holds([first, ...rest]: [string, unknown[]][], values: Value[], chosen: Indices): boolean {
  if (first === undefined) {
    return true;
  }
  const [field, alternatives] = first;
  const here = values.filter((value) => value.field === field && Object.entries(value.at).every(([array, i]) => (chosen[array] ?? i) === i));
  const isAbsent = here.length === 0 && alternatives.some((alternative) => JSON.stringify(alternative) === '{"exists":false}');
  return (isAbsent && holds(rest, values, chosen)) || here.some(({ value, at }) =>
    alternatives.some((alternative) => passes(alternative, value)) && holds(rest, values, { ...chosen, ...at }));
}

function passes(alternative: any, value: unknown): boolean {
  if (typeof alternative !== 'object' || alternative === null) {
    return alternative === value;
  }
  if ('prefix' in alternative) {
    return typeof value === 'string' && value.startsWith(alternative.prefix);
  }
  return 'exists' in alternative ? alternative.exists : ![alternative['anything-but']].flat().includes(value);
}
