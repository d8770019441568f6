import type { LocalEvent, LocalRun } from '../local';
import { count, newTally, type Tally } from './tally';

/** Shows a local run to whoever started it. */
export interface Output {
  starting(): void;
  ready(run: LocalRun): void;
  happened(event: LocalEvent): void;
  /** `failure`: what ended the run, or kept it from starting. */
  ended(failure?: Error): void;
}

/** Lines for people; on a terminal with a status below them. */
export function lines(out: NodeJS.WriteStream): Output {
  const tally = newTally();
  let isReady = false;
  let timer: NodeJS.Timeout | undefined;

  return {
    starting: () => print('Starting. Ctrl-C ends it.'),
    ready: (run) => {
      isReady = true;
      print(overview(run));
      if (out.isTTY) {
        timer = setInterval(() => showStatus(), STATUS_INTERVAL);
      }
    },
    happened: (event) => {
      count(tally, event, Date.now());
      const line = lineOf(event);
      if (line !== undefined) {
        print(line);
      }
    },
    ended: (failure) => {
      clearInterval(timer);
      if (isReady) {
        print(statusOf(tally));
      }
      if (failure) {
        clearStatus();
        console.error(failure.message);
      }
    },
  };

  function print(text: string): void {
    clearStatus();
    out.write(`${text}\n`);
  }

  function showStatus(): void {
    clearStatus();
    out.write(statusOf(tally).slice(0, out.columns - 1));
  }

  function clearStatus(): void {
    if (out.isTTY) {
      out.write('\r\u001b[K');
    }
  }
}

/** One JSON object a line, for machines: what is ready, what happened, and the sum of it. No line holds an item. */
export function jsonLines(out: NodeJS.WriteStream): Output {
  const tally = newTally();
  const print = (value: object) => out.write(`${JSON.stringify(value)}\n`);
  return {
    starting: () => print({ type: 'starting' }),
    ready: ({ endpoints, tables, queues, topics, buckets, triggers }) => {
      const names = (resources: LocalRun['tables']) => resources.map(({ path, name, arn }) => ({ path, name, arn }));
      print({
        type: 'ready',
        endpoints,
        tables: names(tables),
        queues: queues.map(({ path, name, arn, url }) => ({ path, name, arn, url })),
        topics: names(topics),
        buckets: names(buckets),
        triggers,
      });
    },
    happened: (event) => {
      count(tally, event, Date.now());
      if (!(event.type === 'notice' && event.notice.type === 'count' && event.notice.value === 0)) {
        print(withoutItems(event));
      }
    },
    ended: (failure) => {
      if (failure) {
        print({ type: 'error', name: failure.name, message: failure.message });
      }
      print({ type: 'summary', ...tally });
    },
  };
}

/** How often the status is drawn, in milliseconds. */
const STATUS_INTERVAL = 250;

function statusOf({ inFlight, invocations, errors, retries, failed, lost, iteratorAge }: Tally): string {
  return [
    `${invocations} invocations (${errors} failed, ${inFlight} under way)`,
    `${retries} retries`,
    `${failed} records on a failure destination`,
    ...(lost > 0 ? [`${lost} LOST`] : []),
    `iterator age ${(iteratorAge / 1000).toFixed(1)} s`,
  ].join(', ');
}

/** What a user has to know to write to the tables and to read the destinations. */
function overview(run: LocalRun): string {
  return [
    `DynamoDB       ${run.endpoints.dynamodb}`,
    `SQS, SNS, S3   ${run.endpoints.sqs}`,
    ...run.tables.map((table) => `Table          ${table.name}  (${table.path})`),
    ...run.queues.map((queue) => `Queue          ${queue.url}  (${queue.path})`),
    ...run.topics.map((topic) => `Topic          ${topic.arn}  (${topic.path})`),
    ...run.buckets.map((bucket) => `Bucket         ${bucket.name}  (${bucket.path})`),
    ...run.triggers.map((trigger) => `Trigger        ${trigger.tableName} -> ${trigger.functionName}  (${trigger.path})`),
    'Ready. Write to the tables with any AWS SDK client at this endpoint (any region, credentials of letters and digits). Ctrl-C ends the run.',
  ].join('\n');
}

/** A line for each event that says something to a person. */
function lineOf(event: LocalEvent): string | undefined {
  switch (event.type) {
    case 'warning': return `Note: ${event.message}`;
    case 'log': return `${event.functionName} | ${event.line}`;
    case 'invocationStarted': return undefined;
    case 'invocationEnded':
      return `${event.functionName} > ${event.event.Records.length} record(s) in ${Math.round(event.durationMs)} ms, ${resultOf(event.outcome)}`;
    case 'delivered': {
      const where = event.accepted ? `on ${event.destinationArn}` : `refused by ${event.destinationArn}: ${event.reason}`;
      return `${event.trigger} > ${event.message.requestContext.condition}: ${event.records.length} record(s) ${where}`;
    }
    case 'notice': return noticeLine(event);
  }
}

function resultOf(outcome: (LocalEvent & { type: 'invocationEnded' })['outcome']): string {
  switch (outcome.type) {
    case 'error': return `failed: ${outcome.errorType}: ${outcome.errorMessage}`;
    case 'throttled': return 'throttled';
    case 'response': {
      const failures = (outcome.response as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
      return Array.isArray(failures) && failures.length > 0 ? `not done from ${failures[0]?.itemIdentifier}` : 'done';
    }
  }
}

function noticeLine({ trigger, notice }: LocalEvent & { type: 'notice' }): string | undefined {
  switch (notice.type) {
    case 'retrying': return `${trigger} > retrying ${notice.records} record(s), attempt ${notice.attempt}`;
    case 'split': return `${trigger} > split into ${notice.first} and ${notice.second} record(s)`;
    case 'dropped': return `${trigger} > LOST ${notice.records.length} record(s): ${notice.reason}`;
    case 'trimmed': return `${trigger} > LOST what the stream no longer holds, after ${notice.after ?? 'its start'}`;
    case 'count': return undefined;
  }
}

function withoutItems(event: LocalEvent): object {
  switch (event.type) {
    case 'invocationStarted':
    case 'invocationEnded': {
      const { event: { Records }, ...others } = event;
      return { ...others, records: Records.length };
    }
    case 'delivered':
      return { ...event, records: event.records.length };
    case 'notice': {
      const { notice } = event;
      return { ...event, notice: notice.type === 'dropped' ? { ...notice, records: notice.records.length } : notice };
    }
    default:
      return event;
  }
}
