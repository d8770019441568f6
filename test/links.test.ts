import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PAGES } from './pages';
import { linksOf, withPublishedLinks } from '../projenrc/links';
import { PACKAGES, REPOSITORY } from '../projenrc/publication';
import { isShipped } from '../projenrc/tarball';

const ROOT = join(__dirname, '..');
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

describe.each(PAGES)('%s', (page) => {
  test('links to what is there', () => {
    const missing = linksOf(page, read(page)).filter(({ path }) => path !== undefined && !existsSync(join(ROOT, path)));

    expect(missing.map(({ target }) => target)).toEqual([]);
  });

  test('links to headings that are there', () => {
    const missing = [...withoutSamples(read(page)).matchAll(/\]\(((?!https?:)[^)\s#]*)#([^)\s]+)\)/g)]
      .filter(([, path, heading]) => !/\.(?:md|svg)$|^$/.test(path) || !headingsOf(path === '' ? page : join(dirname(page), path)).includes(heading));

    expect(missing.map(([link]) => link)).toEqual([]);
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

test('the README installs what is published', () => {
  const { npm, pypi, maven, nuget, go } = PACKAGES;
  const readme = read('README.md');

  for (const line of [
    `npm install ${npm}`, `pip install ${pypi.distName}`, `<groupId>${maven.mavenGroupId}</groupId>`, `<artifactId>${maven.mavenArtifactId}</artifactId>`,
    `dotnet add package ${nuget.packageId}`, `go get ${go.moduleName}/${go.packageName}`,
    `/npm/v/${npm})`, `/pypi/v/${pypi.distName})`, `/maven-central/v/${maven.mavenGroupId}/${maven.mavenArtifactId})`, `/nuget/v/${nuget.packageId})`,
  ]) {
    expect(readme).toContain(line);
  }
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

/** The fragments of a page's headings and anchors, as GitHub makes them. */
function headingsOf(page: string): string[] {
  const text = withoutSamples(read(page));
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
  return [...headings, ...headings.map((heading, at) => `${heading}-${headings.slice(0, at).filter((other) => other === heading).length}`), ...anchorsIn(text)];
}

function anchorsIn(text: string): string[] {
  return [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
}

function withoutSamples(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '');
}
