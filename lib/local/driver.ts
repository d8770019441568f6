import type { Effect, Input, Machine, Notice, Outcome, Position, Shard } from '../engine';
import { StreamReadError, type ShardRead } from '../reader/stream-reader';

/** The real parts that a mapping's machine is driven with. */
export interface Parts {
  shards(): Promise<Shard[]>;
  /** Rejects with a StreamReadError. */
  read(shardId: string, from: Position, limit: number): Promise<ShardRead>;
  invoke(effect: Effect & { type: 'invoke' }): Promise<Outcome>;
  /** Rejects if the destination did not take the message. */
  deliver(effect: Effect & { type: 'deliver' }): Promise<void>;
  onNotice(notice: Notice): void;
}

/** A mapping at work. */
export interface Driver {
  /** Resolves when every shard has been read once: from then on not even a mapping that starts at LATEST misses a record. */
  readonly polling: Promise<void>;
  /** Resolves when every record that the stream held at the time of the call is done with or on the failure destination. */
  drained(): Promise<void>;
  /** Ends the polling. What is under way is no longer listened to. */
  stop(): void;
}

/**
 * Drives a mapping's machine with the clock of this computer: tells it what happened, and does what it asks for.
 *
 * @param onFailure called if the machine itself fails; nothing is driven any more then
 */
export function drive(machine: Machine, parts: Parts, onFailure: (error: unknown) => void): Driver {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let time = 0;
  /** Undefined until they are listed for the first time. */
  let shards: readonly Shard[] | undefined;
  /** For each shard that was read, when the last read began that brought nothing; Infinity at the end of a closed shard. */
  const emptySince = new Map<string, number>();
  const waiting = new Set<() => void>();

  // Not before the caller has the driver: the machine may fail at once.
  queueMicrotask(() => tell({ type: 'tick' }));
  return { polling: until(() => everyShard(() => true)), drained, stop };

  function tell(input: Input): void {
    if (stopped) {
      return;
    }
    try {
      for (const effect of machine.handle(now(), input)) {
        perform(effect);
      }
      schedule();
    } catch (error) {
      stop();
      onFailure(error);
    }
    waiting.forEach((check) => check());
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case 'describe':
        return after(parts.shards(), (listed) => {
          shards = listed;
          return { type: 'described', shards: listed };
        }, () => ({ type: 'described', shards: shards ?? [] }));
      case 'read':
        return read(effect);
      case 'invoke':
        return after(parts.invoke(effect), (outcome) => ({ type: 'returned', invocation: effect.invocation, outcome }));
      case 'deliver': {
        const answer = (accepted: boolean): Input => ({ type: 'delivered', delivery: effect.delivery, accepted });
        return after(parts.deliver(effect), () => answer(true), () => answer(false));
      }
      case 'notice':
        return parts.onNotice(effect.notice);
      case 'checkpoint':
        // A run starts with empty tables, so that there is nothing to resume.
        return undefined;
    }
  }

  function read({ shardId, from, limit }: Effect & { type: 'read' }): void {
    const began = now();
    after(parts.read(shardId, from, limit), ({ records, end }) => {
      emptySince.set(shardId, end ? Infinity : records.length === 0 ? began : emptySince.get(shardId) ?? -1);
      return { type: 'read', shardId, records, end };
    }, (error) => ({
      type: 'readFailed', shardId, reason: error instanceof StreamReadError ? error.reason : 'unavailable',
    }));
  }

  function after<T>(work: Promise<T>, done: (result: T) => Input, failed?: (error: unknown) => Input): void {
    work.then((result) => tell(done(result)), (error) => {
      if (failed) {
        tell(failed(error));
      } else {
        stop();
        onFailure(error);
      }
    });
  }

  function schedule(): void {
    clearTimeout(timer);
    const deadline = machine.deadline();
    if (deadline !== undefined) {
      timer = setTimeout(() => tell({ type: 'tick' }), Math.max(0, deadline - Date.now()));
    }
  }

  /** Never back, whatever happens to the computer's clock. */
  function now(): number {
    return time = Math.max(time, Date.now());
  }

  function drained(): Promise<void> {
    const asked = now();
    // A read that began in the same millisecond may have begun before the last write.
    return until(() => everyShard((since) => since > asked) && machine.idle());
  }

  /** Whether every shard has been read, and for all of them this holds of their last empty read. */
  function everyShard(holds: (emptySince: number) => boolean): boolean {
    return shards !== undefined && shards.every(({ shardId }) => emptySince.has(shardId) && holds(emptySince.get(shardId)!));
  }

  function until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (stopped || condition()) {
          waiting.delete(check);
          resolve();
        }
      };
      waiting.add(check);
      check();
    });
  }

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
    waiting.forEach((check) => check());
  }
}
