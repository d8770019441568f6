import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Calls } from './calls';
import { RedriveCommand } from './command';
import { addFailing, breakAgain, failingApp, mend, Running, WAYS } from './failing-app';
import { type LocalEvent, type LocalRun, startLocal } from '../../../lib/local';
import { compareSequenceNumbers } from '../../../lib/stream/sequence-number';

/**
 * npm run redrive -- [--writes N] [--only a,b,c,d,kill]
 *
 * What redrive promises, with the real command against a real local run: thousands of writes, failures that arrive in every way, and the
 * handler mended. Each of the four courses is run while nothing is written, and while writes go on.
 */
const { values: { writes, only } } = parseArgs({ options: { writes: { type: 'string', default: '5000' }, only: { type: 'string', default: 'a,b,c,d,kill' } } });
const ITEMS = 40;
const rounds = Math.ceil(Number(writes) / WAYS.length / ITEMS);
const faulty = { faulty: Math.ceil(rounds * ITEMS * 0.065), poison: Math.ceil(rounds * ITEMS * 0.004) };

/** What a function prints for each record that it has processed. */
interface Line {
  readonly id: string;
  readonly eventId: string;
  readonly sequenceNumber: string;
  readonly redriven: boolean;
}

/** A local run with a trigger for each way, all of their failures collected, and the handlers mended. */
class Course {
  readonly items = new Map<string, string>();
  onRedriven: (line: Line) => void;

  constructor(readonly run: LocalRun, readonly folder: string, readonly triggers: readonly Running[]) {
    this.onRedriven = () => {};
  }

  see(event: LocalEvent): void {
    if (event.type === 'log' && event.line.startsWith('{"id"')) {
      const line: Line = JSON.parse(event.line);
      this.items.set(line.eventId, line.id);
      if (line.redriven) {
        this.onRedriven(line);
      }
    }
  }

  async end(): Promise<void> {
    this.triggers.forEach((trigger) => trigger.stop());
    await this.run.stop();
    rmSync(this.folder, { recursive: true });
  }
}

async function begin(isGuarded: boolean, slow = 0, ways = WAYS, fails = faulty): Promise<Course> {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-'));
  const app = failingApp(join(folder, 'out'));
  const failing = ways.map((way, n) => ({ id: `Way${n}`, way, isGuarded, slow }));
  failing.forEach((one) => addFailing(app, folder, one));
  let course: Course | undefined;
  const run = await startLocal({ assembly: app.synth().directory, observer: (event) => course?.see(event) });
  course = new Course(run, folder, failing.map((one) => new Running(run, one)));
  breakAgain(folder);
  await Promise.all(course.triggers.map(async (trigger) => {
    await trigger.subscribe();
    await trigger.write({ items: ITEMS, rounds, ...fails });
  }));
  await run.drained();
  mend(folder);
  return course;
}

interface Expected {
  readonly isGuarded: boolean;
  readonly args: readonly string[];
  readonly exitCodes: readonly number[];
  /** Whether every message must be gone. */
  readonly isEmpty: boolean;
  /** How many items may be wrong, of them those that were told. */
  readonly wrong: 'none' | 'told' | 'some';
}

const COURSES: Readonly<Record<string, Expected>> = {
  a: { isGuarded: true, args: ['--superseded', 'send', '--inexact', 'send'], exitCodes: [0, 3], isEmpty: true, wrong: 'none' },
  b: { isGuarded: false, args: ['--inexact', 'send'], exitCodes: [3], isEmpty: false, wrong: 'told' },
  c: { isGuarded: false, args: ['--superseded', 'send', '--inexact', 'send'], exitCodes: [0, 3], isEmpty: true, wrong: 'some' },
  d: { isGuarded: false, args: ['--superseded', 'refresh', '--inexact', 'send'], exitCodes: [0], isEmpty: true, wrong: 'none' },
};

