import type { LocalChange } from '../local';

/** More changes are counted only. */
const MOST = 6;

/** What has changed when a newer app was taken over, in one line. */
export function takenOver(changes: readonly LocalChange[], nameOf: (path: string) => string): string {
  if (changes.length === 0) {
    return 'Taken over: nothing that runs here has changed.';
  }
  const sentences = changes.slice(0, MOST).map((change) => sentence(change, nameOf));
  const more = changes.length - MOST;
  return `Taken over: ${sentences.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
}

function sentence({ kind, path, change, what }: LocalChange, nameOf: (path: string) => string): string {
  const name = kind === 'function' || kind === 'trigger' ? nameOf(path) : path;
  switch (change) {
    case 'new': return `the ${kind} ${name} is new`;
    case 'changed': return `${name} has new ${kind === 'trigger' ? `settings (${what.join(', ')})` : listed(what)}`;
    case 'removed': return kind === 'function' || kind === 'trigger'
      ? `the ${kind} ${name} has ended`
      : `the ${kind} ${name} is no longer in the app, and keeps what it holds`;
  }
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
