import type { GivenUpMessage, Inventory } from './inventory';
import { Unreadable } from './refusals';
import { failureOf, StreamReadError } from '../reader/stream-read-error';

/**
 * Sets messages aside that can't be worked with: they are unknown, and the others go on. A message may name a stream, a function or a bucket
 * that does not exist or is somebody else's, and must not end the run for all.
 */
export class Aside {
  /** The first problem that is as likely to be the user's as the message's: it is thrown where nothing else is left to do. */
  problem: unknown;
  /** How many messages were set aside, by the reason. */
  readonly reasons = new Map<string, number>();

  constructor(private readonly inventory: Inventory, private readonly stop: AbortSignal) {}

  /** @throws the error, if no message caused it: the services can't be used now, or somebody asked to stop. */
  set(messages: Iterable<GivenUpMessage>, error: unknown): void {
    if (this.stop.aborted || isPassing(error)) {
      throw error;
    }
    if (!isOfMessage(error)) {
      this.problem ??= error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    for (const message of messages) {
      if (message.unknown === undefined) {
        this.inventory.setUnknown(message, reason);
        this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
      }
    }
  }
}

/** Whether only what the message says can be the reason. */
function isOfMessage(error: unknown): boolean {
  const cause = error instanceof StreamReadError ? error.cause : error;
  return error instanceof Unreadable || failureOf(cause) === 'invalid' || (cause as { code?: unknown } | undefined)?.code === 'ENOTFOUND';
}

function isPassing(error: unknown): boolean {
  return error instanceof StreamReadError && (error.reason === 'throttled' || error.reason === 'expired');
}
