import { isDeepStrictEqual } from 'node:util';
import { Happenings } from './happenings';
import { count, iteratorAge, newTally, sumOf, type Tally } from './tally';
import { visible } from './visible';
import { LocalRunError, type LocalEvent, type LocalRun } from '../local';
import { counted } from '../view/counted';

/** Shows a local run to the person or program that started it. */
export interface Output {
  starting(): void;
  ready(run: LocalRun): void;
  happened(event: LocalEvent): void;
  /** The app is being synthesized, because these sources have changed; none at the start. */
  synthesizing(changed: readonly string[]): void;
  /** The app in this folder is newer than the one that runs. `way`: how it is taken over. */
  newer(folder: string, way: string): void;
  /** A newer app could not be synthesized or taken over. The old one goes on. */
  notTakenOver(reason: Error): void;
  /** `failure`: what ended the run, or kept it from starting. */
  ended(failure?: Error): void;
}

/** Lines for people. On a terminal there is a status below them. */
export function lines(out: NodeJS.WriteStream): Output {
  const tally = newTally();
  /** Draws the status; undefined while there is none. */
  let timer: NodeJS.Timeout | undefined;
  let isReady = false;
  const happenings = new Happenings(out.isTTY && process.env.NO_COLOR === undefined);

  return {
    starting: () => print('Starting. Ctrl-C ends it.'),
    ready: (run) => {
      isReady = true;
      print(overview(run, out.isTTY ? out.columns : Infinity));
      if (out.isTTY) {
        timer = setInterval(() => out.write(`\r${status()}${CLEAR}`), STATUS_INTERVAL);
      }
    },
    happened: (event) => {
      count(tally, event, Date.now());
      const happened = happenings.lines(event);
      if (happened.length > 0) {
        print(happened.join('\n'));
      }
    },
    synthesizing: (changed) => print(changed.length === 0 ? 'Synthesizing the app.' : `Synthesizing: ${changedSources(changed)}.`),
    newer: (folder, way) => print(`${folder} is newer than what runs. ${way}`),
    notTakenOver: ({ message }) => print(`Not taken over, the old app goes on: ${visible(message)}`),
    ended: (failure) => {
      clearInterval(timer);
      timer = undefined;
      if (isReady) {
        print(summaryOf(tally));
      }
      if (failure) {
        console.error(visible(failure.message));
      }
    },
  };

  /** In one write with the status, because the status would flicker otherwise. */
  function print(text: string): void {
    out.write(out.isTTY ? `\r${CLEAR}${text}\n${timer ? status() : ''}` : `${text}\n`);
  }

  /** Leaves room for the ^C that a terminal echoes: in the last column it would begin a new line. */
  function status(): string {
    return fitting(statusOf(tally, Date.now()), out.columns - 3);
  }
}

function changedSources(files: readonly string[]): string {
  const [first] = files;
  return files.length === 1 ? `${visible(first)} has changed` : `${visible(first)} and ${counted(files.length - 1, 'other file')} have changed`;
}

/** Clears the rest of the line. */
const CLEAR = '\u001b[K';

/** A part of the status, with a shorter form for a narrow terminal. */
type Part = readonly [long: string, short?: string];

/** All of the parts if they fit in the line. Otherwise the short form of as many as fit, in this order. */
function fitting(parts: readonly Part[], width: number): string {
  const line = parts.map(([long]) => long).join(', ');
  return line.length <= width ? line : parts.reduce((shorter, [long, short = long]) => {
    const longer = shorter === '' ? short : `${shorter}, ${short}`;
    return longer.length <= width ? longer : shorter;
  }, '');
}

/** One JSON object per line, for programs: what is ready, each event, the status, and the totals. Only what functions print or return can hold an item. */
export function jsonLines(out: NodeJS.WriteStream): Output {
  const tally = newTally();
  let timer: NodeJS.Timeout | undefined;
  let lastStatus: object | undefined;
  const print = (value: object) => out.write(`${JSON.stringify(value)}\n`);
  return {
    starting: () => print({ type: 'starting' }),
    ready: ({ endpoints, variables, tables, queues, topics, buckets, triggers }) => {
      const names = (resources: LocalRun['tables']) => resources.map(({ path, name, arn }) => ({ path, name, arn }));
      print({
        type: 'ready',
        endpoints,
        variables,
        tables: names(tables),
        queues: queues.map(({ path, name, arn, url }) => ({ path, name, arn, url })),
        topics: names(topics),
        buckets: names(buckets),
        triggers,
      });
      timer = setInterval(() => {
        const status = figuresOf(tally, Date.now());
        if (!isDeepStrictEqual(status, lastStatus)) {
          print({ type: 'status', ...status });
          lastStatus = status;
        }
      }, JSON_STATUS_INTERVAL);
    },
    happened: (event) => {
      const at = Date.now();
      count(tally, event, at);
      print({ ...withoutItems(event, at), at });
    },
    synthesizing: (changed) => print({ type: 'synthesizing', changed }),
    newer: (folder) => print({ type: 'newer', folder }),
    notTakenOver: (reason) => print({ type: 'notTakenOver', ...(reason instanceof LocalRunError && { code: reason.code }), message: reason.message }),
    ended: (failure) => {
      if (failure) {
        print({ type: 'error', ...(failure instanceof LocalRunError && { code: failure.code }), message: failure.message });
      }
      clearInterval(timer);
      print({ type: 'summary', ...figuresOf(tally, Date.now()) });
    },
  };
}

