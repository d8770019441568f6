import { shared } from './handler-context';
import { HandlerInvocation } from './handler-invocation';
import { replace } from './replace';

/**
 * Lets `process.exit` in a handler end the simulated process, not that of the test.
 *
 * @returns a function that puts the old one back
 */
export function takeExit(): () => void {
  const { process } = globalThis;
  const before = process.exit;
  const exit: typeof process.exit = (code) => {
    const context = shared.running && shared.storage.getStore();
    if (!(context instanceof HandlerInvocation)) {
      return before.call(process, code);
    }
    context.exit(Number(code ?? process.exitCode ?? 0));
    // Whoever calls it expects that nothing follows.
    throw new Error('The process of the handler has ended: it called process.exit().');
  };
  return replace(process, { exit });
}
