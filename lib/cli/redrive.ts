import { closeSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodeOf } from './redrive-exit';
import { type RedriveOutput, redriveJson, redriveText } from './redrive-output';
import { isWanted } from './redrive-question';
import { END_SIGNALS } from '../local/process/process-end';
import {
  checkFilters, fileSource, INEXACT_POLICIES, MessagesInFlight, MOST_BATCH_SIZE, MOST_IN_FLIGHT, type Overview, REAL_CLOCK, redrive, REDRIVE_DEFAULTS,
  type RedriveOptions, RedriveRefused, type ReportLine, type Source, spoolFile, SUPERSEDED_POLICIES,
} from '../redrive';
import { awsPorts, bucketSource, type Clients, clientsOf, queueSource, regionOfQueue } from '../redrive/aws';

/** What was typed. */
interface Flags {
  readonly queueUrl?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly file?: string;
  readonly function?: string;
  readonly superseded: RedriveOptions['superseded'];
  readonly inexact: RedriveOptions['inexact'];
  readonly filter?: string[];
  readonly batchSize: number;
  readonly concurrency: number;
  readonly limit: number;
  readonly dryRun?: boolean;
  readonly toFile?: string;
  readonly report?: string;
  readonly forgetLost?: boolean;
  readonly wait?: boolean;
  readonly visibility: number;
  readonly region?: string;
  readonly profile?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** `dynamo-stream-trigger redrive`: brings back what is on a failure destination. docs/operate/redrive.md has the exit codes. */
export function redriveCommand(): Command {
  const { superseded, inexact, batchSize, concurrency, limit } = REDRIVE_DEFAULTS;
  return new Command('redrive')
    .description('Bring failed batches and parked records back to their function')
    .option('--queue-url <url>', 'the queue that the failures are on, or the to-do queue of a FailureStore')
    .option('--bucket <name>', 'the bucket that the failures are in')
    .option('--prefix <text>', 'only objects of the bucket whose key starts with this text')
    .option('--file <file>', 'a file with a message on each line')
    .option('--function <name or ARN>', 'invoke this function instead of the one that a message names')
    .addOption(new Option('--superseded <policy>', 'what happens to records whose item has changed since').choices(SUPERSEDED_POLICIES).default(superseded))
    .addOption(new Option('--inexact <policy>', 'what happens to records that may not have been in the failed batch').choices(INEXACT_POLICIES).default(inexact))
    .option('--filter <json>', 'the filter that the mapping had at that time, if it has changed; can be repeated', collected)
    .option('--batch-size <n>', 'the most records in an event', wholeNumber(1, MOST_BATCH_SIZE), batchSize)
    .option('--concurrency <n>', 'the most invocations at once', wholeNumber(1, 1000), concurrency)
    .option('--limit <n>', 'the most messages', wholeNumber(1, MOST_IN_FLIGHT), limit)
    .option('--dry-run', 'read everything, invoke nothing, and give everything back')
    .option('--to-file <file>', 'write the events to a file, an event on each line, instead of invoking; delete nothing')
    .option('--report <file>', 'write what became of each record to a file, as JSON on a line')
    .option('--forget-lost', 'delete messages whose records are lost')
    .option('--wait', 'wait for messages that another run has received')
    .option('--visibility <seconds>', 'for how long messages are hidden from others at a time', wholeNumber(60, 43_200), 900)
    .option('--region <region>', 'the Region, where a URL or an ARN does not name one')
    .option('--profile <name>', 'a profile of the AWS configuration')
    .option('--json', 'print one JSON object per line')
    .option('--yes', 'do not ask before invoking')
    .exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(async (flags: Flags) => process.exit(await run(flags, flags.json ? redriveJson(process.stdout) : redriveText(process.stdout, flags))));
}

async function run(flags: Flags, output: RedriveOutput): Promise<number> {
  // There may be 100,000 messages, of which little is kept: garbage must not take more memory than they do.
  setFlagsFromString('--optimize-for-size');
  try {
    return await redriveWith(flags, output);
  } catch (error) {
    output.failed(error as Error);
    return error instanceof RedriveRefused ? 2 : error instanceof MessagesInFlight ? 4 : 1;
  }
}

async function redriveWith(flags: Flags, output: RedriveOutput): Promise<number> {
  const { region = regionOfQueue(flags.queueUrl ?? ''), profile } = flags;
  checkFlags(flags);
  const clients = clientsOf({ region, profile });
  const spool = spoolFile(tmpdir());
  const toFile = lineFile(flags.toFile, '--to-file');
  const report = lineFile(flags.report, '--report');
  const { stop, hurry, forget } = signals(output);
  try {
    const source = sourceOf(flags, clients);
    output.started(source.name, flags.bucket !== undefined);
    const options = optionsOf(flags, toFile?.write);
    let found: Overview | undefined;
    let began = false;
    const result = await redrive(awsPorts({ clients, source, spool, clock: REAL_CLOCK, hurry }), options, stop, {
      report: report && ((line: ReportLine) => report.write(JSON.stringify(line))),
      waiting: (others) => output.waiting(others),
      progress: (settled, of) => output.progress(settled, of),
      found: async (overview) => {
        found = overview;
        output.found(overview);
        return began = await isWanted(flags, overview, stop, process.stdin, process.stderr);
      },
    }).catch((error) => {
      // Exit code 2 says that nothing was invoked.
      throw began && error instanceof RedriveRefused ? new Error(error.message, { cause: error }) : error;
    });
    const exitCode = exitCodeOf(result, found, options);
    output.ended(result, exitCode);
    return exitCode;
  } finally {
    forget();
    spool.close();
    toFile?.close();
    report?.close();
    clients.destroy();
  }
}

function checkFlags({ queueUrl, bucket, file, prefix, filter }: Flags): void {
  const given = [queueUrl, bucket, file].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new RedriveRefused(`${given.length === 0 ? 'Nothing says' : 'More than one option says'} where the failures are. `
      + 'Give one of --queue-url, --bucket and --file.');
  }
  if (prefix !== undefined && bucket === undefined) {
    throw new RedriveRefused('--prefix is for a bucket. Give --bucket with it, or omit it.');
  }
  checkFilters(filter ?? []);
}

