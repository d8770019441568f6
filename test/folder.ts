import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder. It is removed with all others at the end of the run. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'test-'));
}

/** A new folder with these files. */
export function folderWith(files: { readonly [name: string]: string }): string {
  const folder = newFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
