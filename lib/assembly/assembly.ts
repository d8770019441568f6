import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A folder does not hold a synthesized app that can be read. */
export class UnreadableAssembly extends Error {}

/** One stack of a synthesized app: its template and its assets. */
export interface SynthesizedStack {
  /** The construct path of the stack, such as `Prod/Orders`. */
  readonly id: string;
  readonly name: string;
  /** Undefined if only the deployment decides it. */
  readonly account?: string;
  readonly region?: string;
  readonly template: Template;
  /** The file of the template. */
  readonly file: string;
  /** The construct path of each logical id. */
  readonly paths: ReadonlyMap<string, string>;
  /** What the app notes of its constructs, by their paths. */
  readonly metadata: ConstructMetadata;
  /** The path of each file asset, by object key. */
  readonly assets: ReadonlyMap<string, string>;
}

/** The parts of a CloudFormation template that matter here. */
export interface Template {
  readonly Transform?: unknown;
  readonly Resources?: { readonly [logicalId: string]: TemplateResource };
  readonly Parameters?: { readonly [name: string]: { readonly Type: string; readonly Default?: unknown } };
  readonly Mappings?: { readonly [name: string]: { readonly [key: string]: { readonly [key: string]: unknown } } };
  readonly Conditions?: { readonly [name: string]: unknown };
  readonly Outputs?: { readonly [name: string]: { readonly Value: unknown; readonly Export?: { readonly Name: unknown } } };
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: any };
  readonly Condition?: string;
  readonly Metadata?: { readonly [name: string]: unknown };
}

/** Warnings, acknowledgements and logical ids, by the path of a construct: `/Stack/Orders/Resource`. */
export type ConstructMetadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;

/**
 * Reads every stack of a cloud assembly (`cdk.out`), those of its stages included.
 *
 * @throws UnreadableAssembly
 */
export function readAssembly(directory: string): SynthesizedStack[] {
  const file = join(directory, 'manifest.json');
  if (!existsSync(file)) {
    throw new UnreadableAssembly(`No synthesized app in ${resolve(directory)}: it has no manifest.json.\nRun \`npx cdk synth\` first, or name its output folder.`);
  }
  const { artifacts } = Object(readJsonFile<unknown>(file)) as { readonly artifacts?: Record<string, Artifact> };
  if (typeof artifacts !== 'object') {
    throw new UnreadableAssembly(`${file} is not the manifest of a synthesized app: it has no artifacts.\nRun \`npx cdk synth\` first, or name its output folder.`);
  }
  return Object.entries(artifacts).flatMap(([id, artifact]) => {
    switch (artifact.type) {
      case 'aws:cloudformation:stack': return [readStack(directory, id, artifact, artifacts)];
      case 'cdk:cloud-assembly': return readAssembly(join(directory, fileIn(artifact.properties?.directoryName, id, directory)));
      default: return [];
    }
  });
}

/** A file or a folder that a manifest names, in the folder of the manifest. */
function fileIn(name: unknown, artifact: string, directory: string): string {
  if (typeof name !== 'string' || resolve(directory, name) === resolve(directory)) {
    throw new UnreadableAssembly(`${join(directory, 'manifest.json')} does not name the file of ${artifact}.\nRun \`npx cdk synth\` again.`);
  }
  return name;
}

/** A stack, a stage or a list of assets, as the manifest describes it. */
interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly dependencies?: string[];
  readonly properties?: { readonly stackName?: string; readonly templateFile?: string; readonly file?: string; readonly directoryName?: string };
  readonly metadata?: ConstructMetadata;
  readonly additionalMetadataFile?: string;
}

function readStack(directory: string, id: string, artifact: Artifact, artifacts: Record<string, Artifact>): SynthesizedStack {
  const [account, region] = (artifact.environment ?? '').replace('aws://', '').split('/')
    .map((part) => part === '' || part.startsWith('unknown-') ? undefined : part);
  const metadata: ConstructMetadata = {
    ...artifact.metadata,
    ...(artifact.additionalMetadataFile && readJsonFile<ConstructMetadata>(join(directory, artifact.additionalMetadataFile))),
  };
  const file = join(directory, fileIn(artifact.properties?.templateFile, id, directory));
  const assetLists = (artifact.dependencies ?? []).map((name) => artifacts[name]).filter((other) => other?.type === 'cdk:asset-manifest');
  return {
    id: artifact.displayName?.replace(/ \(.*\)$/, '') ?? id,
    name: artifact.properties?.stackName ?? id,
    account,
    region,
    file,
    template: readJsonFile<Template>(file),
    paths: pathsIn(metadata),
    metadata,
    assets: new Map(assetLists.flatMap((list) => assetsIn(join(directory, fileIn(list.properties?.file, id, directory))))),
  };
}

/**
 * The construct path of each logical id, as people know it: `Stack/Orders` for `/Stack/Orders/Resource`. Nested stacks may have the same
 * logical ids as the stack that they are in, and their constructs are deeper.
 *
 * @param stack the path of a nested stack, if it is about that one
 */
export function pathsIn(metadata: ConstructMetadata, stack?: string): Map<string, string> {
  const depth = (path: string) => path.split('/').length;
  const found = Object.entries(metadata).flatMap(([path, entries]): [string, string][] => {
    const logicalId = entries.find((entry) => entry.type === 'aws:cdk:logicalId')?.data;
    const isOwn = stack === undefined || path.startsWith(`/${stack}/`);
    return typeof logicalId === 'string' && isOwn ? [[logicalId, path.replace(/^\//, '').replace(/\/(Resource|Default)$/, '')]] : [];
  });
  return new Map(found.sort(([, a], [, b]) => depth(b) - depth(a)));
}

function assetsIn(file: string): [string, string][] {
  const { files = {} } = readJsonFile<{ files?: Record<string, FileAsset> }>(file);
  return Object.values(files).flatMap((asset) => Object.values(asset.destinations ?? {})
    .map((destination): [string, string] => [destination.objectKey, resolve(dirname(file), asset.source?.path ?? '')]));
}

interface FileAsset {
  readonly source?: { readonly path?: string };
  readonly destinations?: Record<string, { readonly objectKey: string }>;
}

/** @throws UnreadableAssembly */
export function readJsonFile<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UnreadableAssembly(`Can't read ${file}: ${(error as Error).message}\nRun \`npx cdk synth\` again.`);
  }
}
