import { asksForAbsence, parseAlternative } from './alternative';
import { FieldTree } from './field-tree';
import { describeJson, JsonSyntaxError, readJson, type JsonNode } from './json';
import type { Branch, Condition, EventPattern } from './pattern';
import type { PatternProblem, PatternProblemKind, PatternRemark } from './problem';
import { withoutRepeated, type RepeatedBranch } from './repeated-branch';

/** What `parseEventPattern` found: a pattern, or all that is wrong with it. */
export type ParsedPattern =
  | { readonly valid: true; readonly pattern: EventPattern; readonly remarks: readonly PatternRemark[] }
  | { readonly valid: false; readonly problems: readonly PatternProblem[]; readonly remarks: readonly PatternRemark[] };

/** Fields that one branch may ask about: the engine's limit. */
const MAX_FIELDS = 256;

/** Branches that `$or` may come to. The engine writes them all out, which takes a pattern far beyond this out of its reach. */
export const MAX_BRANCHES = 1000;

/** Reads an event pattern from JSON text, as AWS's pattern engine does. Never throws. */
export function parseEventPattern(text: string): ParsedPattern {
  const parser = new PatternParser();
  parser.parse(text);
  const { branches, problems, remarks } = parser;
  if (problems.length > 0) {
    return { valid: false, problems, remarks };
  }
  return { valid: true, pattern: { branches, fields: FieldTree.of(branches) }, remarks };
}

/** Names of operators and of what may become one: no field may be called so inside `$or`. */
const RESERVED_IN_OR = new Set([
  'exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric', 'cidr',
  '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case',
  'date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range',
  'ip-address-in-range', 'ip-address-not-in-range',
]);

/** Whether AWS refuses a field of this name inside `$or`. */
function isReservedInOr(key: string): boolean {
  return RESERVED_IN_OR.has(key);
}

/** The conditions of each branch by field, while the pattern is read from front to back. */
type OpenBranches = ReadonlyMap<string, Condition>[];

/** Where the parser is. */
interface Place {
  readonly keys: readonly string[];
  readonly path: string;
  readonly insideOr: boolean;
}

type ObjectNode = JsonNode & { type: 'object' };

class PatternParser {
  readonly problems: PatternProblem[] = [];
  readonly remarks: PatternRemark[] = [];
  branches: Branch[] = [];

  parse(text: string): void {
    const root = this.read(text);
    if (root === undefined) {
      return;
    }
    if (root.type !== 'object') {
      this.problem('not-an-object', '', `the pattern is ${describeJson(root)}; it has to be a JSON object such as {"eventName": ["INSERT"]}`);
    } else if (root.members.length === 0) {
      this.problem('empty-pattern', '', 'the pattern is {}, which AWS\'s pattern engine refuses; to let every record pass, give no filter');
    } else {
      const open = this.object(root, { keys: [], path: '', insideOr: false }, []);
      const { branches, repeated } = withoutRepeated(open.map((conditions) => [...conditions.values()].sort((a, b) => a.field < b.field ? -1 : 1)));
      this.branches = branches;
      this.remarkRepeated(repeated);
      if (this.branches.some((branch) => branch.length > MAX_FIELDS)) {
        this.problem('too-complex', '', `the pattern asks about more than ${MAX_FIELDS} fields at once, the most that AWS's pattern engine takes`);
      }
    }
  }

  private read(text: string): JsonNode | undefined {
    try {
      const { node, end } = readJson(text);
      const rest = text.slice(end).trim();
      if (rest !== '') {
        this.remark('text-after-pattern', '', `AWS's pattern engine passes over what follows the pattern: ${JSON.stringify(rest)}; remove it`);
      }
      return node;
    } catch (error) {
      if (error instanceof JsonSyntaxError) {
        this.problem('not-json', '', `the pattern is not JSON: ${error.message}`);
        return undefined;
      }
      throw error;
    }
  }

  private object(node: ObjectNode, place: Place, branches: OpenBranches): OpenBranches {
    this.remarkDuplicateKeys(node, place);
    let open = branches;
    for (const { key, value } of node.members) {
      const path = pathTo(place.path, key);
      const inside = { keys: [...place.keys, key], path, insideOr: place.insideOr };
      if (key === '$or') {
        open = this.or(value, { ...place, path, insideOr: true }, open);
      } else if (place.insideOr && isReservedInOr(key)) {
        this.problem('bad-or', path, `AWS takes no field named ${JSON.stringify(key)} inside $or: write a filter of its own for each alternative`);
      } else if (value.type === 'array') {
        open = this.leaf(value.items, inside, open);
      } else if (value.type !== 'object') {
        this.problem('not-an-array', path, `a plain value has to stand in an array of what the field may hold: [${describeJson(value)}]`);
      } else if (value.members.length === 0) {
        this.problem('empty-object', path, '{} is not allowed: name a field in it, or leave the key out');
      } else {
        open = this.object(value, inside, open);
      }
    }
    return open;
  }

