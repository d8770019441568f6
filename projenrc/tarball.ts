/** For people who work on the package; and what the declarations say, too. */
const NOT_OF_DOCS = ['docs/adr', 'docs/contribute', 'docs/reference/api'];

/**
 * What is published, in the form that npm reads as `files`. Nothing else in the folder is. npm always adds package.json, README.md and LICENSE.
 *
 * The command line is one file, with its rooms in it. Of them, only what it starts in processes of their own is published beside it.
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
  '!build/**/*.lambda.js',
  'build/bin',
  'build/local/**/*.d.ts',
  'build/local/service/destination-server.js',
  'build/local/function/aws-requests.js',
  'build/local/function/aws-services.js',
  'build/local/function/module-resolution.js',
  'build/local/function/request-target.js',
  'build/local/function/runtime-client.js',
  'build/redrive/function.lambda.bundle',
];

/** Whether a page, a file or a folder that a page may link to is published. */
export function isShipped(path: string): boolean {
  const within = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  return ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs', 'skills', 'llms.txt'].some(within) && !NOT_OF_DOCS.some(within);
}
