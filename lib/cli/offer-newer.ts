import { createInterface } from 'node:readline';
import { assemblyContent } from './assembly-content';
import type { Output } from './output';
import type { LocalRun } from '../local';

/** How often the folder is looked at, in milliseconds. */
const INTERVAL = 1000;

/**
 * Says so when the app in the folder is newer than the one that runs, and takes over at Enter what is there.
 *
 * @param running the content of the folder that was read before the run began to start: it may have changed since
 * @returns a function that ends it
 */
export function offerNewer(run: LocalRun, folder: string, running: string | undefined, output: Output): () => void {
  const { stdin } = process;
  let seen = running;
  let offered = running;
  const timer = setInterval(() => {
    const content = assemblyContent(folder);
    // A folder that is being written is waited for: whole, and the same twice.
    const isWhole = content !== undefined && content === seen;
    seen = content;
    if (isWhole && content !== running && content !== offered) {
      offered = content;
      output.newer(folder, stdin.isTTY ? 'Enter takes it over.' : 'Start the run again to take it over. On a terminal, Enter does.');
    }
  }, INTERVAL);
  const keys = stdin.isTTY ? createInterface({ input: stdin }).on('line', takeOver) : undefined;
  return () => {
    clearInterval(timer);
    keys?.close();
  };

  function takeOver(): void {
    const content = assemblyContent(folder);
    run.takeOver().then(() => running = content, (error) => output.notTakenOver(error));
  }
}
