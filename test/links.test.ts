import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linksOf, withPublishedLinks } from '../projenrc/links';
import { REPOSITORY } from '../projenrc/publication';
import { isShipped } from '../projenrc/tarball';

const ROOT = join(__dirname, '..');
const pagesIn = (folder: string, recursive: boolean) => readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md')).map((file) => join(folder, file));
// API.md is generated, and has only links into itself.
const PAGES = [...pagesIn('.', false), ...pagesIn('docs', true)].filter((page) => page !== 'API.md');
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

describe.each(PAGES)('%s', (page) => {
  test('links to what is there', () => {
    const missing = linksOf(page, read(page)).filter(({ path }) => path !== undefined && !existsSync(join(ROOT, path)));

    expect(missing.map(({ target }) => target)).toEqual([]);
  });

  test('has links that work where it is read (UPDATE_DOCS=1 writes them)', () => {
    const published = withPublishedLinks(page, read(page), isShipped);
    if (process.env.UPDATE_DOCS) {
      writeFileSync(join(ROOT, page), published);
    }

    expect(read(page)).toBe(published);
  });
});

test('every link of the README is absolute', () => {
  const relative = linksOf('README.md', read('README.md')).filter(({ target }) => !target.startsWith('https://'));

  expect(relative).toEqual([]);
});

describe('a published page', () => {
  const published = (page: string, text: string) => withPublishedLinks(page, text, isShipped);

  test('of docs/ links relatively to what comes with it, and absolutely to what does not', () => {
    expect(published('docs/page.md', '[a](other.md#part) [b](../examples/app.ts) [c](../README.md) [d](#part) [e](https://x.dev/y)'))
      .toBe(`[a](other.md#part) [b](${REPOSITORY}/blob/main/examples/app.ts) [c](../README.md) [d](#part) [e](https://x.dev/y)`);
  });

  test('shows a picture from where it is served as it is, and a folder as a folder', () => {
    expect(published('README.md', '![a](docs/rooms.svg) <img src="docs/rooms.svg" width="80"> [b](examples/)\n\n[c]: LICENSE'))
      .toBe(['![a](https://raw.githubusercontent.com/', ') <img src="https://raw.githubusercontent.com/', `" width="80"> [b](${REPOSITORY}/tree/main/examples)\n\n[c]: ${REPOSITORY}/blob/main/LICENSE`]
        .join(`${REPOSITORY.slice('https://github.com/'.length)}/main/docs/rooms.svg`));
  });

  test('follows the repository to another owner', () => {
    expect(published('README.md', '[a](https://github.com/someone/dynamo-stream-trigger/blob/v1/docs/runtime.md#order)'))
      .toBe(`[a](${REPOSITORY}/blob/main/docs/runtime.md#order)`);
  });

  test('keeps its samples as they are', () => {
    const sample = '```ts\nconst a = list[0](docs);\n```\n';
    expect(published('README.md', sample)).toBe(sample);
  });
});
