import { Session, waitForDebugger } from 'node:inspector';
import { pathToFileURL } from 'node:url';

/**
 * Waits for a debugger, and has it stop at the first line of a file that is loaded next.
 *
 * Node.js itself can stop only at the first line of the program, and here that is not the user's.
 *
 * @returns is called when the file is loaded
 */
export function stopAtFirstLine(file: string): () => void {
  waitForDebugger();
  const session = new Session();
  session.connect();
  session.post('Debugger.enable');
  session.post('Debugger.setBreakpointByUrl', { url: pathToFileURL(file).href, lineNumber: 0, columnNumber: 0 });
  return () => session.disconnect();
}
