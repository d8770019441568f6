import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../shared/data');

/** What was recorded on AWS, from outside of this repository. Where that is missing, tests of it are skipped, and their names say why. */
export function recorded<Data>(file: string): { readonly data: Data | undefined; readonly test: jest.It } {
  const path = join(FOLDER, file);
  if (existsSync(path)) {
    return { data: JSON.parse(readFileSync(path, 'utf8')), test };
  }
  const skipped = (name: string) => test.skip(`${name} (needs ${file}, which is missing)`, () => undefined);
  return { data: undefined, test: skipped as unknown as jest.It };
}
