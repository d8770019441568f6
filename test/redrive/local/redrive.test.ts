import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Calls } from './calls';
import { RedriveCommand, RedriveFunction } from './command';
import { addFailing, type Failing, failingApp, mend, ODD_MESSAGES, Running } from './failing-app';
import { clientsOf, operationOf, textOf, typedIn, typedLine, wordsOf } from './typed-commands';
import { type LocalEvent, type LocalRun, startLocal } from '../../../lib/local';
import type { RedriveFacts } from '../../../lib/stream/boundary';
import { newFolder } from '../../folder';

/** The real command against a real local run. `npm run redrive` does the same with more of everything. */
const [PAGE, ...RUNBOOKS] = ['redrive.md', 'operations.md', 'production.md'].map((page) => readFileSync(join(__dirname, '..', '..', '..', 'docs', 'operate', page), 'utf8'));
const folder = newFolder();
const FAILING: readonly Failing[] = [
  { id: 'Guarded', way: 'store', isGuarded: true },
  { id: 'Held', way: 'topic, in envelopes', isGuarded: false },
  { id: 'Sent', way: 'topic, raw', isGuarded: false },
  { id: 'Anew', way: 'queue, factor 4', isGuarded: false },
  { id: 'Killed', way: 'queue', isGuarded: true, slow: 100 },
  { id: 'Docs', way: 'queue', isGuarded: false },
  { id: 'Deployed', way: 'store', isGuarded: true },
  { id: 'Stopped', way: 'queue', isGuarded: true, slow: 100 },
];
let run: LocalRun;
let calls: Calls;
const running = new Map<string, Running>();
/** Called with each line that a function prints for a record that was redriven. */
let onHandled: (line: { id: string; eventId: string; sequenceNumber: string }) => void = () => {};

beforeAll(async () => {
  const app = failingApp(newFolder());
  FAILING.forEach((failing) => addFailing(app, folder, failing));
  run = await startLocal({ assembly: app.synth().directory, observer });
  calls = await Calls.before(run.variables);
  await Promise.all(FAILING.map(async (failing) => {
    const one = new Running(run, failing);
    running.set(failing.id, one);
    await one.subscribe();
    await one.write({ items: 15, rounds: 8, faulty: 12, poison: 3 });
  }));
  await run.drained();
  mend(folder);
});
afterAll(async () => {
  running.forEach((one) => one.stop());
  calls?.stop();
  await run?.stop();
});

function observer(event: LocalEvent): void {
  const line = event.type === 'log' && event.line.startsWith('{') ? JSON.parse(event.line) : undefined;
  if (line?.redriven) {
    onHandled(line);
  }
}

function command(id: string, ...args: string[]): RedriveCommand {
  return new RedriveCommand(['--queue-url', running.get(id)!.queueUrl, '--json', ...args], calls.variables, folder);
}

