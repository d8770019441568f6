import type { Handler, LoadedHandler } from './environment';
import type { Chance, Faults } from './faults';
import type { SimulatedMapping } from './mapping-input';
import { anObject, anything, type Check, checkOptions, type Checks, flag, func, listOf, numberOf, oneOf, options, required, text, wholeNumber } from './option-check';
import type { Reshard, ShardInput } from './shard-input';
import type { SynthesizedMapping, SynthesizedTemplate } from './synthesized-mapping';

/** Settings of a mapping that change. */
export interface MappingChange {
  /** In seconds after the start. */
  readonly at: number;
  /** The settings that change, and their new values. */
  readonly mapping: Omit<SimulatedMapping, 'startingPosition' | 'enabled'>;
}

/** Other code for the function. */
export interface Deployment {
  /** In seconds after the start. */
  readonly at: number;
  /** The new code, in the forms that `handler` of the simulation has. */
  readonly handler: Handler | LoadedHandler;
  /**
   * For this many seconds old and new code serve side by side, as in a canary deployment: chance decides which code serves an invocation,
   * the new one more and more often.
   *
   * @default 0
   */
  readonly overlap?: number;
}

/**
 * A trigger to simulate. What is set is in seconds, as Lambda's settings are. What code waits or takes is in milliseconds, as JavaScript has
 * it: `faults.latency`, what `faults.crash` returns, `advanceTimers`.
 */
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
   * The function's timeout, in seconds, up to 900, and up to 5,400 on Managed Instances.
   *
   * @default - the template's, else 60
   */
  readonly timeout?: number;
  /**
   * A fixed number of execution environments: further invocations wait until one is free. Lambda has no such limit. A test uses it to
   * say which invocations share memory: all of them, with 1.
   *
   * @default - as Lambda has them: as many as are needed, at least one more than the triggers can keep busy (shards times
   * `parallelizationFactor`), so that what comes again can come to another environment, as a redelivery and the first batch that failed do.
   * Otherwise chance decides which free one serves an invocation
   */
  readonly environments?: number;
  /**
   * The function's reserved concurrency: with this many invocations at once, Lambda throttles further ones.
   *
   * @default - none
   */
  readonly reservedConcurrency?: number;
  /**
   * How many invocations an execution environment serves at once. More than 1 is as on Lambda Managed Instances: the environment never
   * freezes, and a timeout does not end it.
   *
   * @default 1
   */
  readonly invocationsPerEnvironment?: number;
  /**
   * After how many seconds Lambda ends an execution environment, when it is idle, and starts a new one. AWS documents "every few hours".
   *
   * @default - 4 hours
   */
  readonly recycleAfter?: number;
  /**
   * When the mapping is enabled or disabled, in seconds after the start.
   *
   * @default - it stays as the setting `enabled` says
   */
  readonly switches?: readonly {
    /** In seconds after the start. */
    readonly at: number;
    /** Whether the mapping polls from then on. */
    readonly enabled: boolean;
  }[];
  /**
   * When settings of the mapping are changed, in seconds after the start. Lambda goes on from the checkpoint with the new ones.
   *
   * @default - they stay
   */
  readonly changes?: readonly MappingChange[];
  /**
   * When the function gets other code, in seconds after the start. Invocations under way finish with the old code.
   *
   * @default - it stays
   */
  readonly deployments?: readonly Deployment[];
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
  /**
   * Where the handler's own timers wait, in real time or in virtual time: `setTimeout` and `setInterval`, global or of `node:timers` and
   * `node:timers/promises`, and `AbortSignal.timeout`. With `'virtual'`, `Date` and `performance.now()` show the handler virtual time too.
   * Timers of the test, and of Node.js itself, always wait in real time.
   *
   * @default 'real'
   */
  readonly timers?: 'real' | 'virtual';
  /**
   * Moves a test framework's fake timers by this many milliseconds. Called whenever the virtual clock moves; the clock stops where a fake
   * timer of the handler is due.
   *
   * ```ts
   * advanceTimers: (ms) => jest.advanceTimersByTimeAsync(ms),
   * ```
   *
   * @default - fake timers stand still
   */
  readonly advanceTimers?: (milliseconds: number) => unknown;
  /**
   * How many seconds of real time a handler may wait for something real in which nothing happens: a timer, a connection. After that the
   * simulation fails, with an error that names what is open; or the virtual clock goes on, if the handler waits for virtual time too. If
   * something does happen, it may take one and a half times as long.
   *
   * @default 3
   */
  readonly realTimeLimit?: number;
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

const timeout: Check = { allowed: 'a number of seconds above 0, up to 5400', fits: (value) => typeof value === 'number' && value > 0 && value <= 5400 };

const latency: Check = {
  allowed: 'a number of milliseconds, 0 or more, or a function of a record that returns one',
  fits: (value) => typeof value === 'function' || (typeof value === 'number' && value >= 0 && value < Infinity),
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
  redeliver: chance,
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
  reservedConcurrency: wholeNumber(0),
  invocationsPerEnvironment: wholeNumber(1),
  recycleAfter: numberOf('seconds'),
  realTimeLimit: numberOf('seconds'),
  timers: oneOf('real', 'virtual'),
  advanceTimers: func,
  switches: listOf('switches', options({ at: secondsAfterStart, enabled: required(flag) })),
  changes: listOf('changes', options<MappingChange>({ at: secondsAfterStart, mapping: required(anObject) })),
  deployments: listOf('deployments', options<Deployment>({ at: secondsAfterStart, handler: required(handler), overlap: numberOf('seconds') })),
  faults: options(FAULTS),
  noProgressBisect: oneOf('halve', 'whole'),
  seed: wholeNumber(),
};
