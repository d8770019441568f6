import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryToRelease } from './changelog';

const ROOT = join(__dirname, '..');

({ bump, unbump })[process.argv[2] as 'bump' | 'unbump']();

/** Gives package.json the version to release, and leaves in dist/ what the release workflow looks for. */
function bump(): void {
  const tags = execFileSync('git', ['tag', '--list', 'v*'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
  const { version, notes } = entryToRelease(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), tags.map((tag) => tag.slice(1)));
  setVersion(version);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  for (const [file, content] of [['version.txt', version], ['releasetag.txt', `v${version}`], ['changelog.md', `${notes}\n`]]) {
    writeFileSync(join(ROOT, 'dist', file), content);
  }
}

/** In the repository there is no version: it is in the changelog. */
function unbump(): void {
  setVersion('0.0.0');
}

function setVersion(version: string): void {
  const file = join(ROOT, 'package.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`));
}
