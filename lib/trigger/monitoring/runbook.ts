import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The address of a page of the documentation, for texts that are read outside of the project, such as the description of an alarm. */
export function docsPage(page: string, anchor: string): string {
  return `${repository()}/blob/main/docs/${page}#${anchor}`;
}

/** As the package says it. By a path that is right from lib/ and from build/. */
function repository(): string {
  const { repository: { url } } = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8'));
  return url.replace(/^git\+/, '').replace(/\.git$/, '');
}
