import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of which esbuild put something into a bundle. */
export interface BundledPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** The packages in a bundle, by the metafile that esbuild wrote beside it, in the order of their folders. */
export function bundledPackages(metafile: string): BundledPackage[] {
  const folders = new Set(Object.keys(JSON.parse(readFileSync(metafile, 'utf8')).inputs).flatMap((file) =>
    /^(.*node_modules\/(@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { folder, name, version, license };
  });
}
