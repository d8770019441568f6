import { Presets, SingleBar } from 'cli-progress';
import { MessagesInFlight, type Overview, RedriveRefused, type Result } from '../redrive';
import { counted } from '../view/counted';

/** Shows a redrive to the person or program that started it. */
export interface RedriveOutput {
  started(source: string, isBucket: boolean): void;
  waiting(others: number): void;
  found(overview: Overview): void;
  progress(settled: number, of: number): void;
  /** It was asked to stop; `again`: for the second time. */
  stopping(again: boolean): void;
  ended(result: Result, exitCode: number): void;
  failed(error: Error): void;
}

/** The options that change the output. */
interface Asked {
  readonly superseded: string;
  readonly dryRun?: boolean;
  readonly toFile?: string;
  readonly report?: string;
}

const BAR = { hideCursor: true, etaBuffer: 100, barsize: 20, clearOnComplete: true };

/** Lines for people. On a terminal there is a bar while records are sent. */
export function redriveText(out: NodeJS.WriteStream, asked: Asked): RedriveOutput {
  const bar = out.isTTY
    ? new SingleBar({ ...BAR, format: barFormat(out.columns), stream: out }, Presets.legacy)
    : undefined;
  let started = 0;
  let lastWaited = 0;
  const print = (...lines: string[]) => out.write(lines.map((line) => `${line}\n`).join(''));
  return {
    started: (source, isBucket) => print(
      `Reading ${source}`,
      ...isBucket ? ['Note: nothing keeps others from a bucket. Run one redrive at a time.'] : [],
    ),
    waiting: (others) => {
      if (others !== lastWaited) {
        print(`Waiting for ${counted(others, 'message')} that another run has`);
        lastWaited = others;
      }
    },
    found: (overview) => print(...overviewLines(overview, asked)),
    progress: (settled, of) => {
      if (bar && started === 0) {
        started = Date.now();
        bar.start(of, 0, { rate: '0' });
      }
      bar?.update(settled, { rate: (settled / Math.max(0.001, (Date.now() - started) / 1000)).toFixed(0) });
    },
    stopping: (again) => {
      bar?.stop();
      print(again ? 'Stopping now.' : 'Stopping: waiting for what is under way. Ctrl-C again does not wait.');
    },
    ended: (result) => {
      bar?.stop();
      print(...resultLines(result, asked));
    },
    failed: (error) => {
      bar?.stop();
      const isExpected = error instanceof RedriveRefused || error instanceof MessagesInFlight;
      process.stderr.write(`${isExpected ? error.message : `Unexpected: ${error.stack ?? error.message}\nWhat is not done was given back, or comes back when its visibility timeout is over.`}\n`);
    },
  };
}

/** JSON objects: what was found, what became of it, and an error if there is one. */
export function redriveJson(out: NodeJS.WriteStream): RedriveOutput {
  const print = (value: object) => out.write(`${JSON.stringify(value)}\n`);
  return {
    started: (source) => print({ type: 'started', source }),
    waiting: (others) => print({ type: 'waiting', others }),
    found: (overview) => print({ type: 'found', ...overview }),
    progress: () => {},
    stopping: () => print({ type: 'stopping' }),
    ended: (result, exitCode) => print({ type: 'summary', ...result, exitCode }),
    failed: (error) => print({ type: 'error', name: error.name, message: error.message }),
  };
}

function barFormat(columns: number): string {
  return columns < 70 ? '{percentage}% of {total}, {rate}/s, {eta_formatted} left' : '{bar} {percentage}% of {total} records, {rate}/s, {eta_formatted} left';
}

function overviewLines(overview: Overview, asked: Asked): string[] {
  const { kinds, messages, left, records, items, inexact, lost, superseded, ways, hoursLeft, remarks, notes = [] } = overview;
  const { batches, records: parked, pointers, unknown, empty } = kinds;
  const parts = [`${counted(batches, 'failed batch', 'failed batches')}`, `${counted(parked, 'parked record')}`, ...unknown > 0 ? [`${unknown} unknown`] : [],
    ...empty > 0 ? [`${empty} with nothing to do`] : []];
  return [
    `Messages       ${messages}: ${parts.join(', ')}`,
    ...left > 0 ? [`Left           ${counted(left, 'message')} more: the limit is reached`] : [],
    `Records        ${records}, of ${counted(items, 'item')}`,
    ...ways.map((way) => `               ${way.records} from ${nameOf(way.tableArn)} to ${nameOf(way.functionArn)}`),
    ...hoursLeft === undefined ? [] : [`Expire         the first in ${hoursLeft.toFixed(1)} hours (${pointers} messages point at the stream)`],
    ...superseded > 0 ? [`Superseded     ${superseded}: their items have changed since; ${asked.toFile === undefined ? POLICIES[asked.superseded] : 'they are written too'}`] : [],
    ...inexact > 0 ? [`Inexact        ${inexact}: they may not have been in their batch`] : [],
    ...lost > 0 ? [`Lost           ${lost}: the stream no longer has them`] : [],
    ...[...remarks, ...notes].map((note) => `Note: ${note}`),
  ];
}

const POLICIES: Readonly<Record<string, string>> = {
  hold: 'they are held', send: 'they are sent', skip: 'they are skipped', refresh: 'they are made again from their items',
};

function resultLines({ tally, removed, givenBack, left, stopped, notGivenBack }: Result, { dryRun, toFile, report }: Asked): string[] {
  const rows: [string, number, string][] = [
    ['Done', tally.done, ''],
    ['Overtaken', tally.overtaken, 'done, but their items changed meanwhile: compare them'],
    ['Skipped', tally.skipped, 'their items have changed since'],
    ['Written', tally.written, `to ${toFile}`],
    ['Held', tally.held, 'items changed since: --superseded send, skip or refresh'],
    ['Inexact', tally.inexact, 'they may not have been in their batch: --inexact send'],
    ['Failed', tally.failed, 'fix the function, and run this again'],
    ['Too large', tally.tooLarge, 'their event is above 6 MB: --to-file'],
    ['Not tried', dryRun ? 0 : tally.notTried, 'run this again'],
    ['Lost', tally.lost, 'gone from the stream: scan the table, then --forget-lost'],
    ['Unknown', tally.unknown, 'not ours, or what they name can\'t be read'],
  ];
  return [
    ...dryRun ? ['A dry run: nothing was sent.'] : [],
    ...stopped === undefined ? [] : [`Stopped: ${stopped}.`],
    ...rows.filter(([, count]) => count > 0).map(([name, count, hint]) => `${name.padEnd(14)} ${count}${hint && `  ${hint}`}`),
    `Messages       ${removed} deleted, ${givenBack} given back${left > 0 ? `, ${left} not taken: run this again` : ''}`,
    ...notGivenBack === undefined ? [] : [`Note: messages could not be given back, and are invisible until their visibility timeout is over. ${notGivenBack}`],
    ...report === undefined && tally.held + tally.failed + tally.inexact + tally.overtaken + tally.lost + tally.unknown > 0
      ? ['--report FILE says what became of each record.'] : [],
  ];
}

/** The last part of a table's or a function's ARN. */
function nameOf(arn: string): string {
  return arn.split(':').slice(5).join(':').replace(/^(table\/|function:)/, '') || arn;
}
