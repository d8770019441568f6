import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryToRelease } from '../projenrc/changelog';

const CHANGELOG = '# Changelog\n\nWords.\n\n## 0.2.0 (2027-02-28)\n\n- a\n\n### Breaking\n\n- b\n\n## 0.1.0 (2027-01-31)\n\n- c\n';

test('the version at the top is released, with what stands below it', () => {
  expect(entryToRelease(CHANGELOG, ['0.1.0'])).toEqual({ version: '0.2.0', notes: '- a\n\n### Breaking\n\n- b' });
});

test('a version that is the only one is released to the end of the file', () => {
  expect(entryToRelease('## 0.1.0 (2027-01-31)\n\n- c\n', [])).toEqual({ version: '0.1.0', notes: '- c' });
});

test('no version is released twice', () => {
  expect(() => entryToRelease(CHANGELOG, ['0.1.0', '0.2.0'])).toThrow('CHANGELOG.md has 0.2.0 at the top, which is released already.');
});

test.each(['Unreleased', '0.2.0', 'v0.2.0 (2027-02-28)', '0.2 (2027-02-28)'])('"%s" is not a version to release', (title) => {
  expect(() => entryToRelease(CHANGELOG.replace('0.2.0 (2027-02-28)', title), [])).toThrow(`The first heading in CHANGELOG.md is "${title}" but must be`);
});

test('the changelog of this repository has a version or "Unreleased" at its top', () => {
  const changelog = readFileSync(join(__dirname, '..', 'CHANGELOG.md'), 'utf8');

  expect(/^## (.*)$/m.exec(changelog)![1]).toMatch(/^(Unreleased|\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\))$/);
});
