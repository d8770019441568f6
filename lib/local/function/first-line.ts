import { open, Session } from 'node:inspector';
import { pathToFileURL } from 'node:url';

/**
 * Waits for a debugger, and has it stop at the first line of a file that is loaded next.
 *
 * Node.js itself can stop only at the first line of the program, and here that is not the user's.
 *
 * @returns is called when the file is loaded
 */
export function stopAtFirstLine(file: string, port: number): () => void {
  // Not earlier: a debugger that attaches before the wait begins would be waited for without end.
  open(port, '127.0.0.1', true);
  const session = new Session();
  session.connect();
  session.post('Debugger.enable');
  session.post('Debugger.setBreakpointByUrl', { url: pathToFileURL(file).href, lineNumber: 0, columnNumber: 0 });
  return () => session.disconnect();
}
