import { RESPONSE_BYTES } from './limits';
import type { Outcome } from './protocol';
import { EVENT_BYTES } from '../stream/record';

/**
 * The errors that Lambda itself reports for a function that could not answer, in Lambda's words. They are what a caller of the
 * function sees, and what its logs name.
 */

/** An invocation that failed. */
export type ErrorOutcome = Extract<Outcome, { type: 'error' }>;

/** How a process ended: with an exit code, or by a signal such as 'SIGKILL'. */
export type ProcessEnd = { readonly code: number } | { readonly signal: string };

/** An invocation that failed, with the error that the function or its runtime reported. */
export function errorOutcome(requestId: string, errorType: string, errorMessage: string): ErrorOutcome {
  return { type: 'error', requestId, errorType, errorMessage };
}

/** The function did not answer within its timeout. */
export function timedOut(requestId: string, milliseconds: number): ErrorOutcome {
  return errorOutcome(requestId, 'Sandbox.Timedout', ofRequest(requestId, `Task timed out after ${(milliseconds / 1000).toFixed(2)} seconds`));
}

/** The function's process ended before it answered. */
export function exited(requestId: string, end: ProcessEnd): ErrorOutcome {
  return errorOutcome(requestId, 'Runtime.ExitError', ofRequest(requestId, exitText(end)));
}

/** Lambda killed the function's process because it needed more memory than the function has. */
export function outOfMemory(requestId: string): ErrorOutcome {
  return errorOutcome(requestId, 'Runtime.OutOfMemory', ofRequest(requestId, exitText({ signal: 'SIGKILL' })));
}

/** The function's answer is larger than Lambda takes. */
export function tooLarge(requestId: string): ErrorOutcome {
  return errorOutcome(requestId, 'Function.ResponseSizeTooLarge', `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES} bytes).`);
}

/** The event of one record is larger than Lambda takes. The function is not invoked. */
export function tooLargeToInvoke(requestId: string): ErrorOutcome {
  return errorOutcome(requestId, 'RequestTooLargeException', `Request must be smaller than ${EVENT_BYTES} bytes for the InvokeFunction operation`);
}

function ofRequest(requestId: string, text: string): string {
  return `RequestId: ${requestId} Error: ${text}`;
}

/** Lambda names a signal by what it does. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted', SIGKILL: 'killed', SIGSEGV: 'segmentation fault', SIGTERM: 'terminated',
};

function exitText(end: ProcessEnd): string {
  if ('signal' in end) {
    return `Runtime exited with error: signal: ${SIGNALS[end.signal] ?? end.signal}`;
  }
  return end.code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${end.code}`;
}
