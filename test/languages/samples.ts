import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The code of the first sample of a page that is fenced so and has the words. */
export function sampleIn(page: string, fence: string, words: RegExp): string {
  const text = readFileSync(join(__dirname, '..', '..', page), 'utf8');
  return codeIn(text, fence, words, page);
}

/** The same, in a text. */
export function codeIn(text: string, fence: string, words: RegExp, page: string): string {
  const found = [...text.matchAll(new RegExp(`^\`\`\`${fence}(?: nofixture)?\\n([\\s\\S]*?)^\`\`\``, 'gm'))].find(([, code]) => words.test(code));
  if (found === undefined) {
    throw new Error(`${page} has no sample in ${fence} with ${words}.`);
  }
  return found[1];
}
