import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { runScenario } from './runtime/faults/scenario';
import { type Plan, plans, type Story, tell } from './testing/mapping-plan';
import { PROMISES } from './testing/mapping-promises';
import { createModel, page, type ViewNotice } from '../lib/view';

/**
 * npm run soak -- [--hours N] [--scenarios N] [--seed N] [--records N, in a shard of the runtime's scenarios, at most]
 *
 * With each seed: the runtime through random faults, under a model of Lambda that is not the engine; and the engine through a random
 * simulation, under the model of a mapping. Prints each minute how it goes, and writes the view of the first one that fails.
 */
function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!(value > 0)) {
    throw new Error(`--${name} is ${process.argv[at + 1]} but must be a number above 0`);
  }
  return value;
}

/** Further ones say little. */
const MOST_FAILED = 20;

async function main(): Promise<void> {
  const began = Date.now();
  const until = began + option('hours', 1) * 60 * 60 * 1_000;
  const scenarios = option('scenarios', Infinity);
  const first = option('seed', randomInt(1, 2 ** 31));
  const most = option('records', 30);
  const total = { scenarios: 0, records: 0, invocations: 0, parked: 0, givenUp: 0 };
  const kinds = new Map<string, number>();
  const failed: { readonly seed: number; readonly of: string }[] = [];
  let [under, ended] = [first, false];
  const again = (seed: number) => `To see it again: npm run soak -- --scenarios 1 --seed ${seed} --records ${most}`;
  // Where nothing is left to wait for, a scenario that hangs ends the process.
  process.exitCode = 1;
  process.once('exit', () => ended || console.error(`The scenario of seed ${under} did not end. ${again(under)}`));
  const print = () => console.log(JSON.stringify({
    ...total,
    aSecond: Number((total.scenarios / Math.max(0.001, (Date.now() - began) / 1000)).toFixed(1)),
    kinds: Object.fromEntries([...kinds].sort()),
    failed,
  }));
  console.log(`Scenarios from seed ${first} on.`);
  const goesOn = () => Date.now() < until && total.scenarios < scenarios && failed.length < MOST_FAILED;
  for (let seed = first, printed = began; goesOn(); seed++) {
    total.scenarios++;
    under = seed;
    for (const [of, run] of [['the runtime', ofTheRuntime], ['the engine', ofTheEngine]] as const) {
      const { failure, notices, came } = await run(seed, most);
      if (failure !== undefined) {
        console.error(failure);
        console.error(`Seed ${seed} failed, of ${of}. ${again(seed)}`);
        if (failed.push({ seed, of }) === 1) {
          console.error(write(seed, of, notices));
        }
        continue;
      }
      total.records += came.records;
      total.invocations += came.invocations;
      total.parked += came.parked;
      total.givenUp += came.givenUp;
      came.kinds.forEach((kind) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
    }
    if (Date.now() - printed > 60_000) {
      printed = Date.now();
      print();
    }
  }
  print();
  ended = true;
  process.exitCode = failed.length > 0 ? 1 : 0;
}

interface Run {
  readonly failure?: unknown;
  readonly notices: readonly ViewNotice[];
  readonly came: {
    readonly records: number;
    readonly invocations: number;
    readonly parked: number;
    readonly givenUp: number;
    readonly kinds: readonly string[];
  };
}

const NOTHING = { records: 0, invocations: 0, parked: 0, givenUp: 0, kinds: [] };

async function ofTheRuntime(seed: number, most: number): Promise<Run> {
  try {
    return { notices: [], came: await runScenario(seed, most) };
  } catch (failure) {
    // Again, for its view: it costs what would be in vain for those that succeed.
    const notices: ViewNotice[] = [];
    await runScenario(seed, most, (notice) => notices.push(notice)).catch(() => undefined);
    return { failure, notices, came: NOTHING };
  }
}

/** One plan, and each promise of a mapping on it. */
async function ofTheEngine(seed: number): Promise<Run> {
  const [plan] = fc.sample(plans, { numRuns: 1, seed });
  const stories = new Map<string, Story>();
  const came = { records: 0, invocations: 0, parked: 0, givenUp: 0, kinds: new Set<string>() };
  for (const { name, given = (one: Plan) => one, check } of PROMISES) {
    const its = given(plan);
    const key = JSON.stringify(its);
    let story = stories.get(key);
    try {
      if (!story) {
        story = await tell(its);
        stories.set(key, story);
        came.records += story.records.length;
        came.invocations += story.run.invocations.length;
        came.givenUp += story.run.deliveries.reduce((sum, { records }) => sum + records.length, 0);
        kindsOf(story).forEach((kind) => came.kinds.add(kind));
      }
      check(story);
    } catch (error) {
      const failure = `Seed ${seed}: ${story ? `it is not true that ${name}` : 'the simulation failed'}.\n${(error as Error).stack}\nThe plan: ${key}`;
      return { failure, notices: story?.run.notices ?? [], came: NOTHING };
    }
  }
  return { notices: [], came: { ...came, kinds: [...came.kinds] } };
}

/** What befell a mapping, in words that tell it from what befell the runtime. */
function kindsOf({ plan, run, moves }: Story): string[] {
  const errors = new Set(run.invocations.map(({ error }) => error?.errorType));
  return Object.entries({
    [`mapping: handler ${plan.answers}`]: run.invocations.length > 0,
    'mapping: throttled': moves.some((move) => move.type === 'attempt' && move.throttled),
    'mapping: function failed': errors.size > (errors.has(undefined) ? 1 : 0),
    'mapping: batches at once': plan.parallelizationFactor > 1,
    'mapping: batching window': plan.maxBatchingWindow > 0,
    'mapping: retries exhausted': moves.some((move) => move.type === 'message' && move.message.requestContext.condition === 'RetryAttemptsExhausted'),
    'mapping: record age exceeded': moves.some((move) => move.type === 'message' && move.message.requestContext.condition === 'RecordAgeExceeded'),
    'mapping: destination refused': moves.some((move) => move.type === 'message' && !move.accepted),
    'mapping: records lost': run.lost.length > 0,
    'mapping: filtered': plan.filtered,
    'mapping: resharded': plan.reshard,
    'mapping: switched off and on': plan.switched,
  }).flatMap(([kind, met]) => met ? [kind] : []);
}

/** Writes what happened until a scenario failed. */
function write(seed: number, of: string, notices: readonly ViewNotice[]): string {
  if (notices.length === 0) {
    return 'There is no page of it: it failed before anything happened, or its simulation failed, which tells nothing then.';
  }
  const model = createModel();
  notices.forEach((notice) => model.add(notice));
  const file = resolve(`soak-${seed}.html`);
  writeFileSync(file, page(model.view, `Seed ${seed}, of ${of}`));
  return `What happened until then: ${file}`;
}

void main().catch((error) => {
  console.error(error);
  process.exit(1);
});
