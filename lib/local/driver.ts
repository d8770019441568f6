import type { Effect, Input, Machine, MappingOptions, Notice, Outcome } from '../engine';
import { StreamReadError, type ShardRead } from '../reader/stream-reader';
import type { PassingReadFailure, Position, Shard } from '../stream/shard';

/** The real parts that a mapping's machine is driven with. */
export interface DriverParts {
  shards(): Promise<Shard[]>;
  /** Rejects with a StreamReadError. */
  read(shardId: string, from: Position, limit: number): Promise<ShardRead>;
  invoke(effect: Effect & { type: 'invoke' }): Promise<Outcome>;
  /** Rejects if the destination did not take the message. */
  deliver(effect: Effect & { type: 'deliver' }): Promise<void>;
  onNotice(notice: Notice): void;
  /** Everything in the shard up to and including this number is done with. */
  onCheckpoint(shardId: string, sequenceNumber: string): void;
}

/** A mapping at work. */
export interface Driver {
  /** How many it has begun so far. */
  readonly invocations: number;
  /**
   * Resolves when every shard has been read once: from then on no record is missed, not even by a mapping that starts at LATEST.
   * Rejects with the error that ended the driver before.
   */
  readonly polling: Promise<void>;
  /**
   * Resolves when every record that the stream held at the time of the call is done with or on the failure destination. Rejects
   * with the error that ended the driver before.
   */
  drained(): Promise<void>;
  /**
   * Begins nothing new until `goOn`. Resolves when every invocation and delivery that is under way has ended, and counts. Rejects with the
   * error that ended the driver before.
   */
  pause(): Promise<void>;
  /** After a pause: goes on where it is, with these options if they are given. Records that were being retried start with all of their retries. */
  goOn(options?: MappingOptions): void;
  /** Ends the polling, for this reason. The result of what is under way is ignored. */
  stop(reason: Error): void;
}

/**
 * Drives a mapping's machine with the clock of this computer: hands it what happened, and does what it asks for.
 *
 * @param onFailure called if the machine itself fails. The driver has stopped then.
 */
// eslint-disable-next-line max-lines-per-function -- Small functions that share the state at the top.
export function drive(machine: Machine, parts: DriverParts, onFailure: (error: Error) => void): Driver {
  let ended: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let time = 0;
  let invocations = 0;
  /** Invocations and deliveries that have not ended. */
  let underWay = 0;
  /** Undefined until they are listed for the first time. */
  let shards: readonly Shard[] | undefined;
  /** For each shard that was read: when the last empty read began, or Infinity at the end of a closed shard. */
  const emptySince = new Map<string, number>();
  const waiting = new Set<() => void>();
  const polling = until(() => everyShard(() => true));
  // Whoever waits for it gets the error; not everybody waits.
  polling.catch(() => {});

  // Not before the caller has the driver: the machine may fail at once.
  queueMicrotask(() => tell({ type: 'tick' }));
  return {
    polling,
    drained,
    pause: () => {
      tell({ type: 'enabled', enabled: false });
      return until(() => underWay === 0);
    },
    goOn: (options) => {
      if (options) {
        tell({ type: 'changed', options });
      }
      tell({ type: 'enabled', enabled: true });
    },
    stop,
    get invocations() {
      return invocations;
    },
  };

  function tell(input: Input): void {
    if (ended) {
      return;
    }
    if (input.type === 'returned' || input.type === 'delivered') {
      underWay--;
    }
    try {
      for (const effect of machine.handle(now(), input)) {
        perform(effect);
      }
      schedule();
    } catch (error) {
      fail(error as Error);
    }
    waiting.forEach((check) => check());
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case 'describe':
        return after(parts.shards(), (listed) => {
          shards = listed;
          return { type: 'described', shards: listed };
        }, (error) => passingReason(error) && { type: 'describeFailed' });
      case 'read':
        return read(effect);
      case 'invoke':
        invocations++;
        underWay++;
        return after(parts.invoke(effect), (outcome) => ({ type: 'returned', invocation: effect.invocation, outcome }));
      case 'deliver': {
        underWay++;
        const answer = (accepted: boolean): Input => ({ type: 'delivered', delivery: effect.delivery, accepted });
        return after(parts.deliver(effect), () => answer(true), () => answer(false));
      }
      case 'notice':
        return parts.onNotice(effect.notice);
      case 'checkpoint':
        return parts.onCheckpoint(effect.shardId, effect.sequenceNumber);
    }
  }

  function read({ shardId, from, limit }: Effect & { type: 'read' }): void {
    const began = now();
    after(parts.read(shardId, from, limit), ({ records, end }) => {
      emptySince.set(shardId, end ? Infinity : records.length === 0 ? began : emptySince.get(shardId) ?? -1);
      return { type: 'read', shardId, records, end };
    }, (error) => {
      const reason = passingReason(error);
      return reason && { type: 'readFailed', shardId, reason };
    });
  }

  /** An error for which `failed` has no input ends the driver. */
  function after<T>(work: Promise<T>, done: (result: T) => Input, failed: (error: Error) => Input | undefined = () => undefined): void {
    work.then((result) => tell(done(result)), (error) => {
      const input = failed(error);
      if (input) {
        tell(input);
      } else {
        fail(error);
      }
    });
  }

  function schedule(): void {
    clearTimeout(timer);
    const deadline = machine.deadline();
    if (deadline !== undefined) {
      // Timers may fire a moment early.
      timer = setTimeout(() => Date.now() < deadline ? schedule() : tell({ type: 'tick' }), Math.max(0, deadline - Date.now()));
    }
  }

  /** Never goes back, whatever happens to the computer's clock. */
  function now(): number {
    return time = Math.max(time, Date.now());
  }

  async function drained(): Promise<void> {
    // A shard that the machine has not heard of yet may hold records already.
    shards = await parts.shards().catch(() => shards);
    const asked = now();
    // A read that began in the same millisecond may have begun before the last write.
    return until(() => everyShard((since) => since > asked) && machine.idle());
  }

  /** Whether every shard has been read, and `holds` is true of the time of each shard's last empty read. */
  function everyShard(holds: (emptySince: number) => boolean): boolean {
    return shards !== undefined && shards.every(({ shardId }) => emptySince.has(shardId) && holds(emptySince.get(shardId)!));
  }

  function until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (ended) {
          waiting.delete(check);
          reject(ended);
        } else if (condition()) {
          waiting.delete(check);
          resolve();
        }
      };
      waiting.add(check);
      check();
    });
  }

  function fail(error: Error): void {
    stop(error);
    onFailure(error);
  }

  function stop(reason: Error): void {
    ended ??= reason;
    clearTimeout(timer);
    waiting.forEach((check) => check());
  }
}

/** Undefined if no other read can succeed. */
function passingReason(error: Error): PassingReadFailure | undefined {
  return error instanceof StreamReadError ? error.passingReason : 'unavailable';
}
