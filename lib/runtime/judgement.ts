import { isPoisonRecordError, isTransientError } from './errors';
import { ownNameOf, wordOf } from './failure';
import { guarded } from './guarded';
import { isKnownTransient } from './known-transient';

/** What an error says about its record; undefined: nothing is known. */
export function judgeError(error: unknown, isPoison: () => boolean | undefined): 'poison' | 'transient' | undefined {
  if (isPoisonRecordError(error)) {
    return 'poison';
  }
  if (isTransientError(error)) {
    return 'transient';
  }
  const opinion = opinionOf(isPoison);
  if (opinion !== undefined) {
    return opinion ? 'poison' : 'transient';
  }
  return isKnownTransient(error) ? 'transient' : undefined;
}

/** A question that fails is not answered. */
function opinionOf(isPoison: () => boolean | undefined): boolean | undefined {
  let opinion: unknown;
  // An asynchronous answer comes too late. Where it fails, it must not end the process.
  void guarded(() => opinion = isPoison());
  return typeof opinion === 'boolean' ? opinion : undefined;
}

/**
 * What errors of one cause have in common. Not their messages, which name the item, nor where they were thrown: one outage is met in
 * many places, and would look like many rare failures. Transient errors are causes of their own: a bug and a connection may fail by
 * the same name.
 */
export function causeOf(error: unknown, transient: boolean): string {
  try {
    const { code, $metadata } = Object(error) as { code?: unknown; $metadata?: { httpStatusCode?: unknown } };
    return [transient, ownNameOf(error), wordOf(code), $metadata?.httpStatusCode].join();
  } catch {
    return [transient, ownNameOf(undefined)].join();
  }
}
