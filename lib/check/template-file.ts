import { readFileSync } from 'node:fs';
import { type CollectionTag, type Document, isSeq, LineCounter, Pair, parseDocument, Scalar, type ScalarTag, type Tags, YAMLError, YAMLMap, type YAMLSeq } from 'yaml';
import { placeKey, placesInJson } from './json-places';
import { UnusableInput } from './unusable-input';
import type { Template } from '../assembly';

/** A template as it is in its file. */
export interface TemplateFile {
  readonly template: Template;
  readonly lineOf: LineOf;
}

/** Gives the line, from 1, of what is at a path of keys. */
export type LineOf = (path: readonly string[]) => number;

/**
 * Reads a template of CloudFormation or SAM: JSON, or YAML with the short forms of the functions, such as `!Ref`.
 *
 * @throws UnusableInput if it is neither
 */
export function readTemplate(file: string): TemplateFile {
  const text = readText(file);
  const json = fromJson(text);
  if (json !== undefined) {
    return { template: asTemplate(json, file), lineOf: linesOfJson(() => text) };
  }
  const lines = new LineCounter();
  const document = parsed(text, lines);
  return { template: asTemplate(valueOf(document, file), file), lineOf: (path) => lines.linePos(placeIn(document, path) ?? 0).line };
}

/** Lines of a JSON file, of which the text is read if somebody asks for one: to parse a large template as YAML takes seconds. */
export function linesOfJson(read: () => string): LineOf {
  let places: ReadonlyMap<string, number> | undefined;
  const lines = new LineCounter();
  return (path) => {
    if (places === undefined) {
      const text = read();
      places = placesInJson(text);
      [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)].forEach(lines.addNewLine);
    }
    const known = path.map((_, index) => placeKey(path.slice(0, path.length - index))).find((key) => places!.has(key));
    return known === undefined ? 1 : lines.linePos(places.get(known)!).line;
  };
}

/** @throws UnusableInput if a value is not a template */
export function asTemplate(template: unknown, file: string): Template {
  if (!isTemplate(template)) {
    throw new UnusableInput(isOfServerlessFramework(template)
      ? `${file} is the Serverless Framework's own file. Run \`npx serverless package\`, and give the template that this writes: .serverless/cloudformation-template-update-stack.json.`
      : `${file} is not a template of CloudFormation or SAM: it has none of ${SECTIONS.join(', ')}. Give a folder that \`cdk synth\` wrote, or a template as JSON or YAML.`);
  }
  return template;
}

function isOfServerlessFramework(value: any): boolean {
  return ['service', 'provider'].every((section) => Object.hasOwn(Object(value), section));
}

function parsed(text: string, lineCounter: LineCounter): Document {
  return parseDocument(text, {
    // CloudFormation's YAML, to which `yes` is true. A version such as 2012-10-17 is a text.
    version: '1.1',
    customTags: (tags) => [...tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':timestamp')).map(withoutTexts), ...SHORT_FORMS],
    lineCounter, logLevel: 'error', uniqueKeys: false,
  });
}

/** What the parser takes for booleans and numbers, and CloudFormation for texts: `Y` and `N`, and what has no digit before its exponent, as `E1` and `.` */
const TEXTS = '[yYnN]$|[-+]?\\.?[eE_]|[-+]?\\.$';

function withoutTexts(tag: Tags[number]): Tags[number] {
  return typeof tag === 'string' || !('test' in tag) || tag.test === undefined
    ? tag : { ...tag, test: new RegExp(`^(?!${TEXTS})(?:${tag.test.source})`, tag.test.flags) };
}

export function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UnusableInput(`Can't read ${file}: ${(error as Error).message}. Give a file that can be read.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnusableInput(`${file} is not a text in UTF-8, as a template must be. Save it as UTF-8, or give another file.`);
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valueOf(document: Document, file: string): unknown {
  try {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }
    return document.toJS();
  } catch (error) {
    throw new UnusableInput(error instanceof YAMLError ? problemOf(error, file) : `${file} is neither JSON nor YAML: ${(error as Error).message}.`);
  }
}

/** With the place, and the lines before it. */
function problemOf({ code, message, linePos: [{ line, col }] = [{ line: 1, col: 1 }] }: YAMLError, file: string): string {
  const [headline, ...excerpt] = message.split('\n');
  const problem = code === 'MULTIPLE_DOCS' ? 'A second document begins, but a template is one' : headline.replace(/ at line \d+, column \d+:$/, '');
  return [`${file}:${line}:${col} is neither JSON nor YAML: ${problem}. Correct it there.`, ...excerpt].join('\n').trimEnd();
}

/** A stack of the CDK may have no resources, but something else that templates have, or nothing at all. */
function isTemplate(value: any): value is Template {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    && (Object.keys(value).length === 0 || SECTIONS.some((section) => Object.hasOwn(value, section)));
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
  const tag = `!${short}`;
  const withArgument = (argument: YAMLMap.Parsed | YAMLSeq.Parsed) => {
    const map = new YAMLMap();
    map.items.push(new Pair(new Scalar(long), argument));
    return map;
  };
  return [
    // `!GetAtt Orders.StreamArn` has in JSON the two apart.
    { tag, resolve: (argument: string) => ({ [long]: short === 'GetAtt' ? argument.split(/\.(.*)/s, 2) : argument }) },
    { tag, collection: 'seq' as const, resolve: withArgument },
    { tag, collection: 'map' as const, resolve: withArgument },
  ];
});
