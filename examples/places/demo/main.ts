import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ChangeMessageVisibilityCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteCommand, DynamoDBDocumentClient, paginateScan, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import Table from 'cli-table3';
import { type Change, roundsOfChanges } from './changes';
import { Ledger } from './ledger';
import { screenOn } from './progress';
import { type LocalEvent, type LocalRun, LocalRunError, startLocal } from '../../../lib/local';
import type { StreamRecord } from '../../../lib/stream/record';
import { synthesize } from '../../synthesize';
import { auditLine } from '../audit';
import { type CountryTimeZone, type Place, type PlaceInTimeZone, project } from '../place';

/** The demo: the synthesized example app, run on this machine, an account of every record, and a redrive of the one that failed. */
const { values: { json, kill, synthesized } } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    kill: { type: 'boolean', default: false },
    /** The app is in cdk.out as it is now. */
    synthesized: { type: 'boolean', default: false },
  },
});
// Under an old Node.js, the SDK would print a warning that is not about the demo.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
/** With `--json`, the summary is all that is printed. */
const screen = json ? undefined : screenOn(process.stdout);
const credentials = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const WRITES_AT_ONCE = 16;
/** Of places that have none of their own, once somebody knows it. */
const USUAL_TIME_ZONE = 'Antarctica/McMurdo';
const COMMAND = resolve(__dirname, '..', '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');

main().then((exitCode) => process.exit(exitCode), (error) => {
  console.error(error instanceof LocalRunError ? error.message : error);
  process.exit(1);
});

async function main(): Promise<number> {
  if (!synthesized) {
    await synthesize();
  }
  const ledger = new Ledger();
  screen?.print('Starting DynamoDB Local, SQS and the functions of the app.');
  let killMidBatch = kill ? midBatchKiller(() => run.kill(run.triggers[0].functionName)) : undefined;
  const run = await startLocal({
    observer: (event) => {
      observe(event, ledger);
      if (killMidBatch?.(event)) {
        killMidBatch = undefined;
      }
    },
  });
  try {
    const broken = run.failed.then((error) => Promise.reject(error));
    const summary = await Promise.race([feedAndAccount(run, ledger), broken]);
    if (killMidBatch) {
      throw new Error('The function was to be killed in the middle of a batch, but each had ended before.');
    }
    const isFine = nothingLost(summary) && onlyTheStationFailed(ledger);
    if (json) {
      console.log(JSON.stringify(summary));
    } else {
      screen!.print(`${tableOf(summary)}\n${isFine ? NEXT : 'Something is wrong: see the table.'}`);
    }
    return isFine ? 0 : 1;
  } finally {
    await run.stop();
  }
}

/** What became of the records; the last line with `--json`. */
interface Summary {
  readonly written: number;
  readonly delivered: number;
  readonly handlerCalls: number;
  readonly invocations: number;
  readonly retries: number;
  /** Records that were on the failure destination before the redrive. */
  readonly failed: number;
  /** Of them, those that the redrive got done, and messages that it left. */
  readonly redriven: number;
  readonly left: number;
  readonly lost: number;
  readonly orderViolations: number;
  /** Whether the projection equals the source, item by item. */
  readonly projectionEqual: boolean;
}

async function feedAndAccount(run: LocalRun, ledger: Ledger): Promise<Summary> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: run.endpoints.dynamodb, ...credentials }));
  const source = nameOf(run, 'Places/Places');
  const rounds = roundsOfChanges();
  let written = 0;
  const total = rounds.flat().length;
  // As wide at the start as at the end, so that the bar stays where it is.
  const figure = (number: number) => String(number).padStart(String(total).length);
  screen?.follow(() => ({ done: ledger.settled, total, text: `${figure(ledger.settled)} of ${total} records settled, ${figure(written)} written` }));
  try {
    for (const round of rounds) {
      await sideBySide(round, async (change) => {
        await write(client, source, change);
        written++;
      });
    }
    await run.drained();
    await readFailureQueue(run, ledger);
  } finally {
    screen?.stop();
  }

  const { delivered, handlerCalls, invocations, retries, orderViolations, failed } = ledger;
  const redriven = await redrive(run, client, failed);
  const places = await itemsOf<Place>(client, source);
  const projected = await itemsOf<PlaceInTimeZone>(client, nameOf(run, 'Places/PlacesByTimeZone'));
  return {
    written,
    delivered,
    handlerCalls,
    invocations,
    retries,
    failed: failed.length,
    ...redriven,
    lost: written - ledger.settled,
    orderViolations,
    projectionEqual: isProjectionEqual(places, projected),
  };
}

/** Mends what the handler lacked: the time zones of countries. Then brings the records back. */
async function redrive(run: LocalRun, client: DynamoDBDocumentClient, failed: readonly StreamRecord[]): Promise<Pick<Summary, 'redriven' | 'left'>> {
  for (const { dynamodb } of failed) {
    const Item: CountryTimeZone = { country: dynamodb!.Keys!.country.S!, timeZone: USUAL_TIME_ZONE };
    await client.send(new PutCommand({ TableName: nameOf(run, 'Places/CountryTimeZones'), Item }));
  }
  const args = ['redrive', '--queue-url', run.queues[0].url];
  screen?.print('One record could not be processed: its place has no time zone. Now the table of time zones has a usual one, and the record comes back:\n'
    + `npx dynamo-stream-trigger ${args.join(' ')}`);
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args, '--wait', '--json'], { env: { ...process.env, ...run.variables } });
  const { tally, givenBack } = JSON.parse(stdout.trim().split('\n').at(-1)!);
  return { redriven: tally.done, left: givenBack };
}

