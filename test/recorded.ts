import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needing } from './needing';

const FOLDER = join(__dirname, '../../shared/data');

/** What was recorded on AWS, from outside of this repository. Where that is missing, tests of it are skipped, and their names say why. */
export function recorded<Data>(file: string): { readonly data: Data | undefined; readonly test: jest.It } {
  const path = join(FOLDER, file);
  const isThere = existsSync(path);
  return { data: isThere ? JSON.parse(readFileSync(path, 'utf8')) : undefined, test: needing(`${file}, which is missing`, isThere) };
}
