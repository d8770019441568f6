import { shownValue } from './option-check';
import type { Reshard } from './shard-input';
import type { FailedBatch } from '../stream/failed-batch';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent, StreamRecord } from '../stream/record';

/** An invocation that a fault may hit. */
export interface InvocationAtRisk {
  /** When it would start, in milliseconds since the epoch. */
  readonly at: number;
  /** The shard whose records the batch has. */
  readonly shardId: string;
  /** What the function would be given. */
  readonly event: StreamEvent;
}

/** A message that the failure destination may refuse: a failed batch, or a record that the runtime parks. */
export interface DeliveryAtRisk {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** What would be sent. */
  readonly message: FailedBatch | ParkedRecord;
}

/**
 * How often a fault strikes: a share from 0 to 1, by which chance decides, or a function that decides.
 *
 * A share above 0 strikes the first occasion in any case. So no test passes because chance spared it.
 */
export type Chance<Subject, Strike = boolean> = number | ((subject: Subject) => Strike);

/** What goes wrong in a simulation. */
export interface Faults {
  /**
   * How long things take, in milliseconds of virtual time.
   *
   * A function: how long the call for a record takes at least. It is part of the call: `concurrency`, the time budget and `signal` of
   * `streamHandler` and `windowHandler` see it. The handler's own code runs at the start of the call. For a plain handler, the invocation
   * takes the sum over its records.
   *
   * A number: how long an invocation takes at least, whatever its records.
   *
   * @default 0
   */
  readonly latency?: number | ((record: StreamRecord) => number);
  /** The function has no concurrency left: it is not invoked, and the retry count stays the same. */
  readonly throttle?: Chance<InvocationAtRisk>;
  /**
   * The process ends before the response is sent: the handler's work is done, but Lambda does not know. A function may also return a
   * number of milliseconds after which the process ends, in the middle of its work. An invocation that ends sooner is spared.
   */
  readonly crash?: Chance<InvocationAtRisk, boolean | number>;
  /** The response does not come before the function's timeout. */
  readonly timeout?: Chance<InvocationAtRisk>;
  /**
   * The batch is delivered again although the function has answered: delivery is at least once. It comes to another environment if there is
   * one. The retry count stays the same.
   */
  readonly redeliver?: Chance<InvocationAtRisk>;
  /** The failure destination refuses what is sent to it. */
  readonly refuse?: Chance<DeliveryAtRisk>;
  /** Shards that are split while the simulation runs. */
  readonly reshards?: readonly Reshard[];
}

/** How often each fault struck. */
export type Struck = { readonly [fault in StrikingFault]: number };

type StrikingFault = 'throttle' | 'crash' | 'timeout' | 'redeliver' | 'refuse';

/** Decides whether faults strike, in the same way for the same source of random numbers. */
export class Fate {
  readonly struck: { [fault in StrikingFault]: number } = { throttle: 0, crash: 0, timeout: 0, redeliver: 0, refuse: 0 };
  /** Milliseconds that an invocation takes at least. */
  readonly latency: number;
  /** Milliseconds that the call for a record takes at least. */
  readonly latencyOf?: (record: StreamRecord) => number;

  /** @param fail takes an error of the test's own */
  constructor(private readonly faults: Faults, private readonly random: () => number, private readonly fail: (error: unknown) => void) {
    const { latency = 0 } = faults;
    this.latency = typeof latency === 'number' ? latency : 0;
    this.latencyOf = typeof latency === 'function' ? (record) => checkedLatency(latency(record)) : undefined;
  }

  strikes(fault: 'throttle' | 'timeout' | 'redeliver', invocation: InvocationAtRisk): boolean {
    return this.decide(fault, this.faults[fault], invocation);
  }

  /** Whether the process ends before the response is sent, or after how many milliseconds it ends. */
  crashes(invocation: InvocationAtRisk): boolean | number {
    return this.decide('crash', this.faults.crash, invocation);
  }

  refuses(delivery: DeliveryAtRisk): boolean {
    return this.decide('refuse', this.faults.refuse, delivery);
  }

  /** A fault that was to strike has not: the invocation ended before. */
  missed(fault: 'crash' | 'timeout'): void {
    this.struck[fault]--;
  }

  private decide<Subject, Strike>(fault: StrikingFault, chance: Chance<Subject, Strike> | undefined, subject: Subject): Strike | boolean {
    try {
      const strike = typeof chance === 'function' ? checkedStrike(fault, chance(subject)) : this.byChance(fault, chance ?? 0);
      this.struck[fault] += Number(strike !== false);
      return strike;
    } catch (error) {
      // The test's, whoever asks: neither the handler's nor the runtime's.
      this.fail(error);
      return false;
    }
  }

  private byChance(fault: StrikingFault, share: number): boolean {
    return share > 0 && (this.random() < share || this.struck[fault] === 0);
  }
}

function checkedStrike<Strike>(fault: StrikingFault, strike: Strike): Strike {
  const milliseconds = fault === 'crash' && typeof strike === 'number';
  if (milliseconds ? !(strike >= 0 && strike < Infinity) : typeof strike !== 'boolean') {
    const given = typeof (strike as any)?.then === 'function' ? 'a promise' : shownValue(strike);
    throw new (milliseconds ? RangeError : TypeError)(`faults.${fault} returned ${given} but must return true, false${
      fault === 'crash' ? ', or a number of milliseconds from 0' : ''}.`);
  }
  return strike;
}

function checkedLatency(milliseconds: number): number {
  if (!(typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds < Infinity)) {
    throw new RangeError(`faults.latency returned ${typeof milliseconds === 'number' ? milliseconds : shownValue(milliseconds)} but must return a number of milliseconds from 0.`);
  }
  return milliseconds;
}
