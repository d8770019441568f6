/** What is published beside package.json, README.md and LICENSE, which npm always takes: as npm reads `files`. */
export const FILES = ['docs'];

/** Whether a file or folder of the repository comes with the package. */
export function isShipped(path: string): boolean {
  return path === 'README.md' || path === 'CHANGELOG.md' || path === 'API.md' || path === 'LICENSE' || path === 'docs' || path.startsWith('docs/');
}
