import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import type { Recording } from '../view';
import { counted } from '../view/counted';

interface ViewFlags {
  readonly out?: string;
}

type Room = typeof import('../view');

/**
 * `dynamo-stream-trigger view`: draws what `local --json` printed.
 *
 * @param load what draws: a file of its own, which the other commands don't need
 */
export function viewCommand(load: () => Promise<Room> = async () => import('../view/index.js')): Command {
  return new Command('view')
    .description('Draw what happened in a run of `local --json` as one HTML page')
    .argument('<file>', 'what `local --json` printed, or - for the standard input')
    .option('--out <file>', 'where to write the page; - writes it to the standard output (default: beside the file, ending in .html). A file that exists is replaced')
    .addHelpText('after', '\nIt ends with 0 if the page is written, and with 2 if the file can\'t be read or\nis not such a recording.')
    .action(async (file: string, { out = outFor(file) }: ViewFlags) => {
      process.exitCode = await run(await load(), file, out);
    });
}

function outFor(file: string): string {
  return file === '-' ? '-' : `${file.replace(/\.[^./\\]*$/, '')}.html`;
}

async function run({ createRecording, page, summary, titleOf }: Room, file: string, out: string): Promise<0 | 2> {
  const recording = createRecording();
  try {
    await read(file, recording);
  } catch (error) {
    return refused(`${file} can't be read: ${(error as Error).message}. Name a file that \`dynamo-stream-trigger local --json\` wrote.`);
  }
  const problem = problemOf(file, recording);
  if (problem !== undefined) {
    return refused(problem);
  }
  const { view } = recording.model;
  const html = page(view, titleOf(view));
  if (out === '-') {
    process.stdout.write(html);
  } else if (isSame(out, file)) {
    return refused(`--out names the recording itself, ${file}. Name another file.`);
  } else {
    try {
      writeFileSync(out, html);
    } catch (error) {
      return refused(`The page can't be written to ${out}: ${(error as Error).message}. Name another file with --out.`);
    }
    console.log(`${out}: ${summary(view).join(', ')}.`);
  }
  if (recording.unknown > 0) {
    console.error(`${counted(recording.unknown, 'line')} of ${file} could not be understood, and ${recording.unknown === 1 ? 'was' : 'were'} skipped.`);
  }
  return 0;
}

/** Whether two paths are of one file, be it by a link. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function refused(message: string): 2 {
  console.error(message);
  return 2;
}

/** Line by line: a recording of hours is larger than what fits in memory at once. */
async function read(file: string, recording: Recording): Promise<void> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  failed.catch(() => undefined);
  const lines = (async () => {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      recording.add(line);
    }
  })();
  await Promise.race([lines, failed]);
}

function problemOf(file: string, { known, drawn, unknown, model: { view: { batches, events } } }: Recording): string | undefined {
  const how = 'Record one with: dynamo-stream-trigger local --json > run.jsonl';
  if (known + unknown === 0) {
    return `${file} is empty. ${how}`;
  }
  if (known === 0) {
    return `${file} is not a recording: no line of it is one of \`local --json\`. ${how}`;
  }
  if (drawn === 0) {
    return `${file} holds nothing that can be drawn: no trigger had started, or a version wrote it that did not print times. ${how}`;
  }
  return batches.length + events.length === 0 ? `${file} is a recording in which no function was invoked. Write to a table while it runs.` : undefined;
}
