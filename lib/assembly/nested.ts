import { pathsIn, readJsonFile, type SynthesizedStack, type Template, type TemplateResource } from './assembly';

/** A stack that another one has as a resource. */
export interface NestedStack extends SynthesizedStack {
  readonly parent: { readonly stack: SynthesizedStack; readonly logicalId: string };
}

/** The stacks that this one has as resources, as far as their templates are among its assets. Theirs are not included. */
export function nestedStacks(stack: SynthesizedStack): NestedStack[] {
  return Object.entries(stack.template.Resources ?? {}).flatMap(([logicalId, resource]) => {
    const file = nestedTemplateFile(resource, stack.assets);
    if (file === undefined) {
      return [];
    }
    const id = stack.paths.get(logicalId)?.replace(/\.NestedStack\/[^/]*$/, '') ?? `${stack.id}/${logicalId}`;
    return [{
      ...stack,
      id,
      name: [stack.name, ...id.replace(`${stack.id}/`, '').split('/')].join('-'),
      file,
      template: readJsonFile<Template>(file),
      paths: pathsIn(stack.metadata, id),
      parent: { stack, logicalId },
    }];
  });
}

/** The file of a nested stack's template. Undefined for other resources, and for a template that is not an asset. */
export function nestedTemplateFile({ Type: type, Properties: { TemplateURL: url } = {} }: TemplateResource, assets: Assets): string | undefined {
  return type === 'AWS::CloudFormation::Stack' ? assetNamedBy(url, assets) : undefined;
}

/** The file of the asset that a value of a template names: the CDK uploads a template under a name that only that template has. */
export function assetNamedBy(value: unknown, assets: Assets): string | undefined {
  const text = JSON.stringify(value ?? '');
  return [...assets].find(([key]) => text.includes(key))?.[1];
}

/** The path of each file asset, by object key. */
export type Assets = ReadonlyMap<string, string>;
