import { existsSync, statSync } from 'node:fs';
import { readTemplateFile, type TemplateFile } from './template-file';
import { UnusableInput } from './unusable-input';
import { readAssembly, type Template, type TemplateResource, UnreadableAssembly } from '../assembly';
import { isKnown, type Known, type Location, UNKNOWN } from '../rules/facts';

/** One template, and what is known of the stack that is made of it. */
export interface CheckedStack extends Location {
  /** Undefined where only a template is known. */
  readonly name?: string;
  readonly file: string;
  readonly template: Template;
  /** The line of what is at a path of keys, from 1. */
  readonly lineOf: TemplateFile['lineOf'];
  /** The other stacks of the app, this one included, whose exports it may import. */
  readonly app: readonly CheckedStack[];
  /** Of a nested stack, the stack that has it as a resource, and that resource. */
  readonly parent?: { readonly stack: CheckedStack; readonly resource: TemplateResource };
  /** The construct path of a resource; undefined where nothing says it. */
  pathOf(logicalId: string): string | undefined;
}

/**
 * The stacks of a synthesized app, nested ones and those of stages included, or the one that a template describes.
 *
 * @param input the folder that `cdk synth` wrote, or a template as JSON or YAML
 * @throws UnusableInput
 */
export function readStacks(input: string): CheckedStack[] {
  if (!existsSync(input)) {
    throw new UnusableInput(`${input} does not exist. Give a folder that \`cdk synth\` wrote, or a template of CloudFormation or SAM.`);
  }
  const app: CheckedStack[] = [];
  if (!statSync(input).isDirectory()) {
    add(app, { file: input, account: UNKNOWN, region: UNKNOWN });
    return app;
  }
  for (const { name, file, account = UNKNOWN, region = UNKNOWN, paths, assets } of assembly(input)) {
    add(app, { name, file, account, region, paths, assets });
  }
  return app;
}

function assembly(folder: string): ReturnType<typeof readAssembly> {
  try {
    return readAssembly(folder);
  } catch (error) {
    throw error instanceof UnreadableAssembly ? new UnusableInput(`${error.message} A template of another tool is given by its file.`) : error;
  }
}

/** A stack that is to be read. */
interface Unread extends Location, Pick<CheckedStack, 'name' | 'file' | 'parent'> {
  readonly paths?: ReadonlyMap<string, string>;
  readonly assets?: ReadonlyMap<string, string>;
}

/** Adds a stack, and those that are nested in it. */
function add(app: CheckedStack[], { paths, assets = new Map(), ...rest }: Unread): void {
  const { template, lineOf } = readTemplateFile(rest.file);
  const stack: CheckedStack = {
    ...rest,
    app,
    template,
    lineOf,
    pathOf: (logicalId) => pathIn(template.Resources![logicalId]) ?? paths?.get(logicalId),
  };
  app.push(stack);
  for (const [, resource] of resourcesOf(stack)) {
    const file = resource.Type === 'AWS::CloudFormation::Stack' && templateOf(resource, assets);
    if (file) {
      add(app, { file, account: rest.account, region: rest.region, parent: { stack, resource }, assets });
    }
  }
}

/** The file of a nested stack's template: the CDK uploads it under a name that only that template has. */
function templateOf({ Properties: { TemplateURL: url } = {} }: TemplateResource, assets: ReadonlyMap<string, string>): string | undefined {
  const text = JSON.stringify(url ?? '');
  return [...assets].find(([key]) => text.includes(key))?.[1];
}

export function resourcesOf({ template }: CheckedStack): [logicalId: string, TemplateResource][] {
  return Object.entries(template.Resources!);
}

/** The path that the CDK writes into a template, as people know it: `Stack/Orders` for `Stack/Orders/Resource`. */
function pathIn(resource: TemplateResource | undefined): string | undefined {
  const path = resource?.Metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path.replace(/\/(Resource|Default)$/, '') : undefined;
}

/** The account and the Region of a stack, as pseudo parameters give them. */
export function pseudoParameter(stack: CheckedStack, name: string): Known<string> {
  switch (name) {
    case 'AWS::AccountId': return stack.account;
    case 'AWS::Region': return stack.region;
    default: return UNKNOWN;
  }
}

/** Whether a macro that nobody here knows may change the template before it is deployed. */
export function hasMacros({ template }: CheckedStack): boolean {
  return [template.Transform ?? []].flat().some((transform) => !isKnown(transform) || !/^AWS::(Serverless|LanguageExtensions|SecretsManager)/.test(String(transform)));
}
