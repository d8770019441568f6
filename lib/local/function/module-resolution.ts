import Module, { createRequire, isBuiltin } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where the function's code may load modules from. */
interface ModuleSources {
  /** The folder of its own code. */
  readonly taskRoot: string;
  /** Folders in which the AWS SDK may be found. */
  readonly sdkFolders: readonly string[];
}

/**
 * Makes the function's code find the same modules as on Lambda: its own files, those of Node.js, and the AWS SDK, which here is the
 * one that is installed for one of `sdkFolders`. Anything else, such as a package of the project that was not bundled, is not found
 * on Lambda, and so it is not found here.
 */
export function resolveAsInLambda(sources: ModuleSources): void {
  // For `import`, Node.js calls this same file in a thread of its own.
  Module.register(pathToFileURL(__filename), { data: sources });
  // For `require` there is no public way before Node.js 22.15.
  const node = Module as unknown as { _resolveFilename(request: string, parent?: { filename?: string }, ...others: unknown[]): string };
  const original = node._resolveFilename;
  node._resolveFilename = function (request, parent, ...others) {
    const own = () => original.call(this, request, parent, ...others);
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
    return next(specifier);
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

/** Whether the function's own code asks for a package, and not for a file or a module of Node.js. */
function asksForPackage(request: string, parent: string | undefined, { taskRoot }: ModuleSources): boolean {
  return parent !== undefined && parent.startsWith(taskRoot + sep) && !isBuiltin(request) && !/^([./#]|[a-z]+:)/.test(request);
}

/** The file of a package. @param own how Node.js would find it */
function find(request: string, { taskRoot, sdkFolders }: ModuleSources, own: () => string): string {
  const isInLambda = /^@(aws-sdk|smithy)\//.test(request);
  const inProject = isInLambda ? sdkFolders.map((folder) => () => createRequire(join(folder, 'index.js')).resolve(request)) : [];
  let isElsewhere = false;
  for (const candidate of [own, ...inProject]) {
    const file = attempt(candidate);
    if (file !== undefined && (isInLambda || isInside(file, { taskRoot, sdkFolders }))) {
      return file;
    }
    isElsewhere ||= file !== undefined;
  }
  const wayOut = isInLambda ? ` Lambda's runtime brings it. Run: npm install --save-dev ${request.split('/').slice(0, 2).join('/')}`
    : isElsewhere ? ' It is installed beside the function, but Lambda has only what is bundled.' : '';
  throw Object.assign(new Error(`Cannot find module '${request}'.${wayOut}`), { code: 'MODULE_NOT_FOUND' });
}

function attempt(candidate: () => string): string | undefined {
  try {
    return candidate();
  } catch (error) {
    if (['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw error;
  }
}

function isInside(file: string, { taskRoot }: ModuleSources): boolean {
  return file.startsWith(taskRoot + sep);
}
