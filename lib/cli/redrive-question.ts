import { createInterface } from 'node:readline/promises';
import type { Overview, RedriveOptions } from '../redrive';

/** What was typed. */
interface Flags {
  readonly superseded: RedriveOptions['superseded'];
  readonly dryRun?: boolean;
  readonly toFile?: string;
  readonly yes?: boolean;
}

/** Whether to invoke the function. Asks only at a terminal, and only if something would be sent. */
export async function isWanted(
  { yes, dryRun, toFile, superseded: policy }: Flags, { sendable, superseded }: Pick<Overview, 'sendable' | 'superseded'>, stop: AbortSignal,
  input: NodeJS.ReadStream, output: NodeJS.WriteStream,
): Promise<boolean> {
  const wouldBeSent = sendable - (policy === 'hold' ? superseded : 0);
  if (yes || dryRun || toFile !== undefined || wouldBeSent === 0 || !input.isTTY || !output.isTTY) {
    return true;
  }
  const terminal = createInterface({ input, output });
  // A terminal that is read sends no signal at Ctrl-C.
  terminal.on('SIGINT', () => process.emit('SIGINT'));
  try {
    return /^y(es)?$/i.test((await terminal.question('Send them? [y/N] ', { signal: stop })).trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
