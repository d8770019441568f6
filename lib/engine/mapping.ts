import { DESCRIBE_INTERVAL, DESCRIBE_RETRY_DELAY } from './limits';
import { Lineage } from './lineage';
import { type MappingOptions, type MappingPlan, planOf } from './options';
import { Outbox } from './outbox';
import type { Effect, Input, Machine } from './protocol';
import { ShardPoller } from './shard-poller';
import type { Shard } from '../stream/shard';

/** The machine that behaves like a mapping. */
export function createMapping(options: MappingOptions): Machine {
  return new Mapping(options);
}

class Mapping implements Machine {
  private plan: MappingPlan;
  private readonly outbox = new Outbox();
  private readonly lineage: Lineage;
  private readonly shards = new Map<string, ShardPoller>();
  private enabled: boolean;
  private describing = false;
  private describeAt = -Infinity;

  constructor(options: MappingOptions) {
    this.plan = planOf(options);
    this.enabled = options.settings.enabled;
    this.lineage = new Lineage(options.settings.startingPosition, options.checkpoints ?? {});
  }

  handle(now: number, input: Input): Effect[] {
    switch (input.type) {
      case 'tick':
        this.advanceDue(now);
        break;
      case 'enabled':
        this.enabled = input.enabled;
        this.advanceAll(now);
        break;
      case 'changed':
        this.plan = planOf(input.options);
        this.shards.forEach((shard) => shard.change(this.plan));
        break;
      case 'described':
        this.described(now, input.shards);
        this.advanceAll(now);
        break;
      case 'describeFailed':
        this.describing = false;
        this.describeAt = now + DESCRIBE_RETRY_DELAY;
        break;
      case 'read':
        this.shards.get(input.shardId)?.read(now, input);
        this.advance(now, input.shardId);
        break;
      case 'readFailed':
        this.shards.get(input.shardId)?.readFailed(now, input.reason);
        this.advance(now, input.shardId);
        break;
      case 'returned': {
        const caller = this.outbox.callerOf(input.invocation);
        caller.returned(now, input.outcome);
        this.advance(now, caller.shardId);
        break;
      }
      case 'delivered': {
        const caller = this.outbox.callerOf(input.delivery);
        caller.delivered(input.accepted);
        this.advance(now, caller.shardId);
        break;
      }
    }
    return this.outbox.take();
  }

  deadline(): number | undefined {
    if (!this.enabled) {
      return undefined;
    }
    let first = this.describing ? Infinity : this.describeAt;
    for (const shard of this.shards.values()) {
      first = Math.min(first, shard.deadline);
    }
    return first === Infinity ? undefined : first;
  }

  idle(): boolean {
    for (const shard of this.shards.values()) {
      if (!shard.idle()) {
        return false;
      }
    }
    return true;
  }

  private described(now: number, listed: readonly Shard[]): void {
    this.describing = false;
    this.describeAt = now + DESCRIBE_INTERVAL;
    this.lineage.update(listed);
    const ids = new Set(listed.map((shard) => shard.shardId));
    for (const shard of this.shards.values()) {
      if (!ids.has(shard.shardId)) {
        shard.vanished(now);
      }
    }
  }

  private advanceAll(now: number): void {
    for (const shardId of this.shards.keys()) {
      this.advance(now, shardId);
    }
    this.startShards(now);
  }

  /** When only time has passed, only shards whose deadline is over have something to do. */
  private advanceDue(now: number): void {
    for (const [shardId, { deadline }] of this.shards) {
      if (deadline <= now) {
        this.advance(now, shardId);
      }
    }
    this.describeIfDue(now);
  }

  /** Moves a shard on. When it is done, its children may start. */
  private advance(now: number, shardId: string): void {
    const shard = this.shards.get(shardId);
    if (!shard) {
      return;
    }
    this.move(now, shard);
    if (shard.isDone()) {
      this.shards.delete(shardId);
      this.lineage.done(shardId);
      this.startShards(now);
      this.describeAt = now;
      this.describeIfDue(now);
    }
  }

  private move(now: number, shard: ShardPoller): void {
    if (this.enabled) {
      shard.advance(now);
    } else {
      shard.release(now);
    }
  }

  private startShards(now: number): void {
    for (const { shardId, from } of this.lineage.start()) {
      const shard = new ShardPoller(shardId, from, this.plan, this.outbox);
      this.shards.set(shardId, shard);
      this.move(now, shard);
    }
  }

  private describeIfDue(now: number): void {
    if (this.enabled && !this.describing && now >= this.describeAt) {
      this.describing = true;
      this.outbox.emit({ type: 'describe' });
    }
  }
}