function observe(event: LocalEvent, ledger: Ledger): void {
  if (event.type === 'invocationStarted') {
    ledger.invoked(event.shardId, event.event);
  } else if (event.type === 'warning') {
    screen ? screen.print(`Note: ${event.message}`) : console.warn(event.message);
  } else if (event.type === 'log') {
    const line = auditLine(event.line);
    if (line) {
      ledger.called(line);
    } else {
      screen?.print(`${event.functionName} | ${inShort(event.line)}`);
    }
  }
}

/**
 * Kills the function when it has done half of a batch. Answers whether that broke the batch off: on a busy machine the function may have
 * answered by the time its lines are read, and the next batch has to do.
 */
function midBatchKiller(killFunction: () => void): (event: LocalEvent) => boolean {
  let half = 0;
  return (event) => {
    if (event.type === 'invocationStarted') {
      const { length } = event.event.Records;
      half = length >= 10 ? Math.floor(length / 2) : 0;
    } else if (event.type === 'log' && auditLine(event.line) && half > 0 && --half === 0) {
      killFunction();
    }
    return event.type === 'invocationEnded' && event.outcome.type === 'error' && event.outcome.errorType === 'Runtime.ExitError';
  };
}

async function write(client: DynamoDBDocumentClient, TableName: string, { type, place }: Change): Promise<void> {
  const Key = { country: place.country, place: place.place };
  switch (type) {
    case 'insert':
      await client.send(new PutCommand({ TableName, Item: withoutUndefined(place) }));
      break;
    case 'update':
      await client.send(new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: 'SET population = :population, #timeZone = :timeZone',
        ExpressionAttributeNames: { '#timeZone': 'timeZone' },
        ExpressionAttributeValues: { ':population': place.population, ':timeZone': place.timeZone },
      }));
      break;
    case 'delete':
      await client.send(new DeleteCommand({ TableName, Key }));
      break;
  }
}

async function sideBySide<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all.values();
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, async () => {
    for (const one of waiting) {
      await work(one);
    }
  }));
}

/** As any owner of the app would look at it. The messages stay. */
async function readFailureQueue(run: LocalRun, ledger: Ledger): Promise<void> {
  const client = new SQSClient({ endpoint: run.endpoints.sqs, ...credentials });
  const QueueUrl = run.queues[0].url;
  const received: Message[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) {
      break;
    }
    received.push(...Messages);
  }
  for (const { Body, ReceiptHandle } of received) {
    ledger.gaveUp(JSON.parse(Body!));
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  }
}

async function itemsOf<Item>(client: DynamoDBDocumentClient, TableName: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    items.push(...Items as Item[]);
  }
  return items;
}

function isProjectionEqual(places: readonly Place[], projected: readonly PlaceInTimeZone[]): boolean {
  const byKey = (items: readonly PlaceInTimeZone[]) => new Map(items.map((item) => [`${item.timeZone}#${item.countryAndPlace}`, item]));
  return isDeepStrictEqual(byKey(places.map((place) => project(place, place.timeZone ?? USUAL_TIME_ZONE))), byKey(projected));
}

function nothingLost({ written, delivered, failed, redriven, left, lost, orderViolations, projectionEqual }: Summary): boolean {
  return delivered === written && lost === 0 && orderViolations === 0 && redriven === failed && left === 0 && projectionEqual;
}

/** The station's is the one record that the handler can't process. */
function onlyTheStationFailed({ failed }: Ledger): boolean {
  return failed.length === 1 && failed[0].dynamodb?.NewImage?.timeZone === undefined;
}

function tableOf(summary: Summary): string {
  const table = new Table({ style: { compact: true, border: [] } });
  table.push(
    { 'records written': summary.written },
    { delivered: summary.delivered },
    { 'handler calls': summary.handlerCalls },
    { retries: summary.retries },
    { invocations: summary.invocations },
    { 'on the failure destination': summary.failed },
    { 'redriven from there': summary.redriven },
    { 'left there': summary.left },
    { lost: summary.lost },
    { 'out of order within an item': summary.orderViolations },
    { 'projection equals the source': summary.projectionEqual ? 'yes' : 'NO' },
  );
  return table.toString();
}

/** What the runtime logs of a failure, without what it is for to search by. */
function inShort(line: string): string {
  try {
    const { message, error, outcome } = JSON.parse(line);
    return `${message}: ${error}, ${outcome}`;
  } catch {
    return line;
  }
}

const NEXT = [
  'Nothing was lost, and nothing was out of order. Where to go next:',
  '  npm run demo -- --kill     the same, and the function is killed in a batch',
  '  npm run example -- places  the same app, for changes that you make yourself',
  '  docs/getting-started.md    a trigger of your own, from an empty folder',
].join('\n');

function nameOf(run: LocalRun, path: string): string {
  return run.tables.find((table) => table.path === path)!.name;
}

function withoutUndefined(place: Place | Pick<Place, 'country' | 'place'>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));
}
