import { readFileSync } from 'node:fs';
import { type CollectionTag, type Document, LineCounter, Pair, parseDocument, Scalar, type ScalarTag, YAMLMap, type YAMLSeq } from 'yaml';
import { UnusableInput } from './unusable-input';
import type { Template } from '../assembly';

/** A template as it is in its file. */
export interface TemplateFile {
  readonly template: Template;
  /** The line of what is at a path of keys, from 1. */
  lineOf(path: readonly string[]): number;
}

/**
 * Reads a template of CloudFormation or SAM: JSON, or YAML with the short forms of the functions, such as `!Ref`.
 *
 * @throws UnusableInput if it is neither
 */
export function readTemplateFile(file: string): TemplateFile {
  const text = textOf(file);
  let document: Document | undefined;
  // Only a finding needs a line, and to read a large template with the places of all of its parts takes seconds.
  const lines = new LineCounter();
  const parsed = () => document ??= parseDocument(text, {
    // CloudFormation's YAML, to which `yes` is true. A version such as 2012-10-17 is a text.
    version: '1.1',
    customTags: (tags) => [...tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':timestamp')), ...SHORT_FORMS],
    lineCounter: lines, logLevel: 'silent', uniqueKeys: false,
  });
  const template = fromJson(text) ?? fromYaml(parsed());
  if (!isTemplate(template)) {
    throw new UnusableInput(`${file} is not a template of CloudFormation or SAM: it has none of ${SECTIONS.join(', ')}. Give a folder that \`cdk synth\` wrote, or a template as JSON or YAML.`);
  }
  return {
    template: wellFormed(template),
    lineOf: (path) => {
      const pair = pairAt(parsed(), path);
      return pair === undefined ? 1 : lines.linePos(pair).line;
    },
  };

  function fromYaml(yaml: Document): unknown {
    try {
      if (yaml.errors.length > 0) {
        throw yaml.errors[0];
      }
      return yaml.toJS();
    } catch (error) {
      throw new UnusableInput(`${file} is neither JSON nor YAML: ${(error as Error).message}`);
    }
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnusableInput(`Can't read ${file}: ${(error as Error).message}`);
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A stack of the CDK may have no resources, but something else that templates have. */
function isTemplate(value: any): value is Template {
  return typeof value === 'object' && value !== null && SECTIONS.some((section) => Object.hasOwn(value, section));
}

const SECTIONS = ['AWSTemplateFormatVersion', 'Resources', 'Parameters', 'Rules', 'Transform'];

/** Without what CloudFormation would refuse where there is a resource or an output. What stands for several resources, such as `Fn::ForEach`, is none. */
function wellFormed(template: Template): Template {
  const resources = objectsIn(template.Resources).filter(([, { Type }]) => typeof Type === 'string');
  return {
    ...template,
    Resources: Object.fromEntries(resources.map(([logicalId, { Properties: given, ...rest }]) =>
      [logicalId, { ...rest, Properties: isObject(given) ? given : {} }])),
    Outputs: Object.fromEntries(objectsIn(template.Outputs)),
  } as Template;
}

function objectsIn(section: unknown): [string, { readonly [name: string]: any }][] {
  return isObject(section) ? Object.entries(section).filter((entry): entry is [string, object] => isObject(entry[1])) : [];
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where the key at the end of a path begins. */
function pairAt(document: Document, path: readonly string[]): number | undefined {
  let node: any = document.contents;
  let start: number | undefined;
  for (const key of path) {
    const pair = node?.items?.find((item: any) => item.key?.value === key);
    if (pair === undefined) {
      return start;
    }
    start = pair.key.range?.[0];
    node = pair.value;
  }
  return start;
}

/** The functions of CloudFormation that have a short form, beside `Ref` and `Condition`. */
const FUNCTIONS = [
  'And', 'Base64', 'Cidr', 'Contains', 'EachMemberEquals', 'EachMemberIn', 'Equals', 'FindInMap', 'ForEach', 'GetAtt', 'GetAZs', 'If', 'ImportValue', 'Join', 'Length',
  'Not', 'Or', 'RefAll', 'Select', 'Split', 'Sub', 'ToJsonString', 'Transform', 'ValueOf', 'ValueOfAll',
];

/** Each short form as the long one that it stands for: `!Ref X` is `{ Ref: X }`. */
const SHORT_FORMS: (ScalarTag | CollectionTag)[] = [['Ref', 'Ref'], ['Condition', 'Condition'], ...FUNCTIONS.map((name) => [name, `Fn::${name}`])].flatMap(([short, long]) => {
  const form = { tag: `!${short}`, identify: () => false };
  const withArgument = (argument: YAMLMap.Parsed | YAMLSeq.Parsed) => {
    const map = new YAMLMap();
    map.items.push(new Pair(new Scalar(long), argument));
    return map;
  };
  return [
    { ...form, resolve: (argument: string) => ({ [long]: argument }) },
    { ...form, collection: 'seq' as const, resolve: withArgument },
    { ...form, collection: 'map' as const, resolve: withArgument },
  ];
});
