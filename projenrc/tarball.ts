import { importsOf } from './imports';

/** For people who work on the package; and what the declarations say, too. */
const NOT_OF_DOCS = ['docs/adr', 'docs/contribute', 'docs/reference/api'];

/** What `local` starts in processes of their own: compiled.ts finds these. */
const LOCAL_PROGRAMS = ['lib/local/service/destination-server.ts', 'lib/local/function/runtime-client.ts', 'lib/local/function/aws-requests.ts'];

/**
 * What is published, in the form that npm reads as `files`. Nothing else in the folder is. npm always adds package.json, README.md and LICENSE.
 *
 * The command line is one file, with its rooms in it. Of them, only what it starts in processes of their own is published beside it, with what that imports.
 */
export const FILES = [
  '.jsii',
  'CHANGELOG.md',
  'docs',
  'skills',
  'llms.txt',
  ...NOT_OF_DOCS.map((folder) => `!${folder}`),
  'build/index.js',
  'build/index.d.ts',
  ...['engine', 'event-pattern', 'rules', 'runtime', 'stream', 'testing', 'trigger'].map((room) => `build/${room}`),
  // The rest of its room is in the command line.
  'build/assembly/bundle-recipe.js',
  'build/assembly/*.d.ts',
  '!build/**/*.lambda.js',
  // Bundled, too.
  'build/view/index.js',
  'build/view/*.d.ts',
  'build/bin',
  'build/local/**/*.d.ts',
  ...withImports(LOCAL_PROGRAMS).filter((file) => file.startsWith('lib/local/')).map((file) => file.replace(/^lib\/(.*)\.ts$/, 'build/$1.js')),
  'build/redrive/function.lambda.bundle',
];

/** Whether a page, a file or a folder that a page may link to is published. */
export function isShipped(path: string): boolean {
  const within = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  return ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs', 'skills', 'llms.txt'].some(within) && !NOT_OF_DOCS.some(within);
}

/** These files and what they need when they run. */
function withImports(files: readonly string[], found = new Set<string>()): string[] {
  for (const file of files.filter((one) => !found.has(one))) {
    found.add(file);
    withImports(importsOf(file).flatMap(({ file: imported, typeOnly }) => imported === undefined || typeOnly ? [] : [imported]), found);
  }
  return [...found].sort();
}
