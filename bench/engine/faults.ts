/**
 * How many simulations with faults run in a second: what a property test of a trigger costs.
 *
 *     npx ts-node -T --project bench/tsconfig.json bench/engine/index.ts faults [path of another checkout …]
 *
 * Half of the scenarios are those of test/testing/invariants: a plain handler, and up to three shards of up to forty records. The others
 * are those of test/runtime/delivery: handlers made by `streamHandler`, in environments that load it again after a crash, with calls that
 * take time, and up to two shards of up to ten records. Each scenario has a chance of everything that a simulation knows: throttles,
 * crashes, timeouts, refused messages, poison records, reshards. All checkouts simulate the same code: the handlers of this checkout.
 *
 * Prints scenarios a second, of wall time and of processor time, for this checkout and for those given: medians over processes that run
 * one after another, in rotated order. On a busy machine, compare processor times.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type * as Runtime from '../../lib/runtime';
import type { Host } from '../../lib/stream/boundary';
import type * as Testing from '../../lib/testing';
import { median } from '../median';

const HERE = join(__dirname, '../..');
const ROUNDS = 3;
const WARM_UP = 100;
const SCENARIOS = 500;

interface Sample {
  readonly plain: Speed;
  readonly streamHandler: Speed;
  /** Of all scenarios: the same for checkouts that behave the same. */
  readonly invocations: number;
  readonly lost: number;
}

type Kind = 'plain' | 'streamHandler';

/** Seconds that the scenarios took. */
interface Speed {
  readonly wall: number;
  readonly processor: number;
}

interface Change {
  readonly record: Testing.StreamRecord;
  /** How often it fails before it succeeds. */
  failures: number;
  /** Milliseconds that a call takes. */
  readonly latency: number;
}

/** Chance: the same numbers in every process (mulberry32). */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a random scenario may have. */
interface Size {
  readonly shards: number;
  readonly records: number;
  readonly items: number;
  readonly retryAttempts: number;
  readonly environments: readonly number[];
  /** Seconds. */
  readonly timeout: number;
  /** Milliseconds that a call takes: from 0 to one of these. */
  readonly latency: readonly number[];
}

const SIZES: Readonly<Record<Kind, Size>> = {
  plain: { shards: 3, records: 40, items: 6, retryAttempts: 4, environments: [1, 2, 20], timeout: 60, latency: [0, 0, 10, 700] },
  streamHandler: { shards: 2, records: 10, items: 4, retryAttempts: 8, environments: [1, 2, 3], timeout: 2, latency: [60, 60, 60, 2500] },
};

/** Makes the scenario of a number: new each time, because a run uses up its failures. */
function scenarios({ streamRecord }: typeof Testing, { streamHandler }: typeof Runtime) {
  return (kind: Kind, seed: number): Testing.SimulationOptions => {
    const size = SIZES[kind];
    const random = chanceFrom(seed);
    const upTo = (max: number) => Math.floor(random() * (max + 1));
    const oneOf = <T>(choices: readonly T[]) => choices[upTo(choices.length - 1)];
    const sometimes = (share: number) => (random() < 0.25 ? share : 0);
    const changes = new Map<string, Change>();
    const shards = Array.from({ length: 1 + upTo(size.shards - 1) }, (_, shard) => {
      let createdAt = 1_735_689_600;
      return {
        records: Array.from({ length: upTo(size.records) }, () => {
          createdAt += oneOf([0, 0, 0, 1, 7]);
          const sequenceNumber = String(10n ** 22n + BigInt(changes.size));
          const id = `${shard}-${upTo(size.items - 1)}`;
          const record = streamRecord({ sequenceNumber, createdAt, keys: { id }, newImage: { id, total: upTo(100) } });
          changes.set(sequenceNumber, { record, failures: oneOf([0, 0, 0, 0, 1, 2, Infinity]), latency: upTo(oneOf(size.latency)) });
          return record;
        }),
      };
    });
    const changeOf = (record: Testing.StreamRecord) => changes.get(record.dynamodb!.SequenceNumber!)!;
    const fails = (change: Change) => change.failures-- > 0;
    const plain = async ({ Records }: Testing.StreamEvent) => {
      const failed = Records.find((record) => fails(changeOf(record)));
      return { batchItemFailures: failed ? [{ itemIdentifier: failed.dynamodb!.SequenceNumber }] : [] };
    };
    const load = () => {
      let host: Required<Host>;
      const handle = streamHandler({
        concurrency: 4,
        onRecord: async ({ raw }) => {
          const change = changeOf(raw);
          await host.sleep(change.latency);
          if (fails(change)) {
            throw new Error('fails');
          }
        },
      });
      return (event: Testing.StreamEvent, context: any) => {
        host = context[Symbol.for('dynamo-stream-trigger/host')];
        return handle(event, context);
      };
    };
    return {
      mapping: {
        batchSize: 1 + upTo(11),
        maxBatchingWindow: oneOf([0, 0, 1, 20]),
        parallelizationFactor: oneOf([1, 1, 1, 2, 3, 10]),
        retryAttempts: upTo(size.retryAttempts),
        bisectBatchOnError: oneOf([true, false]),
      },
      handler: kind === 'plain' ? plain : { load },
      shards,
      environments: oneOf(size.environments),
      timeout: size.timeout,
      seed,
      faults: {
        ...(kind === 'plain' && { latency: (record: Testing.StreamRecord) => changeOf(record).latency }),
        throttle: sometimes(0.3),
        crash: sometimes(0.2),
        timeout: sometimes(0.1),
        refuse: sometimes(0.5),
        reshards: random() < 0.2 ? [{ at: 5 }, { at: 12 }] : [],
      },
    };
  };
}

