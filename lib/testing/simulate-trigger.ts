import type { Handler, LoadedHandler } from './environment';
import type { Faults } from './faults';
import { resolveMapping, type SimulatedMapping } from './mapping-input';
import type { SimulationRun } from './run';
import type { ShardInput } from './shard-input';
import { simulate } from './simulation';
import type { SynthesizedMapping, SynthesizedTemplate } from './synthesized-mapping';

/** A trigger to simulate. */
export interface SimulationOptions {
  /**
   * The mapping's settings by the construct's names, or a synthesized template with the mapping in it. What is not given is the
   * construct's default, a failure destination included; what a template leaves out is CloudFormation's.
   *
   * @default - the construct's defaults
   */
  readonly mapping?: SimulatedMapping | SynthesizedTemplate | SynthesizedMapping;
  /**
   * The function's handler: `(event, context) => response`. Its memory is that of the test, whatever happens to an environment.
   *
   * Or `{ load: () => handler }`, which each execution environment calls when it starts, and again after a crash or a timeout: then
   * memory is lost as on Lambda, and what goes on in an environment stands still between its invocations.
   */
  readonly handler: Handler | LoadedHandler;
  /** What is in the stream. A record is readable from its ApproximateCreationDateTime on. */
  readonly shards: readonly ShardInput[];
  /**
   * The function's timeout, in seconds, up to 900.
   *
   * @default - the template's, else 60
   */
  readonly timeout?: number;
  /**
   * How many execution environments the function has. Each serves one invocation at a time; others wait their turn. Which of
   * several free ones serves an invocation is a matter of chance.
   *
   * @default 1
   */
  readonly environments?: number;
  /**
   * When the mapping is switched on or off, in seconds after the start.
   *
   * @default - it stays as `enabled` says
   */
  readonly switches?: readonly { readonly at: number; readonly enabled: boolean }[];
  /** What goes wrong. */
  readonly faults?: Faults;
  /**
   * Which reading of `bisectBatchOnError` to take where AWS documents none, for a partial response that names the batch's first
   * record: cut the batch in half, or retry it whole.
   *
   * @default 'halve'
   */
  readonly noProgressBisect?: 'halve' | 'whole';
  /**
   * What chance starts from: runs with the same seed are the same.
   *
   * @default 0
   */
  readonly seed?: number;
}

/**
 * Runs a handler behind a mapping as Lambda would, under a virtual clock: hours of retries take milliseconds.
 *
 * The clock starts at the earliest record, and only the mapping, the faults and the runtime's own waits move it; what a handler
 * really waits for takes no virtual time. Every invocation gets a copy of its event.
 *
 * ```ts
 * const run = await simulateTrigger({ mapping: { batchSize: 10 }, handler, shards: [{ records }] });
 * expect(run.lost).toEqual([]);
 * ```
 *
 * @throws TypeError or RangeError for options that are not what they have to be.
 */
export async function simulateTrigger(options: SimulationOptions): Promise<SimulationRun> {
  const [run] = await simulateTriggers([options]);
  return run;
}

/**
 * `simulateTrigger` for several triggers under one virtual clock. Returns their runs, in the same order.
 *
 * Triggers of the same `handler` are of one function: they share its environments, and so wait for each other. Triggers of the same
 * `shards` read one stream, each for itself. What they share, `timeout` and `environments` or `faults.reshards`, needs to be said once.
 *
 * ```ts
 * const [orders, audit] = await simulateTriggers([{ handler: onOrder, shards }, { handler: onAudit, shards, mapping: { batchSize: 1000 } }]);
 * ```
 *
 * @throws TypeError or RangeError for options that are not what they have to be, for triggers that don't agree on what they share, and
 * for two of one stream and one handler, which AWS refuses.
 */
export async function simulateTriggers(triggers: readonly SimulationOptions[]): Promise<SimulationRun[]> {
  triggers.forEach(judge);
  const judged = triggers.map((trigger) => ({ ...trigger, mapping: resolveMapping(trigger.mapping) }));
  const run = lastRun.then(() => simulate(judged));
  const over = () => undefined;
  lastRun = run.then(over, over);
  return run;
}

/**
 * Simulations take turns: what goes on in the process tells one whether its handlers wait for the virtual clock alone, and could not
 * tell the handlers of two apart.
 */
let lastRun: Promise<void> = Promise.resolve();

const OPTIONS = ['mapping', 'handler', 'shards', 'timeout', 'environments', 'switches', 'faults', 'noProgressBisect', 'seed'];
const SHARD = ['records', 'shardId', 'parentShardId'];
const FAULTS = ['latency', 'throttle', 'crash', 'timeout', 'refuse', 'reshards'];

function judge(options: SimulationOptions): void {
  judgeNames('simulateTrigger has', options, OPTIONS);
  const { handler, shards, timeout, environments, switches = [], faults = {}, noProgressBisect = 'halve', seed } = options;
  if (typeof handler !== 'function' && typeof handler?.load !== 'function') {
    throw new TypeError(`handler is ${String(handler)}; it has to be a function, (event, context) => response, or { load: () => handler }.`);
  }
  if (!Array.isArray(shards) || !shards.every((shard) => Array.isArray(shard?.records))) {
    throw new TypeError('shards has to be a list of shards, each with its records: shards: [{ records: [streamRecord(…)] }].');
  }
  if (timeout !== undefined && !(timeout > 0 && timeout <= 900)) {
    throw new RangeError(`timeout is ${String(timeout)}; it has to be a number of seconds, above 0 and up to 900.`);
  }
  if (environments !== undefined && !(Number.isInteger(environments) && environments >= 1)) {
    throw new RangeError(`environments is ${String(environments)}; it has to be a whole number from 1.`);
  }
  if (seed !== undefined && !Number.isInteger(seed)) {
    throw new RangeError(`seed is ${String(seed)}; it has to be a whole number.`);
  }
  if (noProgressBisect !== 'halve' && noProgressBisect !== 'whole') {
    throw new TypeError(`noProgressBisect is ${String(noProgressBisect)}; it has to be 'halve' or 'whole'.`);
  }
  shards.forEach((shard, index) => judgeNames(`shards[${index}] has`, shard, SHARD));
  judgeNames('faults has', faults, FAULTS);
  switches.forEach(({ at }, index) => judgeTime(`switches[${index}].at`, at));
  faults.reshards?.forEach(({ at }, index) => judgeTime(`faults.reshards[${index}].at`, at));
}

/** A misspelt fault that does not strike would make a test pass that tests nothing. */
function judgeNames(what: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} no ${unknown}, only ${names.join(', ')}.`);
  }
}

function judgeTime(what: string, seconds: number): void {
  if (!(seconds >= 0 && seconds < Infinity)) {
    throw new RangeError(`${what} is ${String(seconds)}; it has to be a number of seconds from 0, counted from the start.`);
  }
}