test('a guarded handler gets everything, and the projection equals the source', async () => {
  const guarded = running.get('Guarded')!;
  expect((await guarded.left()).objects).toBeGreaterThan(0);
  const sent = command('Guarded', '--superseded', 'send', '--report', join(folder, 'report'));
  expect([await sent.end(), sent.stderr]).toEqual([0, '']);
  expect(await guarded.wrongItems()).toEqual([]);
  expect(await guarded.left()).toEqual({ messages: 0, objects: 0 });
  const report = readFileSync(join(folder, 'report'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  expect(report.map(({ outcome }) => outcome)).toEqual(Array(sent.summary.tally.done).fill('done'));
  expect(statSync(join(folder, 'report')).mode & 0o777).toBe(0o600);
});

test('a dry run says what is there, and changes nothing', async () => {
  const held = running.get('Held')!;
  const before = await held.left();
  const dry = command('Held', '--dry-run');
  expect(await dry.end()).toBe(3);
  expect(dry.summary).toMatchObject({ removed: 0, givenBack: before.messages, tally: { done: 0 }, exitCode: 3 });
  expect(await held.left()).toEqual(before);
});

test('with an unguarded handler, what is superseded is held, and the projection equals the source', async () => {
  const held = running.get('Held')!;
  const hold = command('Held');
  expect([await hold.end(), hold.stderr]).toEqual([3, '']);
  const { tally, givenBack } = hold.summary;
  expect([tally.held > 0, tally.failed + tally.inexact + tally.lost]).toEqual([true, 0]);
  expect(await held.wrongItems()).toEqual([]);
  expect((await held.left()).messages).toBe(givenBack);
});

test('sent without a guard, they do harm: the guard is what helps', async () => {
  const sent = command('Sent', '--superseded', 'send');
  expect(await sent.end()).toBe(0);
  expect((await running.get('Sent')!.wrongItems()).length).toBeGreaterThan(0);
});

test('made anew, they are right, and nothing is left', async () => {
  const anew = running.get('Anew')!;
  const refresh = command('Anew', '--superseded', 'refresh', '--inexact', 'send', '--concurrency', '3', '--batch-size', '20');
  expect([await refresh.end(), refresh.stderr]).toEqual([0, '']);
  expect([await anew.wrongItems(), (await anew.left()).messages]).toEqual([[], 0]);
});

test('killed between an invocation and its delete, and run again: nothing is lost; beside it, another run ends with 4', async () => {
  const killed = running.get('Killed')!;
  const came: string[] = [];
  const args = ['--superseded', 'send', '--batch-size', '1', '--visibility', '60'];
  calls.visibility = 2;
  const first = command('Killed', ...args);
  const other = new Promise<RedriveCommand>((done) => onHandled = ({ eventId }) => {
    came.push(eventId);
    if (came.length === 2) {
      done(command('Killed', ...args));
    } else if (came.length === 7) {
      first.child.kill('SIGKILL');
    }
  });
  expect(await (await other).end()).toBe(4);
  expect((await other).summary).toMatchObject({ type: 'error', name: 'MessagesInFlight' });
  expect(await first.end()).toBe(null);
  const numbers: string[] = [];
  onHandled = ({ eventId, sequenceNumber }) => {
    came.push(eventId);
    numbers.push(sequenceNumber);
  };
  calls.visibility = undefined;
  const second = command('Killed', ...args, '--wait');
  expect([await second.end(), second.stderr]).toEqual([0, '']);
  expect([await killed.wrongItems(), (await killed.left()).messages]).toEqual([[], 0]);
  expect(new Set(came).size).toBeLessThan(came.length);
  expect(numbers).toEqual([...numbers].sort());
});

test('--limit leaves messages; at SIGINT what is under way ends, and all else is given back; odd messages stay, and end nothing', async () => {
  const stopped = running.get('Stopped')!;
  const { messages } = await stopped.left();
  const limited = command('Stopped', '--superseded', 'send', '--limit', '2');
  expect(await limited.end()).toBe(3);
  expect(limited.summary).toMatchObject({ left: messages - 2, removed: 2 });

  const interrupted = command('Stopped', '--superseded', 'send', '--batch-size', '1');
  let came = 0;
  onHandled = () => ++came === 2 && interrupted.child.kill('SIGINT');
  expect([await interrupted.end(), interrupted.stderr]).toEqual([3, '']);
  const { removed, givenBack, stopped: reason } = interrupted.summary;
  expect([removed, givenBack, reason]).toEqual([2, messages - 4, 'it was asked to stop']);

  await stopped.addOdd();
  const last = command('Stopped', '--superseded', 'send', '--report', join(folder, 'odd'));
  expect([await last.end(), last.stderr]).toEqual([3, '']);
  const { tally } = last.summary;
  expect([tally.unknown, tally.lost, (await stopped.left()).messages]).toEqual([ODD_MESSAGES, 0, ODD_MESSAGES]);
  expect(await stopped.wrongItems()).toEqual([]);
});

test('the commands of docs/operate/operations.md and production.md work as they are typed', async () => {
  const lines = [...new Set(RUNBOOKS.flatMap(typedIn))];
  const { functionName, tableName } = run.triggers.find(({ path }) => path.startsWith('Docs/'))!;
  // What the page has of its own, which is another app.
  const variables: { [name: string]: string } = { FUNCTION: functionName, TABLE: tableName };
  const clients = clientsOf(run.endpoints);
  const ran: string[] = [];
  for (const line of lines) {
    const { name, command: text, isValue } = typedLine(line);
    const words = wordsOf(text, variables);
    const [program, service] = words;
    if (isValue) {
      expect(name! in variables).toBe(true);
    } else if (program === 'npx') {
      // redrive.md has the other one.
      if (!PAGE.includes(line)) {
        const saved = new RedriveCommand(words.slice(3), run.variables, folder);
        expect([await saved.end(), saved.stderr]).toEqual([0, '']);
        expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toContain('{"Records":[');
        ran.push(text);
      }
    } else if (['logs', 'iam'].includes(service)) {
      expect(line.replace(/ '.*'| "\$\w+"| \d+\w| \w+:\w+/g, '')).toMatch(
        /^aws (logs tail --since --filter-pattern|iam simulate-principal-policy --policy-source-arn --action-names --resource-arns --query)$/,
      );
    } else {
      const { query, name: operation, send } = operationOf(words);
      // A local run serves neither.
      if (!['update-event-source-mapping', 'get-account-settings'].includes(operation)) {
        const answer = await send(clients[service as keyof typeof clients]);
        ran.push(text);
        if (name !== undefined) {
          variables[name] = textOf(answer, query!);
        }
      }
    }
  }
  Object.values(clients).forEach((client) => client.destroy());

  expect(variables.QUEUE_URL).toBe(running.get('Docs')!.queueUrl);
  expect(ran).toHaveLength(15);
});

test('docs/operate/redrive.md does what it says', async () => {
  const steps = [...PAGE.matchAll(/^```sh\nnpx dynamo-stream-trigger redrive (.*)\n```\n\n```text\n([^`]*)```\n\nExit code (\d)/gm)];
  expect(steps).toHaveLength(3);
  for (const [, args, output, exitCode] of steps) {
    const typed = args.replace('"$QUEUE_URL"', running.get('Docs')!.queueUrl).split(' ');
    const step = new RedriveCommand(typed, run.variables, folder);
    expect([await step.end(), step.stderr]).toEqual([Number(exitCode), '']);
    expect(shapeOf(step.stdout)).toEqual(shapeOf(output));
  }
  expect([await running.get('Docs')!.wrongItems(), (await running.get('Docs')!.left()).messages]).toEqual([[], 0]);
});

/** Output without numbers and names. */
const shapeOf = (output: string) => output.trim().split('\n')
  .map((line) => line.replace(/https?:\S+/, 'URL').replace(/from \S+ to \S+/, 'from TABLE to FUNCTION').replace(/[\d.]+/g, 'N').replace(/\b(batch|record|item|message)e?s\b/g, '$1'));

test('docs/operate/redrive.md lists exactly the permissions that the calls need', async () => {
  // A bucket without its queue is listed.
  const bucket = run.buckets.find(({ path }) => path.startsWith('Guarded/'))!.name;
  const empty = new RedriveCommand(['--bucket', bucket, '--json'], calls.variables);
  expect(await empty.end()).toBe(0);
  const listed = [...PAGE.matchAll(/^\| `([a-z0-9]+:[A-Za-z]+)` \|/gm)].map(([, permission]) => permission);
  expect([...calls.permissions].sort()).toEqual(listed.filter((permission) => permission !== 'kms:Decrypt').sort());
});

test('the function of a StreamRedrive does the same, for its own trigger only', async () => {
  const own = running.get('Deployed')!;
  const { functionName, streamArn } = run.triggers.find(({ path }) => path.startsWith('Deployed/'))!;
  const facts: RedriveFacts = {
    v: 1,
    queueUrl: own.queueUrl,
    bucket: run.buckets.find(({ path }) => path.startsWith('Deployed/'))!.name,
    functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    tableArn: streamArn.replace(/\/stream\/.*/, ''),
    superseded: 'send',
    filters: [],
    parallelizationFactor: 1,
  };
  // It has gone meanwhile, and all must go to the trigger's function as it is now.
  await own.nameVersion('7');
  const ofAnother = await new RedriveFunction({ ...facts, tableArn: `${facts.tableArn}-other` }, run.variables).invoke();
  const { messages } = await own.left();
  expect(messages).toBeGreaterThan(0);
  expect(ofAnother).toMatchObject({ givenBack: messages, tally: { done: 0, unknown: messages } });
  expect(await new RedriveFunction(facts, run.variables).invoke(60_000)).toMatchObject({ removed: 0, stopped: 'it was asked to stop' });

  expect(await new RedriveFunction(facts, run.variables).invoke()).toMatchObject({ removed: messages, givenBack: 0, tally: { failed: 0, held: 0 } });
  expect([await own.wrongItems(), await own.left()]).toEqual([[], { messages: 0, objects: 0 }]);
});

describe('a mistake ends with 2, invokes nothing, and says what to do', () => {
  test.each<[string, string[], RegExp]>([
    ['no source', [], /Give one of --queue-url, --bucket and --file/],
    ['a FIFO queue', ['--queue-url', 'http://127.0.0.1:1/000000000000/failures.fifo'], /is a FIFO queue/],
    ['an unknown queue', ['--queue-url', 'http://127.0.0.1:1/000000000000/none'], /The queue .*none does not exist/],
    ['an unknown bucket', ['--bucket', 'none'], /The bucket none does not exist/],
    ['a filter that AWS refuses', ['--file', 'f', '--filter', '{"a":1}'], /The filter \{"a":1\} is not valid/],
    ['a number that is none', ['--file', 'f', '--batch-size', '0'], /whole number from 1 to 10000/],
    ['an unknown policy', ['--file', 'f', '--superseded', 'guess'], /Allowed choices are hold, send, skip, refresh/],
    ['an unknown flag', ['--queue', 'q'], /unknown option '--queue'/],
  ])('%s', async (_name, args, message) => {
    const wrong = new RedriveCommand(args, run.variables, folder);
    expect([await wrong.end(), wrong.stdout.replace(/^Reading .*\n/, '').replace(/^Note: .*\n/, '')]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(message);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
