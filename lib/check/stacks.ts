import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { CheckedStack } from './checked-stack';
import { type Expanded, expandedSection } from './for-each';
import { asTemplate, linesOfJson, readTemplate, readText } from './template-file';
import { UnusableInput } from './unusable-input';
import { simplified } from './values';
import { type Assets, assetNamedBy, readAssembly, type Template, type TemplateResource, UnreadableAssembly } from '../assembly';
import { type Location, UNKNOWN } from '../rules/facts';

/**
 * The stacks of a synthesized app, nested ones and those of stages included, or the one that a template describes.
 *
 * @param input the folder that `cdk synth` wrote, or a template as JSON or YAML
 * @throws UnusableInput
 */
export function readStacks(input: string): CheckedStack[] {
  const app: CheckedStack[] = [];
  if (!isFolder(input)) {
    add(app, { file: input, ...readTemplate(input), account: UNKNOWN, region: UNKNOWN, metadata: {} });
    return app;
  }
  for (const { name, file, template, account = UNKNOWN, region = UNKNOWN, paths, assets, metadata } of assembly(input)) {
    const lineOf = linesOfJson(() => readText(file));
    add(app, { name, file, template: asTemplate(template, file), lineOf, account, region, paths, assets, metadata });
  }
  return app;
}

function isFolder(input: string): boolean {
  try {
    return statSync(input).isDirectory();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UnusableInput(`${code === 'ENOENT' ? `${input} does not exist` : `Can't read ${input}: ${message}`}. `
      + 'Give a folder that `cdk synth` wrote, or a template of CloudFormation or SAM.');
  }
}

function assembly(folder: string): ReturnType<typeof readAssembly> {
  try {
    return readAssembly(folder);
  } catch (error) {
    if (!(error instanceof UnreadableAssembly)) {
      throw error;
    }
    const template = readdirSync(folder).find((name) => /\.(json|ya?ml|template)$/.test(name) && name !== 'manifest.json');
    throw new UnusableInput(`${error.message} A template of another tool is given by its file${template === undefined ? '' : `, such as ${join(folder, template)}`}.`);
  }
}

/** A stack as its file has it. */
interface Written extends Location, Pick<CheckedStack, 'name' | 'file' | 'template' | 'lineOf' | 'parent' | 'metadata'> {
  readonly paths?: ReadonlyMap<string, string>;
  readonly assets?: Assets;
}

/** Adds a stack, and those that are nested in it. */
function add(app: CheckedStack[], { paths, assets = new Map(), ...written }: Written): void {
  const bare = { ...written, app, template: { ...written.template, Resources: {}, Outputs: {} }, keysOf: () => [], pathOf: () => undefined };
  const expanded = (section: keyof Template) => expandedSection(written.template[section], (collection) => simplified(collection, bare));
  const resources = expanded('Resources').map(withProperties).filter(({ value: { Type } }) => typeof Type === 'string');
  const keys = new Map(resources.map(({ name, keys: within }) => [name, ['Resources', ...within]]));
  const template = { ...written.template, Resources: fromEntries(resources), Outputs: fromEntries(expanded('Outputs')) } as Template;
  const stack: CheckedStack = {
    ...written,
    app,
    template,
    keysOf: (logicalId) => keys.get(logicalId)!,
    pathOf: (logicalId) => pathIn(template.Resources![logicalId]) ?? paths?.get(logicalId),
  };
  app.push(stack);
  for (const { value: resource } of resources) {
    const file = templateOf(resource as unknown as TemplateResource, stack, assets);
    if (file) {
      const parent = { stack, resource: resource as unknown as TemplateResource };
      add(app, { file, ...readTemplate(file), account: written.account, region: written.region, metadata: written.metadata, parent, assets });
    }
  }
}

/** Without what CloudFormation would refuse where there are properties. */
function withProperties({ value, ...rest }: Expanded): Expanded {
  const { Properties: given } = value;
  return { ...rest, value: { ...value, Properties: typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {} } };
}

function fromEntries(entries: readonly Expanded[]): object {
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

/**
 * The file of a nested stack's template. Of other tools than the CDK, the template names the file until it is packaged.
 */
function templateOf({ Type, Properties: properties }: TemplateResource, { file, parent }: CheckedStack, assets: Assets): string | undefined {
  const { TemplateURL: url, Location: location } = properties!;
  const given = Type === 'AWS::CloudFormation::Stack' ? url : Type === 'AWS::Serverless::Application' ? location : undefined;
  if (given === undefined) {
    return undefined;
  }
  const asset = assetNamedBy(given, assets);
  const beside = typeof given === 'string' && !/^\w+:/.test(given) ? resolve(dirname(file), given) : undefined;
  const found = asset ?? (beside !== undefined && existsSync(beside) && statSync(beside).isFile() ? beside : undefined);
  return found === undefined || isWithin(found, file, parent) ? undefined : found;
}

/** Whether a template would be nested in itself. */
function isWithin(nested: string, file: string, parent: CheckedStack['parent']): boolean {
  return resolve(nested) === resolve(file) || (parent !== undefined && isWithin(nested, parent.stack.file, parent.stack.parent));
}

/** The path that the CDK writes into a template, as people know it: `Stack/Orders` for `Stack/Orders/Resource`. */
function pathIn(resource: TemplateResource | undefined): string | undefined {
  const path = resource?.Metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path.replace(/\/(Resource|Default)$/, '') : undefined;
}