/** How often the status is drawn on a terminal, in milliseconds. */
const STATUS_INTERVAL = 250;
/** How often the status is printed as JSON, if it has changed, in milliseconds. */
const JSON_STATUS_INTERVAL = 1000;

function figuresOf(tally: Tally, now: number): object {
  const { triggers: _, highestAge, ...sums } = tally;
  return {
    shards: sumOf(tally, 'shards'), inFlight: sumOf(tally, 'inFlight'), iteratorAge: iteratorAge(tally, now), highestIteratorAge: highestAge, ...sums,
  };
}

/** The parts of the status, the most important first. */
function statusOf(tally: Tally, now: number): Part[] {
  const { invocations, errors, retries, splits, filtered, parked, failed, lost } = tally;
  const age = seconds(iteratorAge(tally, now));
  const parts: (Part | false)[] = [
    lost > 0 && [`${lost} LOST`],
    [`iterator age ${age}`, `age ${age}`],
    [`${sumOf(tally, 'inFlight')} in flight`],
    [`${counted(invocations, 'invocation')}${errors > 0 ? ` (${errors} failed)` : ''}`, `${errors}/${invocations} failed`],
    [counted(retries, 'retry', 'retries')],
    splits > 0 && [counted(splits, 'split')],
    failed > 0 && [`${failed} given up`],
    parked > 0 && [`${parked} parked`],
    [counted(sumOf(tally, 'shards'), 'shard')],
    filtered > 0 && [`${filtered} filtered out`],
  ];
  return parts.filter((part) => part !== false);
}

function summaryOf(tally: Tally): string {
  const { invocations, errors, retries, splits, filtered, parked, failed, lost, highestAge } = tally;
  const interrupted = sumOf(tally, 'inFlight');
  return [
    `Invocations    ${invocations}, ${errors} of them failed${interrupted > 0 ? `, ${interrupted} more interrupted` : ''}`,
    `Retries        ${retries}`,
    `Splits         ${splits}`,
    `Filtered out   ${counted(filtered, 'record')}`,
    `Parked         ${counted(parked, 'record')}, by the runtime`,
    `Given up       ${counted(failed, 'record')}, to a failure destination`,
    `Lost           ${counted(lost, 'record')}`,
    `Iterator age   ${seconds(highestAge)} at most`,
  ].join('\n');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** What a user needs to write to the tables and to read the destinations. A value that would be broken at the end of the line has the next one. */
function overview(run: LocalRun, columns: number): string {
  const entry = (label: string, value: string, path: string) => {
    const line = `${label.padEnd(LABEL)}${value}  (${path})`;
    return line.length <= columns ? line : `${label.padEnd(LABEL)}${path}\n${value}`;
  };
  return [
    `DynamoDB       ${run.endpoints.dynamodb}`,
    `Lambda         ${run.endpoints.lambda}, and the streams of the tables`,
    `SQS, SNS, S3   ${run.endpoints.sqs}`,
    ...run.tables.map((table) => entry('Table', table.name, table.path)),
    ...run.queues.map((queue) => entry('Queue', queue.url, queue.path)),
    ...run.topics.map((topic) => entry('Topic', topic.arn, topic.path)),
    ...run.buckets.map((bucket) => entry('Bucket', bucket.name, bucket.path)),
    ...run.triggers.map((trigger) => entry('Trigger', `${trigger.tableName} -> ${trigger.functionName}`, trigger.path)),
    'These lines send AWS tools and SDKs in another terminal here:',
    ...Object.entries(run.variables).map(([name, value]) => `export ${name}=${value}`),
    'Ready. Write to the tables with any AWS client. Ctrl-C ends the run.',
  ].join('\n');
}

/** The width of the first column, with the space behind it. */
const LABEL = 15;

/** Numbers instead of records, which hold items. */
function withoutItems(event: LocalEvent, now: number): object {
  switch (event.type) {
    case 'invocationStarted': {
      const { event: { Records }, ...others } = event;
      const last = Records.at(-1)?.dynamodb;
      const created = last?.ApproximateCreationDateTime;
      return {
        ...others,
        records: Records.length,
        first: Records[0]?.dynamodb?.SequenceNumber,
        last: last?.SequenceNumber,
        iteratorAgeMs: created === undefined ? undefined : now - created * 1000,
      };
    }
    case 'invocationEnded': {
      const { event: { Records }, ...others } = event;
      return { ...others, records: Records.length };
    }
    case 'delivered': {
      // What goes to a bucket holds the whole event.
      const { payload: _, ...message } = event.message as typeof event.message & { payload?: unknown };
      return { ...event, message, records: event.records.length };
    }
    case 'notice': {
      const { notice } = event;
      return { ...event, notice: notice.type === 'dropped' ? { ...notice, records: notice.records.length } : notice };
    }
    default:
      return event;
  }
}
