import Module, { createRequire, isBuiltin } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Makes the function's code find modules as on Lambda: its own files, Node's, and the AWS SDK of the runtime, which here is the
 * one installed in one of the folders. What lies elsewhere, such as a package of the project that was not bundled, is not
 * found on Lambda, and so not here.
 *
 * This is for `require`. For `import`, this file is registered as Node's resolution hook.
 */
export function resolveAsInLambda(taskRoot: string, sdkFolders: readonly string[]): void {
  const node = Module as unknown as { _resolveFilename(request: string, parent?: { filename?: string }, ...others: unknown[]): string };
  const original = node._resolveFilename;
  node._resolveFilename = function (request, parent, ...others) {
    const own = () => original.call(this, request, parent, ...others);
    return isFree(request, parent?.filename, taskRoot) ? own() : found(request, taskRoot, sdkFolders, own);
  };
}

interface HookData {
  readonly taskRoot: string;
  readonly sdkFolders: readonly string[];
}

let data: HookData;

/** Called by Node with what was given to `register`. */
export function initialize(given: HookData): void {
  data = given;
}

/** Called by Node for each import. */
export function resolve(
  specifier: string, context: { parentURL?: string }, next: (specifier: string) => Promise<{ url: string }>,
): Promise<{ url: string }> {
  const parent = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : undefined;
  if (isFree(specifier, parent, data.taskRoot) || specifier.includes(':')) {
    return next(specifier);
  }
  return next(specifier).then(
    (own) => isInside(fileURLToPath(own.url), data.taskRoot) ? own : fromSdk(),
    (error) => IN_LAMBDA.test(specifier) ? fromSdk() : Promise.reject(error),
  );

  function fromSdk(): Promise<{ url: string }> {
    return next(pathToFileURL(found(specifier, data.taskRoot, data.sdkFolders)).href);
  }
}

/** What the runtime brings. */
const IN_LAMBDA = /^@(aws-sdk|smithy)\//;

/** What is resolved in Node's own way: all but packages that the function's own code asks for. */
function isFree(request: string, parent: string | undefined, taskRoot: string): boolean {
  return isBuiltin(request) || /^[./]/.test(request) || parent === undefined || !isInside(parent, taskRoot);
}

function isInside(file: string, taskRoot: string): boolean {
  return file.startsWith(taskRoot + sep);
}

function found(request: string, taskRoot: string, sdkFolders: readonly string[], own?: () => string): string {
  const candidates = [
    ...(own ? [own] : []),
    ...(IN_LAMBDA.test(request) ? sdkFolders.map((folder) => () => createRequire(folder + sep).resolve(request)) : []),
  ];
  let failure = `Cannot find module '${request}'`;
  for (const candidate of candidates) {
    try {
      const file = candidate();
      if (isInside(file, taskRoot) || IN_LAMBDA.test(request)) {
        return file;
      }
      failure += ' in the function\'s code. It is installed in the project, but Lambda only has what is bundled';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') {
        throw error;
      }
    }
  }
  if (IN_LAMBDA.test(request)) {
    failure += `, which Lambda's runtime brings. Run: npm install --save-dev ${request.split('/').slice(0, 2).join('/')}`;
  }
  throw Object.assign(new Error(failure), { code: 'MODULE_NOT_FOUND' });
}
