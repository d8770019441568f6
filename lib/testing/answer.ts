import type { Handler } from './environment';
import type { StreamEvent } from '../stream/record';

/**
 * What a handler answers, as Lambda's runtimes for Node.js have it:
 *
 * - What a promise resolves to, always.
 * - What a handler returns that is not a promise, from Node.js 24 on. Up to Node.js 22 it counts for nothing: the answer is null.
 * - What a handler gives its callback, up to Node.js 22. Without that, the answer is null when nothing is left to run. From Node.js 24 on,
 *   callbacks are refused.
 *
 * @param nodeVersion the version of Node.js, if it is known. If it is not, a handler with a callback is for Node.js 22, any other for 24
 * @param whenNothingIsLeft takes a function that answers when nothing is left to run
 */
export function answerOf(
  handler: Handler, event: StreamEvent, context: object, nodeVersion: number | undefined, whenNothingIsLeft: (answer: () => void) => void,
): unknown {
  const takesCallback = handler.length >= 3;
  if ((nodeVersion ?? (takesCallback ? 22 : 24)) >= 24) {
    if (takesCallback) {
      throw Object.assign(new Error('The handler takes a callback, which Lambda refuses from Node.js 24 on. Make it an async function.'),
        { name: 'Runtime.CallbackHandlerDeprecated' });
    }
    return handler(event, context, undefined);
  }
  return new Promise((resolve, reject) => {
    const result: any = handler(event, context, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)));
    if (typeof result?.then === 'function') {
      resolve(result);
    } else if (takesCallback) {
      whenNothingIsLeft(() => resolve(null));
    } else {
      resolve(null);
    }
  });
}
