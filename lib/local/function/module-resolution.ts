import { existsSync } from 'node:fs';
import Module, { createRequire, isBuiltin } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where the function's code may load modules from. */
export interface ModuleSources {
  /** The folder of its own code. */
  readonly taskRoot: string;
  /** Folders in which the AWS SDK may be found. The first is the user's project. */
  readonly sdkFolders: readonly string[];
  /** The folders of its layers, in the order in which they are searched. */
  readonly layers: readonly string[];
  /** Its layers that are not on this machine. Their modules may be installed in the project. */
  readonly missingLayers: readonly string[];
}

/**
 * Makes the function's code find the same modules as on Lambda: its own files, those of its layers, those of Node.js, and the AWS SDK, which
 * here is the one that is installed for one of `sdkFolders`. Anything else, such as a package of the project that was not bundled, is not
 * found on Lambda, and so it is not found here.
 */
export function resolveAsInLambda(sources: ModuleSources): void {
  // For `import`, Node.js calls this same file in a thread of its own.
  Module.register(pathToFileURL(__filename), { data: sources });
  // For `require` there is no public way before Node.js 22.15.
  const node = Module as unknown as { _resolveFilename(request: string, parent?: { filename?: string }, ...others: unknown[]): string };
  const original = node._resolveFilename;
  node._resolveFilename = function (request, parent, ...others) {
    const own = () => original.call(this, inLayer(request, sources), parent, ...others);
    return asksForPackage(request, parent?.filename, sources) ? find(request, sources, own) : own();
  };
}

let sources: ModuleSources;

/** Called by Node.js with the data of `register`. */
export function initialize(given: ModuleSources): void {
  sources = given;
}

/** Called by Node.js for each import. */
export async function resolve(specifier: string, context: { parentURL?: string }, next: Next): Promise<{ url: string }> {
  const parent = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : undefined;
  if (!asksForPackage(specifier, parent, sources)) {
    const file = inLayer(specifier, sources);
    return next(file === specifier ? specifier : pathToFileURL(file).href);
  }
  const own = await next(specifier).catch((error) => error);
  if (own.url && isInside(fileURLToPath(own.url), sources)) {
    return own;
  }
  return next(pathToFileURL(find(specifier, sources, () => {
    if (own.url) {
      return fileURLToPath(own.url);
    }
    throw own;
  })).href);
}

type Next = (specifier: string) => Promise<{ url: string }>;

/** Whether the function's own code or a layer asks for a package, and not for a file or a module of Node.js. */
function asksForPackage(request: string, parent: string | undefined, from: ModuleSources): boolean {
  return parent !== undefined && isInside(parent, from) && !isBuiltin(request) && !/^([./#]|[a-z]+:)/.test(request);
}

/** A file below `/opt`, where Lambda has the layers; other requests as they are. */
function inLayer(request: string, { layers }: ModuleSources): string {
  const place = /^\/opt\/(.+)/.exec(request)?.[1];
  const layer = place && layers.find((folder) => ['', '.js', '.cjs', '.mjs', '.json', '/index.js'].some((ending) => existsSync(join(folder, place + ending))));
  return layer ? join(layer, place) : request;
}

/** The file of a package. @param own how Node.js would find it */
function find(request: string, from: ModuleSources, own: () => string): string {
  const { sdkFolders, layers, missingLayers } = from;
  const isInLambda = /^@(aws-sdk|smithy)\//.test(request);
  const isAnywhere = isInLambda || missingLayers.length > 0;
  const inFolder = (...folder: string[]) => () => createRequire(join(...folder, 'index.js')).resolve(request);
  const inLayers = layers.flatMap((layer) => [inFolder(layer, 'nodejs', NODE_FOLDER), inFolder(layer, 'nodejs')]);
  const inProject = isInLambda ? sdkFolders.map((folder) => inFolder(folder)) : isAnywhere ? [inFolder(sdkFolders[0])] : [];
  let isElsewhere = false;
  for (const [candidate, isAllowed] of [own, ...inLayers, ...inProject].map((each) => [each, isAnywhere && !inLayers.includes(each)] as const)) {
    const file = attempt(candidate);
    if (file !== undefined && (isAllowed || isInside(file, from))) {
      return file;
    }
    isElsewhere ||= file !== undefined;
  }
  const wayOut = missingLayers.length > 0 && !isInLambda ? ` It may be in the layer ${missingLayers.join(' or ')}, which is not on this machine. Install it in the project.`
    : isInLambda ? ` Lambda's runtime brings it. Run: npm install --save-dev ${request.split('/').slice(0, 2).join('/')}`
      : isElsewhere ? ' It is installed beside the function, but Lambda has only what is bundled.' : '';
  throw Object.assign(new Error(`Cannot find module '${request}'.${wayOut}`), { code: 'MODULE_NOT_FOUND' });
}

function attempt(candidate: () => string): string | undefined {
  try {
    return candidate();
  } catch (error) {
    if (isModuleNotFound(error)) {
      return undefined;
    }
    throw error;
  }
}

function isInside(file: string, { taskRoot, layers }: ModuleSources): boolean {
  return [taskRoot, ...layers].some((folder) => file.startsWith(folder + sep));
}

/** The folder of a layer with modules for this runtime alone. */
const NODE_FOLDER = `node${/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1]}`;

/** Whether `require` or `import` found no such module. */
export function isModuleNotFound(error: unknown): error is Error {
  return ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes((error as NodeJS.ErrnoException)?.code ?? '');
}
