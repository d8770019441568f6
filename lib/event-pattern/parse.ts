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

/** The most fields that one branch may ask about: the engine's limit. */
const MAX_FIELDS = 256;

/** The most branches that `$or` may expand to. The engine expands all of them, so it can't process far larger patterns. */
export const MAX_BRANCHES = 1000;

/** Reads an event pattern from JSON text, as AWS's pattern engine does. Never throws. */
export function parseEventPattern(text: string): ParsedPattern {
  const parser = new PatternParser();
  parser.parse(text);
  const { branches, problems, remarks } = parser;
  if (problems.length > 0) {
    return { valid: false, problems, remarks };
  }
  return { valid: true, pattern: { branches, fields: FieldTree.of(branches.flat().map(({ field }) => field)) }, remarks };
}

/** Names of operators, and names that AWS reserves for future ones: AWS refuses a field of such a name inside `$or`. */
const RESERVED_IN_OR = new Set([
  'exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric', 'cidr',
  '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case',
  'date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range',
  'ip-address-in-range', 'ip-address-not-in-range',
]);

/** The conditions of each branch by field, while the pattern is read from front to back. */
type OpenBranches = ReadonlyMap<string, Condition>[];

/** Where the parser is in the pattern. */
interface PatternPlace {
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
      this.problem('not-an-object', '', `the pattern is ${describeJson(root)}; it must be a JSON object such as {"eventName": ["INSERT"]}`);
    } else if (root.members.length === 0) {
      this.problem('empty-pattern', '', 'the pattern is {}, which AWS\'s pattern engine refuses; to let every record pass, omit the filter');
    } else {
      const open = this.object(root, { keys: [], path: '', insideOr: false }, []);
      const { branches, repeated } = withoutRepeated(open.map((conditions) => [...conditions.values()].sort((a, b) => a.field < b.field ? -1 : 1)));
      this.branches = branches;
      this.remarkRepeated(repeated);
      if (this.branches.some((branch) => branch.length > MAX_FIELDS)) {
        this.problem('too-complex', '', `the pattern asks about more than ${MAX_FIELDS} fields at once, the most that AWS's pattern engine allows`);
      }
    }
  }

  private read(text: string): JsonNode | undefined {
    try {
      const { node, end } = readJson(text);
      const rest = text.slice(end).trim();
      if (rest !== '') {
        this.remark('text-after-pattern', '', `AWS's pattern engine ignores what follows the pattern: ${JSON.stringify(rest)}; remove it`);
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

  private object(node: ObjectNode, at: PatternPlace, branches: OpenBranches): OpenBranches {
    this.remarkDuplicateKeys(node, at);
    let open = branches;
    for (const { key, value } of node.members) {
      const path = pathTo(at.path, key);
      const inside = { keys: [...at.keys, key], path, insideOr: at.insideOr };
      if (key === '$or') {
        open = this.or(value, { ...at, path, insideOr: true }, open);
      } else if (at.insideOr && RESERVED_IN_OR.has(key)) {
        this.problem('bad-or', path, `AWS does not allow a field named ${JSON.stringify(key)} inside $or: write a separate filter for each alternative`);
      } else if (value.type === 'array') {
        open = this.leaf(value.items, inside, open);
      } else if (value.type !== 'object') {
        this.problem('not-an-array', path, `a plain value must be in an array of the allowed values: [${describeJson(value)}]`);
      } else if (value.members.length === 0) {
        this.problem('empty-object', path, '{} is not allowed: name a field in it, or omit the key');
      } else {
        open = this.object(value, inside, open);
      }
    }
    return open;
  }

  private leaf(items: readonly JsonNode[], at: PatternPlace, branches: OpenBranches): OpenBranches {
    if (items.length === 0) {
      this.problem('empty-array', at.path, '[] is not allowed: list the allowed values, or omit the key');
    }
    const alternatives = items.flatMap((item, i) =>
      parseAlternative(item, `${at.path}[${i}]`, (problem) => this.problems.push(problem)) ?? []);
    const mayBeAbsent = alternatives.some(asksForAbsence);
    const condition = { keys: at.keys, field: fieldName(at.keys), path: at.path, alternatives, mayBeAbsent };
    this.remarkOverride(condition, branches);
    return (branches.length === 0 ? [new Map()] : branches).map((branch) => new Map(branch).set(condition.field, condition));
  }

  private or(node: JsonNode, at: PatternPlace, branches: OpenBranches): OpenBranches {
    if (node.type !== 'array' || node.items.length < 2) {
      this.problem('bad-or', at.path, `${describeJson(node)} is not allowed here: $or must be an array of two or more objects`);
      return branches;
    }
    const open = node.items.flatMap((item, i) => {
      const path = `${at.path}[${i}]`;
      if (item.type !== 'object') {
        this.problem('bad-or', path, `${describeJson(item)} is not allowed here: $or may hold only objects`);
        return branches;
      }
      if (item.members.length === 0) {
        this.problem('empty-object', path, '{} is not allowed: name a field in it, or omit it');
        return branches;
      }
      return this.object(item, { ...at, path }, branches);
    });
    if (open.length > MAX_BRANCHES) {
      this.problem('too-complex', at.path,
        `$or comes to ${open.length} combinations of conditions here, more than ${MAX_BRANCHES}: split the pattern into several filters`);
      return branches;
    }
    return open;
  }

  private remarkDuplicateKeys(node: ObjectNode, at: PatternPlace): void {
    const seen = new Set<string>();
    for (const { key } of node.members) {
      if (seen.has(key)) {
        this.remark('duplicate-key', pathTo(at.path, key),
          `the key ${JSON.stringify(key)} appears more than once in one object: AWS merges their contents, and keeps the last of two ` +
          'conditions on a field, but JSON tools such as JSON.parse keep only the last key and what is in it; write the key once');
      }
      seen.add(key);
    }
  }

  private remarkOverride(condition: Condition, branches: OpenBranches): void {
    const earlier = branches.map((branch) => branch.get(condition.field)).find((other) => other !== undefined && other.path !== condition.path);
    if (earlier !== undefined) {
      this.remark('overridden-condition', earlier.path,
        `AWS keeps only the last condition on a field: ${condition.path} replaces this one; write one condition`);
    }
  }

  private remarkRepeated(repeated: readonly RepeatedBranch[]): void {
    // A condition that several branches share gets one remark.
    const lostConditions = new Map(repeated.flatMap(({ earlier, lost }) => lost === undefined ? [] : [[lost, earlier] as const]));
    for (const [lost, earlier] of lostConditions) {
      const kept = earlier.find(({ field }) => field === lost.field)!;
      this.remark('repeated-branch', lost.path, 'AWS\'s pattern engine ignores this alternative of $or, and filters out the records that only this alternative matches: it ' +
        `treats it as the earlier one with ${kept.path}, because both share a value on each of their fields; write alternatives that don't overlap`);
    }
  }

  private problem(kind: PatternProblemKind, path: string, message: string): void {
    this.problems.push({ kind, path, message });
  }

  private remark(kind: PatternRemark['kind'], path: string, message: string): void {
    this.remarks.push({ kind, path, message });
  }
}

/** The engine omits an empty name in front. */
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
