import { isPoisonRecordError, isTransientError } from './errors';
import { nameOf, wordOf } from './failure';
import { isKnownTransient } from './known-transient';

/** What an error says about its record; undefined: nothing is known. */
export function judge(error: unknown, isPoison: () => boolean | undefined): 'poison' | 'transient' | undefined {
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
  try {
    const opinion = isPoison();
    return typeof opinion === 'boolean' ? opinion : undefined;
  } catch {
    return undefined;
  }
}

/** What errors of one cause have in common. Not their messages, which name the item. */
export function causeOf(error: unknown): string {
  try {
    const { code, $metadata } = Object(error) as { code?: unknown; $metadata?: { httpStatusCode?: unknown } };
    return [nameOf(error), wordOf(code), $metadata?.httpStatusCode].join();
  } catch {
    return nameOf(undefined);
  }
}
