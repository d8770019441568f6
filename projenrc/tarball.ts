/** What is published beside package.json, README.md and LICENSE, which npm always takes: as npm reads `files`. */
export const FILES = ['docs', 'skills', 'llms.txt'];

/** Whether a file or folder of the repository comes with the package. */
export function isShipped(path: string): boolean {
  return ['README.md', 'CHANGELOG.md', 'API.md', 'LICENSE'].includes(path) || FILES.some((file) => path === file || path.startsWith(`${file}/`));
}
