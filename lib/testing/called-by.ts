import { currentContext, type HandlerContext, shared } from './handler-context';

/** The context of a handler whose own code calls the function. */
export function contextOf(called: (...args: any[]) => unknown): HandlerContext | undefined {
  const context = shared.running && currentContext();
  return context && !isCalledByNode(called) ? context : undefined;
}

/** Some of Node.js's own code, such as that of fetch, calls the global functions too. */
function isCalledByNode(called: (...args: any[]) => unknown): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  const caller: { stack?: string } = {};
  Error.captureStackTrace(caller, called);
  Error.stackTraceLimit = stackTraceLimit;
  return /\(?node:/.test(caller.stack ?? '');
}
