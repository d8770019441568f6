import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGES } from './pages';
import { OWNER, PACKAGES } from '../projenrc/publication';

const ROOT = join(__dirname, '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const WORKFLOWS = join('.github', 'workflows');
const workflows = readdirSync(join(ROOT, WORKFLOWS)).map((file) => ({ file, text: read(WORKFLOWS, file) }));
/** What the owner does before the first release. */
const checklist = read('CONTRIBUTING.md').split('\n## ').find((section) => section.startsWith('Before the first release'))!;

const { npm, pypi, maven, nuget, go } = PACKAGES;

test.each([
  npm, pypi.module, `${maven.mavenGroupId}:${maven.mavenArtifactId}`, `import ${maven.javaPackage}.`, `<groupId>${maven.mavenGroupId}</groupId>`,
  `dotnet add package ${nuget.packageId}`, `using ${nuget.dotNetNamespace};`, `go get ${go.moduleName}/${go.packageName}`, `trigger "${go.moduleName}/${go.packageName}"`,
])('docs/guide/languages.md has %s', (name) => {
  expect(read('docs', 'guide', 'languages.md')).toContain(name);
});

test('the namespace of .NET does not hide the class DynamoStreamTrigger', () => {
  expect(nuget.dotNetNamespace.split('.')).not.toContain('DynamoStreamTrigger');
});

test.each(PAGES)('%s names no other owner of the repository', (page) => {
  const owners = [...read(page).matchAll(/github(?:usercontent)?\.com[/:]([\w.-]+)\/dynamo-stream-trigger/g)].map(([, owner]) => owner);

  expect(owners.filter((owner) => owner !== OWNER)).toEqual([]);
});

test('the list for the first release has every page that says that the package is not published', () => {
  const pages = PAGES.filter((page) => page !== 'CONTRIBUTING.md' && /not published yet/.test(read(page)));

  expect(pages.filter((page) => !checklist.includes(`\`${page}\``))).toEqual([]);
});

test('the list for the first release has every page that says that the package is experimental, as long as it is', () => {
  const pages = PAGES.filter((page) => page !== 'CONTRIBUTING.md' && /\bexperimental\b/.test(read(page)));

  expect(pages.filter((page) => !checklist.includes(`\`${page}\``))).toEqual([]);
  expect(pages.length > 0).toBe(JSON.parse(read('package.json')).stability === 'experimental');
});

describe.each(workflows)('the workflow $file', ({ text }) => {
  test('runs only code of a fixed version', () => {
    const actions = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action);

    expect(actions.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
    expect(text).not.toContain('@latest');
  });

  test('needs only secrets that the owner is asked for', () => {
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret);

    expect(secrets.filter((secret) => secret !== 'GITHUB_TOKEN' && !checklist.includes(`\`${secret}\``))).toEqual([]);
  });

  test('puts no text of a pull request or an issue into a command', () => {
    expect(text).not.toMatch(/pull_request_target|github\.(event\.|head_ref)/);
  });
});

test('only the main branch is released', () => {
  expect(read(WORKFLOWS, 'release.yml')).toMatch(/^ {4}if: github\.ref == 'refs\/heads\/main' \|\| inputs\.dry_run$/m);
});
