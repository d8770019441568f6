import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files that hold what an app is. Others change with them, or have no effect on what runs. */
const FILES = /(^|\/)(manifest\.json|[^/]+\.template\.json|[^/]+\.assets\.json)$/;

/** The folders that hold a stage of the app. Those of assets can be large. */
const STAGE = /^assembly-/;

/** A hash of what a synthesized app is. Undefined while the folder is missing, or a file of it is half written. */
export function assemblyContent(folder: string): string | undefined {
  try {
    const hash = createHash('sha256');
    JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    add(hash, folder);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

function add(hash: ReturnType<typeof createHash>, folder: string): void {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && STAGE.test(entry.name)) {
      hash.update(`${entry.name}\n`);
      add(hash, path);
    } else if (entry.isFile() && FILES.test(entry.name)) {
      const text = readFileSync(path, 'utf8');
      JSON.parse(text);
      hash.update(`${entry.name}\n${text}\n`);
    }
  }
}
