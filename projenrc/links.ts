import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize, relative } from 'node:path';
import { BRANCH, RAW, REPOSITORY } from './publication';

const ROOT = join(__dirname, '..');
const PICTURES = ['.svg', '.png', '.gif', '.jpg'];

/** A link of a page, and what it leads to. */
export interface Link {
  /** As it is written, without its fragment. */
  readonly target: string;
  /** The file or folder of the project, from its root; undefined for another site. */
  readonly path: string | undefined;
}

/** The links of a page of Markdown, outside of its samples. A link within the page is none. */
export function linksOf(page: string, text: string): Link[] {
  const found: Link[] = [];
  replaceTargets(text, (target) => {
    found.push({ target, path: pathOf(page, target) });
    return target;
  });
  return found;
}

/**
 * The page with links that work where it is read. The README is read on five registries, most of which resolve no relative link:
 * all of its links become absolute. Other pages come with the package: what comes with them is linked relatively, so that it
 * works without a network, and all else absolutely.
 */
export function withPublishedLinks(page: string, text: string, isShipped: (path: string) => boolean): string {
  return replaceTargets(text, (target) => {
    const path = pathOf(page, target);
    if (path === undefined) {
      return target;
    }
    const comesAlong = page !== 'README.md' && (isShipped(path) || !isShipped(page));
    return comesAlong ? relative(dirname(page), path) || '.' : address(path);
  });
}

/** Where a file or folder of the project is seen on the web; a picture as it is, not in a page about it. */
export function address(path: string): string {
  if (PICTURES.includes(extname(path))) {
    return `${RAW}/${path}`;
  }
  const isFolder = existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isDirectory();
  return `${REPOSITORY}/${isFolder ? 'tree' : 'blob'}/${BRANCH}/${path}`;
}

/** Also the address of this project under another owner: it is rewritten when the owner changes. */
function pathOf(page: string, target: string): string | undefined {
  const name = REPOSITORY.split('/').at(-1);
  const ours = new RegExp(`^https://(?:github\\.com/[^/]+/${name}/(?:blob|tree)|raw\\.githubusercontent\\.com/[^/]+/${name})/[^/]+/(.*)$`).exec(target);
  if (ours) {
    return ours[1].replace(/\/$/, '');
  }
  return /^[a-z]+:/.test(target) ? undefined : normalize(join(dirname(page), target)).replace(/\/$/, '');
}

const FENCED = /(^```[\s\S]*?^```)/m;
const TARGETS = /(\]\(|^\[[^\]]+\]: |<(?:img|a)\s[^>]*?(?:src|href)=")([^)\s"#]+)/gm;

function replaceTargets(text: string, replaced: (target: string) => string): string {
  return text.split(FENCED)
    .map((part) => part.startsWith('```') ? part : part.replace(TARGETS, (_, before: string, target: string) => `${before}${replaced(target)}`))
    .join('');
}
