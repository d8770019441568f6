import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { STYLE } from '../lib/view/style';

/** Where the script of the view's page is kept, as text. */
export const PAGE_SCRIPT = join(__dirname, '..', 'lib', 'view', 'page-script.ts');

/** The text of lib/view/page-script.ts: what lib/view/browser is bundled to, and the hashes that the page's policy names. */
export function pageScript(): string {
  const { outputFiles: [{ text }] } = buildSync({
    entryPoints: [join(__dirname, '..', 'lib', 'view', 'browser', 'entry.ts')],
    bundle: true, minify: true, write: false, format: 'iife', target: ['es2022'], charset: 'ascii', legalComments: 'none', tsconfigRaw: {},
  });
  // Within HTML, nothing in it may end the script.
  const script = text.trim().replace(/<\/(?=script)/gi, '<\\/').replace(/<!--/g, '<\\!--');
  return [
    '// Generated from lib/view/browser and lib/view/style.ts by `npx projen page-script`.',
    `export const SCRIPT = ${JSON.stringify(script)};`,
    `export const SCRIPT_HASH = '${hash(script)}';`,
    `export const STYLE_HASH = '${hash(STYLE)}';`,
    '',
  ].join('\n');
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

if (require.main === module) {
  writeFileSync(PAGE_SCRIPT, pageScript());
}
