import { createMapping, type Effect, type EventCount, type Input, type Machine } from '../engine';
import { copy } from './copy';
import { resolveMapping, type SimulatedMapping } from './mapping-input';
import { randomUuid, seededRandom } from './random';
import { Settling } from './settling';
import { type ShardInput, toShards } from './shard-input';
import { type Handler, type InvocationEnd, SimulatedFunction } from './simulated-function';
import { type SimulatedShard, SimulatedStream } from './simulated-stream';
import { DEFAULT_STREAM_ARN } from './stream-record';
import { VirtualClock } from './virtual-clock';
import type { FailedBatch } from '../stream/failed-batch';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent, StreamRecord } from '../stream/record';

export interface SimulationOptions {
  /** The mapping's settings. */
  readonly mapping?: SimulatedMapping;
  /** The function. */
  readonly handler: Handler;
  /** What is in the stream. */
  readonly shards: readonly ShardInput[];
  /**
   * The function's timeout, in seconds.
   *
   * @default 60
   */
  readonly timeout?: number;
  /**
   * How many execution environments the function has. Each serves one invocation at a time; further ones wait.
   *
   * @default 1
   */
  readonly environments?: number;
  /** @default 0 */
  readonly seed?: number;
}

/** One invocation of the function. */
export interface SimulatedInvocation {
  /** When it started, in milliseconds since the epoch. */
  readonly at: number;
  readonly shardId: string;
  /** What the function got: made anew whenever it is read. */
  readonly event: StreamEvent;
  readonly response?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
  readonly durationMs: number;
}

/** What came of a simulation. */
export interface SimulationRun {
  /** In order of virtual time. */
  readonly invocations: readonly SimulatedInvocation[];
  /** The messages on the failure destination, as Lambda writes them. */
  readonly failed: readonly FailedBatch[];
  /** What the runtime parked. */
  readonly parked: readonly ParkedRecord[];
  /** Records neither processed nor filtered out nor on a destination. */
  readonly lost: readonly StreamRecord[];
  /** The EventCount metrics that Lambda would have emitted, summed up. */
  readonly metrics: Readonly<Record<EventCount, number>>;
}

/** Runs a handler behind a mapping under a virtual clock. */
export async function simulateTrigger(options: SimulationOptions): Promise<SimulationRun> {
  return new Simulation(options).run();
}

class Simulation {
  private readonly clock: VirtualClock;
  private readonly stream: SimulatedStream;
  private readonly shards: readonly SimulatedShard[];
  private readonly machine: Machine;
  private readonly lambda: SimulatedFunction;
  private readonly settling = new Settling();
  private readonly invocations: SimulatedInvocation[] = [];
  private readonly failed: FailedBatch[] = [];
  private readonly parked: ParkedRecord[] = [];
  private readonly effects: Effect[] = [];
  private obeying = false;
  private readonly lost = new Set<StreamRecord>();
  private readonly metrics: Record<EventCount, number> = {
    PolledEventCount: 0,
    FilteredOutEventCount: 0,
    InvokedEventCount: 0,
    FailedInvokeEventCount: 0,
    DroppedEventCount: 0,
    OnFailureDestinationDeliveredEventCount: 0,
  };

  constructor(options: SimulationOptions) {
    const random = seededRandom(options.seed ?? 0);
    const uuid = () => randomUuid(random);
    const { settings, destination } = resolveMapping(options.mapping);
    this.shards = toShards(options.shards);
    this.clock = new VirtualClock(Math.min(...this.shards.map((shard) => shard.readableAt[0] ?? Infinity)));
    this.stream = new SimulatedStream(this.shards);
    const streamArn = DEFAULT_STREAM_ARN;
    const functionArn = 'arn:aws:lambda:us-east-1:123456789012:function:Function';
    this.machine = createMapping({ settings, functionArn, streamArn, mappingId: uuid(), executedVersion: '$LATEST', destination, uuid });
    this.lambda = new SimulatedFunction({
      handler: options.handler,
      functionArn,
      timeout: (options.timeout ?? 60) * 1000,
      environments: options.environments ?? 1,
      triggers: [{ stream: streamArn, report: settings.reportBatchItemFailures }],
      random,
      uuid,
      park: destination && (async (record) => void this.parked.push(copy(record))),
    }, this.clock);
  }

  async run(): Promise<SimulationRun> {
    this.tell({ type: 'tick' });
    while (!(this.stream.exhausted() && this.machine.idle())) {
      if (this.lambda.answered()) {
        this.settling.nothingRuns();
      } else {
        await this.settling.wait(this.lambda.answered);
      }
      const deadline = this.machine.deadline() ?? Infinity;
      const appointment = this.clock.next() ?? Infinity;
      if (appointment <= deadline && appointment !== Infinity) {
        this.clock.step();
      } else if (deadline !== Infinity) {
        this.clock.moveTo(deadline);
        this.tell({ type: 'tick' });
      } else {
        break;
      }
    }
    return {
      invocations: this.invocations, failed: this.failed, parked: this.parked, lost: [...this.lost], metrics: this.metrics,
    };
  }

  /** Hands the machine what happened, and does what it asks for. */
  private tell(input: Input): void {
    this.effects.push(...this.machine.handle(this.clock.now(), input));
    if (this.obeying) {
      return;
    }
    this.obeying = true;
    for (let effect = this.effects.shift(); effect; effect = this.effects.shift()) {
      this.perform(effect);
    }
    this.obeying = false;
  }

  private perform(effect: Effect): void {
    const now = this.clock.now();
    switch (effect.type) {
      case 'describe':
        this.tell(this.stream.describe(now));
        break;
      case 'read':
        this.tell(this.stream.read(now, effect.shardId, effect.from, effect.limit));
        break;
      case 'invoke':
        this.invoke(effect);
        break;
      case 'deliver':
        this.failed.push(effect.message);
        this.tell({ type: 'delivered', delivery: effect.delivery, accepted: true });
        break;
      case 'notice':
        this.observe(effect.notice);
        break;
      case 'checkpoint':
        break;
    }
  }

  private invoke({ invocation, shardId, event }: Extract<Effect, { type: 'invoke' }>): void {
    this.lambda.invoke({
      event: () => copy(event),
      latency: 0,
      crashes: false,
      hangs: false,
      ended: (end) => {
        this.invocations.push(new Invocation(shardId, event, end));
        this.tell({ type: 'returned', invocation, outcome: end.outcome });
      },
    });
  }

  private observe(notice: Extract<Effect, { type: 'notice' }>['notice']): void {
    if (notice.type === 'count') {
      this.metrics[notice.name] += notice.value;
    } else if (notice.type === 'dropped') {
      notice.records.forEach((record) => this.lost.add(record));
    }
  }
}

class Invocation implements SimulatedInvocation {
  readonly at: number;
  readonly durationMs: number;
  readonly response?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
  readonly #event: StreamEvent;

  constructor(readonly shardId: string, event: StreamEvent, { startedAt, endedAt, outcome }: InvocationEnd) {
    this.at = startedAt;
    this.durationMs = endedAt - startedAt;
    this.#event = event;
    if (outcome.type === 'response') {
      this.response = outcome.response;
    } else {
      this.error = { errorType: outcome.errorType, errorMessage: outcome.errorMessage };
    }
  }

  get event(): StreamEvent {
    return copy(this.#event);
  }
}
