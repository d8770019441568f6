import { anything, type Check, checkOptions, type Checks, flag, listOf, numberOf, oneOf, options, required, text, wholeNumber } from './check';
import type { Handler, LoadedHandler } from './environment';
import type { Chance, Faults } from './faults';
import type { SimulatedMapping } from './mapping-input';
import type { Reshard, ShardInput } from './shard-input';
import type { SynthesizedMapping, SynthesizedTemplate } from './synthesized-mapping';

/** A trigger to simulate. */
export interface SimulationOptions {
  /**
   * The mapping's settings under the construct's names, or a synthesized template that holds the mapping. Omitted settings are the
   * construct's defaults, a failure destination included. What a template omits is CloudFormation's default.
   *
   * @default - the construct's defaults
   */
  readonly mapping?: SimulatedMapping | SynthesizedTemplate | SynthesizedMapping;
  /**
   * The function's handler: `(event, context) => response`. Its memory is that of the test, whatever happens to an environment.
   *
   * Or `{ load: () => handler }`: each execution environment calls `load` when it starts. A crash or a timeout then loses the memory,
   * as on Lambda, and an environment is frozen between its invocations.
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
   * The number of the function's execution environments. Each serves one invocation at a time; further invocations wait. Chance
   * decides which of several free environments serves an invocation.
   *
   * @default 1
   */
  readonly environments?: number;
  /**
   * When the mapping is enabled or disabled, in seconds after the start.
   *
   * @default - it stays as the setting `enabled` says
   */
  readonly switches?: readonly { readonly at: number; readonly enabled: boolean }[];
  /** What goes wrong. */
  readonly faults?: Faults;
  /**
   * What `bisectBatchOnError` does with a partial response that names the first record of the batch: halve the batch, or retry the
   * whole batch. AWS does not document it.
   *
   * @default 'halve'
   */
  readonly noProgressBisect?: 'halve' | 'whole';
  /**
   * The start of all random numbers: runs with the same seed are equal.
   *
   * @default 0
   */
  readonly seed?: number;
}

/**
 * Checks the options of a simulation, except for its mapping.
 *
 * @throws TypeError that names the option, what was given, and what is allowed.
 */
export function checkSimulation(given: SimulationOptions): void {
  checkOptions('simulateTrigger', given, OPTIONS);
}

const handler: Check = {
  allowed: 'a function, (event, context) => response, or { load: () => handler }',
  fits: (value) => typeof value === 'function' || typeof value?.load === 'function',
};

const timeout: Check = { allowed: 'a number of seconds above 0, up to 900', fits: (value) => typeof value === 'number' && value > 0 && value <= 900 };

const latency: Check = {
  allowed: 'a number of milliseconds, or a function of a record that returns one',
  fits: (value) => typeof value === 'number' || typeof value === 'function',
};

const chance: Check = {
  allowed: 'a share from 0 to 1, or a function that returns true or false',
  fits: (value: Chance<unknown>) => typeof value === 'function' || (typeof value === 'number' && value >= 0 && value <= 1),
};

const secondsAfterStart = required(numberOf('seconds after the start'));

const FAULTS: Checks<Faults> = {
  latency,
  throttle: chance,
  crash: chance,
  timeout: chance,
  refuse: chance,
  reshards: listOf('splits', options<Reshard>({ at: secondsAfterStart, shardId: text })),
};

const OPTIONS: Checks<SimulationOptions> = {
  mapping: anything,
  handler: required(handler),
  shards: required(listOf('shards, each with its records: shards: [{ records: [streamRecord(…)] }]', options<ShardInput>({
    records: required(listOf('records', anything)), shardId: text, parentShardId: text,
  }))),
  timeout,
  environments: wholeNumber(1),
  switches: listOf('switches', options({ at: secondsAfterStart, enabled: required(flag) })),
  faults: options(FAULTS),
  noProgressBisect: oneOf('halve', 'whole'),
  seed: wholeNumber(),
};