function sourceOf({ queueUrl, bucket, prefix, file, visibility }: Flags, clients: Clients): Source {
  if (queueUrl !== undefined) {
    return queueSource(clients.sqs(regionOfQueue(queueUrl)), { url: queueUrl, visibility, clock: REAL_CLOCK });
  }
  return bucket !== undefined ? bucketSource(clients.s3(), bucket, prefix) : fileSource(file!);
}

function optionsOf(flags: Flags, write: ((event: string) => void) | undefined): RedriveOptions {
  const { superseded, inexact, batchSize, concurrency, limit, filter: filters, function: functionArn } = flags;
  const { dryRun = false, forgetLost = false, wait = false } = flags;
  return { superseded, inexact, batchSize, concurrency, limit, filters, functionArn, dryRun, forgetLost, wait, write };
}

/** The first signal to end lets invocations end, the second does not. */
function signals(output: RedriveOutput): { stop: AbortSignal; hurry: AbortSignal; forget: () => void } {
  const [stop, hurry] = [new AbortController(), new AbortController()];
  const onSignal = () => {
    output.stopping(stop.signal.aborted);
    (stop.signal.aborted ? hurry : stop).abort();
  };
  END_SIGNALS.forEach((signal) => process.on(signal, onSignal));
  return { stop: stop.signal, hurry: hurry.signal, forget: () => END_SIGNALS.forEach((signal) => process.off(signal, onSignal)) };
}

/** A new file for lines that hold data, which only its owner can read. */
function lineFile(name: string | undefined, option: string): { write: (line: string) => void; close: () => void } | undefined {
  if (name === undefined) {
    return undefined;
  }
  let file: number;
  try {
    file = openSync(name, 'wx', 0o600);
  } catch (error) {
    throw new RedriveRefused((error as NodeJS.ErrnoException).code === 'EEXIST'
      ? `The file ${name} of ${option} exists already. Name a new one.`
      : `The file ${name} of ${option} can't be written: ${(error as Error).message}.`);
  }
  return { write: (line) => writeSync(file, `${line}\n`), close: () => closeSync(file) };
}

function collected(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
