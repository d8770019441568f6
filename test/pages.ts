import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

/** Every page of the project for people or agents, from its root: Markdown in the root, docs/, skills/ and .github/, and llms.txt. */
export const PAGES: readonly string[] = [
  // API.md is generated, and has only links into itself.
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md') && file !== 'API.md'),
  'llms.txt',
  ...['docs', 'skills', '.github'].flatMap((folder) => existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).map((file) => join(folder, file))
    : []),
];