async function follow(name: string, expected: Expected, isBusy: boolean): Promise<void> {
  const course = await begin(expected.isGuarded);
  let wrong = 0;
  let failures = 0;
  let left = 0;
  const tally: Record<string, number> = {};
  try {
    let isOver = false;
    let meanwhile = 0;
    const writing = isBusy ? Promise.all(course.triggers.map(async (trigger) => {
      for (; !isOver; meanwhile++) {
        await trigger.change(Math.floor(Math.random() * ITEMS), Math.random() < 0.1 ? undefined : 'none');
        await setTimeout(2);
      }
    })) : undefined;
    const told = new Map<Running, Set<string>>();
    for (const [n, trigger] of course.triggers.entries()) {
      failures += (await trigger.left()).messages;
      const report = join(course.folder, `report-${n}`);
      const command = new RedriveCommand(['--queue-url', trigger.queueUrl, '--json', '--report', report, ...expected.args], course.run.variables);
      const exitCode = await command.end();
      assert.ok(expected.exitCodes.includes(exitCode!) || (name === 'b' && exitCode === 0), `${trigger.failing.way}: exit code ${exitCode}\n${command.stdout}${command.stderr}`);
      assert.equal(command.stderr, '');
      Object.entries<number>(command.summary.tally).forEach(([outcome, count]) => tally[outcome] = (tally[outcome] ?? 0) + count);
      const lines = readFileSync(report, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
      told.set(trigger, new Set(lines.filter(({ outcome }) => outcome === 'overtaken').map(({ eventId }) => course.items.get(eventId)!)));
    }
    isOver = true;
    await writing;
    await course.run.drained();
    for (const trigger of course.triggers) {
      const items = await trigger.wrongItems();
      const { messages, objects } = await trigger.left();
      wrong += items.length;
      left += messages + objects;
      assert.ok(!expected.isEmpty || messages + objects === 0, `${trigger.failing.way}: ${messages} messages and ${objects} objects are left`);
      if (expected.wrong !== 'some') {
        const untold = items.filter((item) => expected.wrong === 'none' || !told.get(trigger)!.has(item));
        assert.deepEqual(untold, [], `${trigger.failing.way}: wrong items`);
      }
    }
    assert.ok(expected.wrong !== 'some' || wrong > 0, 'the check finds no wrong item');
    const counts = Object.entries(tally).filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome}`).join(', ');
    console.log(`(${name}) ${isBusy ? `${meanwhile} writes meanwhile` : 'quiet'}: ${failures} messages; ${counts}; ${wrong} items wrong; ${left} left`);
  } finally {
    await course.end();
  }
}

const KILLS = 10;

async function killAndGoOn(): Promise<void> {
  const course = await begin(true, 50, ['queue'], { faulty: 80, poison: 8 });
  const calls = await Calls.before(course.run.variables);
  try {
    const [trigger] = course.triggers;
    const args = ['--queue-url', trigger.queueUrl, '--json', '--superseded', 'send', '--batch-size', '3', '--visibility', '60', '--wait'];
    const came = new Map<string, number>();
    calls.visibility = 3;
    for (let kill = 0; kill <= KILLS; kill++) {
      const inThisRun = new Map<string, string>();
      let handled = 0;
      const command = new RedriveCommand(args, calls.variables);
      course.onRedriven = ({ id, eventId, sequenceNumber }) => {
        came.set(eventId, (came.get(eventId) ?? 0) + 1);
        assert.ok(!inThisRun.has(id) || compareSequenceNumbers(inThisRun.get(id)!, sequenceNumber) < 0, `${id} came out of order`);
        inThisRun.set(id, sequenceNumber);
        // Before the function has answered for its three records.
        if (++handled === 4 && kill < KILLS) {
          command.child.kill('SIGKILL');
        }
      };
      if (kill === KILLS) {
        calls.visibility = undefined;
        assert.equal(await command.end(), 0, command.stdout + command.stderr);
      } else {
        assert.equal(await command.end(), null, command.stdout + command.stderr);
        // What the function still does is of this run.
        await setTimeout(2_000);
      }
    }
    const twice = [...came.values()].filter((times) => times > 1).length;
    assert.ok(twice > 0, 'no record came twice');
    assert.deepEqual([await trigger.wrongItems(), (await trigger.left()).messages], [[], 0]);
    console.log(`(kill) ${KILLS} kills: ${came.size} records, ${twice} of them more than once; 0 items wrong; 0 left`);
  } finally {
    calls.stop();
    await course.end();
  }
}

async function twoAtOnce(): Promise<void> {
  const course = await begin(true, 50, ['queue'], { faulty: 80, poison: 8 });
  try {
    const [trigger] = course.triggers;
    const args = ['--queue-url', trigger.queueUrl, '--json', '--superseded', 'send', '--batch-size', '5'];
    const started = new Promise<void>((resolve) => course.onRedriven = () => resolve());
    const first = new RedriveCommand(args, course.run.variables);
    await started;
    const second = new RedriveCommand(args, course.run.variables);
    assert.deepEqual([await second.end(), await first.end()], [4, 0], second.stdout + first.stdout);
    console.log('(two at once) the second ended with 4, the first with 0');
  } finally {
    await course.end();
  }
}

async function main(): Promise<void> {
  console.log(`${rounds * ITEMS * WAYS.length} writes; ${faulty.faulty * WAYS.length} of them fail, ${faulty.poison * WAYS.length} of these are poison`);
  for (const name of only!.split(',')) {
    if (name === 'kill') {
      await killAndGoOn();
      await twoAtOnce();
    } else {
      await follow(name, COURSES[name], false);
      await follow(name, COURSES[name], true);
    }
  }
}

main().then(() => process.exit(), (error) => {
  console.error(error);
  process.exit(1);
});
