import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../../shared/data');

/** What was recorded on AWS, from outside of this repository: a test of it is skipped by name where that is missing. */
export function recorded<Data>(file: string): { readonly data: Data | undefined; readonly test: typeof test } {
  const path = join(FOLDER, file);
  if (existsSync(path)) {
    return { data: JSON.parse(readFileSync(path, 'utf8')), test };
  }
  const skipped = (name: string) => test(`skipped, ${file} is missing: ${name}`, () => undefined);
  return { data: undefined, test: skipped as unknown as typeof test };
}
