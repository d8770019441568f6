/**
 * An error without a stack, for handlers that fail very often: under Jest a stack is mapped to the sources whenever it is read, which takes
 * longer than all the rest of a simulation.
 */
export function withoutStack<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
