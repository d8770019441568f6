import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CollectOptions, Source } from './ports';
import { RedriveRefused } from './refusals';

/** A file with a message on each line. Nothing is deleted from it. */
export function fileSource(file: string): Source {
  return { name: file, collect, keep: async () => {}, remove: async () => {}, giveBack: async () => {} };

  async function collect({ limit, stop, take }: CollectOptions): Promise<{ left: number }> {
    let line = 0;
    let taken = 0;
    let left = 0;
    try {
      for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
        if (stop.aborted) {
          return { left };
        }
        line++;
        if (text.trim() === '') {
          continue;
        }
        if (taken === limit) {
          left++;
          continue;
        }
        taken++;
        take({ id: `line ${line}`, handle: String(line), text });
      }
    } catch (error) {
      throw new RedriveRefused(`The file ${file} can't be read: ${(error as Error).message}.`);
    }
    return { left };
  }
}