  private leaf(items: readonly JsonNode[], place: Place, branches: OpenBranches): OpenBranches {
    if (items.length === 0) {
      this.problem('empty-array', place.path, '[] is not allowed: list what the field may hold, or leave the key out');
    }
    const alternatives = items.flatMap((item, i) =>
      parseAlternative(item, `${place.path}[${i}]`, (problem) => this.problems.push(problem)) ?? []);
    const mayBeAbsent = alternatives.some(asksForAbsence);
    const condition = { keys: place.keys, field: fieldName(place.keys), path: place.path, alternatives, mayBeAbsent };
    this.remarkOverride(condition, branches);
    return (branches.length === 0 ? [new Map()] : branches).map((branch) => new Map(branch).set(condition.field, condition));
  }

  private or(node: JsonNode, place: Place, branches: OpenBranches): OpenBranches {
    if (node.type !== 'array' || node.items.length < 2) {
      this.problem('bad-or', place.path, `${describeJson(node)} is not allowed here: $or takes an array of two or more objects`);
      return branches;
    }
    const open = node.items.flatMap((item, i) => {
      const path = `${place.path}[${i}]`;
      if (item.type !== 'object') {
        this.problem('bad-or', path, `${describeJson(item)} is not allowed here: $or takes objects only`);
        return branches;
      }
      if (item.members.length === 0) {
        this.problem('empty-object', path, '{} is not allowed: name a field in it, or leave it out');
        return branches;
      }
      return this.object(item, { ...place, path }, branches);
    });
    if (open.length > MAX_BRANCHES) {
      this.problem('too-complex', place.path,
        `$or comes to ${open.length} combinations of conditions here, more than ${MAX_BRANCHES}: split the pattern into several filters`);
      return branches;
    }
    return open;
  }

  private remarkDuplicateKeys(node: ObjectNode, place: Place): void {
    const seen = new Set<string>();
    for (const { key } of node.members) {
      if (seen.has(key)) {
        this.remark('duplicate-key', pathTo(place.path, key),
          `the key ${JSON.stringify(key)} comes more than once in one object: AWS merges what they hold, and of two conditions on a field ` +
          'keeps the last, but JSON tools such as JSON.parse keep only the last key with all that is in it; write it once');
      }
      seen.add(key);
    }
  }

  private remarkOverride(condition: Condition, branches: OpenBranches): void {
    const earlier = branches.map((branch) => branch.get(condition.field)).find((other) => other !== undefined && other.path !== condition.path);
    if (earlier !== undefined) {
      this.remark('overridden-condition', earlier.path,
        `AWS keeps only the last condition on a field: ${condition.path} takes the place of this one; write one condition`);
    }
  }

  private remarkRepeated(repeated: readonly RepeatedBranch[]): void {
    // A condition of several branches is told of once.
    const lostConditions = new Map(repeated.flatMap(({ earlier, lost }) => lost === undefined ? [] : [[lost, earlier] as const]));
    for (const [lost, earlier] of lostConditions) {
      const kept = earlier.find(({ field }) => field === lost.field)!;
      this.remark('repeated-branch', lost.path, 'AWS\'s pattern engine passes over this alternative of $or, with all that only it lets through: it takes ' +
        `it for the earlier one with ${kept.path}, because both have something in common on each of their fields; write alternatives that don't overlap`);
    }
  }

  private problem(kind: PatternProblemKind, path: string, message: string): void {
    this.problems.push({ kind, path, message });
  }

  private remark(kind: PatternRemark['kind'], path: string, message: string): void {
    this.remarks.push({ kind, path, message });
  }
}

/** The engine leaves out an empty name in front. */
function fieldName(keys: readonly string[]): string {
  const parent = keys.slice(0, -1).join('.');
  const last = keys[keys.length - 1];
  return parent === '' ? last : `${parent}.${last}`;
}

function pathTo(parent: string, key: string): string {
  if (!/^[\w$-]+$/.test(key)) {
    return `${parent}[${JSON.stringify(key)}]`;
  }
  return parent === '' ? key : `${parent}.${key}`;
}