/** A checkout's simulation and this one's runtime, compiled: a loader that compiles on the way would be measured too. */
function compile(checkout: string, folder: string): void {
  const libraries = { testing: join(checkout, 'lib/testing/index.ts'), runtime: join(HERE, 'lib/runtime/index.ts') };
  buildSync({ entryPoints: libraries, bundle: true, platform: 'node', target: 'node20', outdir: folder });
}

async function measure(folder: string): Promise<Sample> {
  const load = createRequire(__filename);
  const testing: typeof Testing = load(join(folder, 'testing.js'));
  const scenario = scenarios(testing, load(join(folder, 'runtime.js')));
  console.error = () => undefined;
  const sums = { invocations: 0, lost: 0 };
  const speedOf = async (kind: Kind): Promise<Speed> => {
    for (let seed = 0; seed < WARM_UP; seed++) {
      await testing.simulateTrigger(scenario(kind, seed));
    }
    const options = Array.from({ length: SCENARIOS }, (_, index) => scenario(kind, WARM_UP + index));
    const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
    for (const one of options) {
      const { invocations, lost } = await testing.simulateTrigger(one);
      sums.invocations += invocations.length;
      sums.lost += lost.length;
    }
    const { user, system } = process.cpuUsage(cpu);
    return { wall: Number(process.hrtime.bigint() - start) / 1e9, processor: (user + system) / 1e6 };
  };
  return { plain: await speedOf('plain'), streamHandler: await speedOf('streamHandler'), ...sums };
}

function measureInItsOwnProcess(folder: string): Promise<Sample> {
  return new Promise((done, reject) => {
    const child = fork(__filename, [folder]);
    child.once('message', done);
    child.once('exit', (code) => reject(new Error(`The scenarios of ${folder} ended with ${code}.`)));
  });
}


/** Scenarios a second, half of them of each kind. */
function speed(samples: readonly Sample[], time: keyof Speed) {
  const [plain, streamHandler] = (['plain', 'streamHandler'] as const).map((kind) => median(samples.map((sample) => sample[kind][time])));
  const perSecond = (seconds: number, count = SCENARIOS) => (count / seconds).toFixed(0);
  return {
    both: 1 / (plain + streamHandler),
    text: `${perSecond(plain + streamHandler, 2 * SCENARIOS)} a second (plain handlers ${perSecond(plain)}, streamHandler ${perSecond(streamHandler)})`,
  };
}

export async function benchFaults(others: readonly string[]): Promise<void> {
  const checkouts = [HERE, ...others.map((path) => resolve(path))];
  const folders = checkouts.map((checkout) => {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    compile(checkout, folder);
    return folder;
  });
  const samples: Sample[][] = checkouts.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (let place = 0; place < checkouts.length; place++) {
      const index = (round + place) % checkouts.length;
      samples[index].push(await measureInItsOwnProcess(folders[index]));
    }
  }
  folders.forEach((folder) => rmSync(folder, { recursive: true }));
  for (const [index, checkout] of checkouts.entries()) {
    const { invocations, lost } = samples[index][0];
    console.log(`${checkout}: ${invocations} invocations, ${lost} records lost`);
    for (const time of ['wall', 'processor'] as const) {
      const [own, first] = [speed(samples[index], time), speed(samples[0], time)];
      console.log(`  by ${time} time ${own.text}${index === 0 ? '' : `; this checkout runs ${(first.both / own.both).toFixed(2)} times as many`}`);
    }
  }
}

if (process.send) {
  void measure(process.argv[2]).then((sample) => process.send!(sample, () => process.exit()));
}
