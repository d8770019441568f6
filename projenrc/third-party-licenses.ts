import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledPackages } from './bundled-packages';

/**
 * Collects the licences of the packages that esbuild put into a bundle: what they ask for in return.
 *
 * Arguments: the metafile of the bundle, which is removed, and the file to write.
 */
const ALLOWED = ['Apache-2.0', 'ISC', 'MIT'];
const [, , metafile, output] = process.argv;

const packagesByText = new Map<string, string[]>();
for (const { folder, name, version, license } of bundledPackages(metafile)) {
  if (!ALLOWED.includes(license)) {
    throw new Error(`The command line bundles ${name}, which is under ${license}. Look at that licence, and allow it here if it lets us.`);
  }
  for (const text of textsOf(folder, license)) {
    packagesByText.set(text, [...packagesByText.get(text) ?? [], `${name} ${version} (${license})`]);
  }
}

writeFileSync(output, [
  'The command line contains code of these packages, under the licence below each list.',
  ...[...packagesByText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}`),
].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n');
rmSync(metafile);

/** A package's own licence and notice; some come without, and this project is under the same Apache licence. */
function textsOf(folder: string, license: string): string[] {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|notice)/i.test(name)).map((name) => join(folder, name));
  const own = license === 'Apache-2.0' ? ['LICENSE'] : [];
  if (files.length + own.length === 0) {
    throw new Error(`${folder} has no file with its licence.`);
  }
  return (files.length > 0 ? files : own).map((file) => readFileSync(file, 'utf8').trim());
}
