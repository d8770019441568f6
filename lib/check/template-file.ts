import { readFileSync } from 'node:fs';
import { type CollectionTag, type Document, isSeq, LineCounter, Pair, parseDocument, Scalar, type ScalarTag, YAMLMap, type YAMLSeq } from 'yaml';
import { placeKey, placesInJson } from './json-places';
import { UnusableInput } from './unusable-input';
import type { Template } from '../assembly';

/**
 * Reads a template of CloudFormation or SAM: JSON, or YAML with the short forms of the functions, such as `!Ref`.
 *
 * @throws UnusableInput if it is neither
 */
export function readTemplate(file: string): Template {
  const text = textOf(file);
  const template = fromJson(text) ?? fromYaml(text, file);
  if (!isTemplate(template)) {
    throw new UnusableInput(`${file} is not a template of CloudFormation or SAM: it has none of ${SECTIONS.join(', ')}. Give a folder that \`cdk synth\` wrote, or a template as JSON or YAML.`);
  }
  return template;
}

/** How to find the line of what is at a path of keys in a file, from 1. */
export function linesOf(file: string): (path: readonly string[]) => number {
  const text = textOf(file);
  const lines = new LineCounter();
  const document = fromJson(text) === undefined ? parsed(text, lines) : undefined;
  if (document !== undefined) {
    return (path) => lines.linePos(placeIn(document, path) ?? 0).line;
  }
  // To parse a large template as YAML takes seconds.
  const places = placesInJson(text);
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (path) => {
    const known = path.map((_, index) => placeKey(path.slice(0, path.length - index))).find((key) => places.has(key));
    const place = known === undefined ? 0 : places.get(known)!;
    return ends.findIndex((end) => end >= place) + 1 || ends.length + 1;
  };
}

function parsed(text: string, lineCounter?: LineCounter): Document {
  return parseDocument(text, {
    // CloudFormation's YAML, to which `yes` is true. A version such as 2012-10-17 is a text.
    version: '1.1',
    customTags: (tags) => [...tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':timestamp')), ...SHORT_FORMS],
    lineCounter, logLevel: 'silent', uniqueKeys: false,
  });
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

function fromYaml(text: string, file: string): unknown {
  try {
    const yaml = parsed(text);
    if (yaml.errors.length > 0) {
      throw yaml.errors[0];
    }
    return yaml.toJS();
  } catch (error) {
    throw new UnusableInput(`${file} is neither JSON nor YAML: ${(error as Error).message}`);
  }
}

/** A stack of the CDK may have no resources, but something else that templates have. */
function isTemplate(value: any): value is Template {
  return typeof value === 'object' && value !== null && SECTIONS.some((section) => Object.hasOwn(value, section));
}

const SECTIONS = ['AWSTemplateFormatVersion', 'Resources', 'Parameters', 'Rules', 'Transform'];

/** Where the last key of a path begins that there is. */
function placeIn(document: Document, path: readonly string[]): number | undefined {
  let node: any = document.contents;
  let start: number | undefined;
  for (const key of path) {
    if (isSeq(node)) {
      node = node.items[Number(key)];
      continue;
    }
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
    // `!GetAtt Orders.StreamArn` has in JSON the two apart.
    { ...form, resolve: (argument: string) => ({ [long]: short === 'GetAtt' ? argument.split(/\.(.*)/s, 2) : argument }) },
    { ...form, collection: 'seq' as const, resolve: withArgument },
    { ...form, collection: 'map' as const, resolve: withArgument },
  ];
});
