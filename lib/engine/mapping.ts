import { MappingContext } from './context';
import { DESCRIBE_INTERVAL, DESCRIBE_RETRY_DELAY } from './limits';
import { Lineage } from './lineage';
import type { Effect, Input, Machine, Shard } from './protocol';
import { earlier, ShardPoller } from './shard';
import type { MappingSettings } from '../rules/settings';
import type { DestinationKind } from '../stream/destination';

/** What a mapping has to know beside its settings. */
export interface MappingOptions {
  /** As the rules passed them: the engine does not judge settings. */
  readonly settings: MappingSettings;
  readonly functionArn: string;
  readonly streamArn: string;
  /** The mapping's UUID, part of the object key at an S3 destination. */
  readonly mappingId: string;
  /** What the messages on the failure destination name as the version that ran, such as '$LATEST'. */
  readonly executedVersion: string;
  /** The kind of failure destination. None: what is given up is dropped. */
  readonly destination?: DestinationKind;
  /** Makes a UUID: for requests that never were and for object keys. */
  readonly uuid: () => string;
  /** Resumes: for each shard the last sequence number done with, as `checkpoint` effects reported it. */
  readonly checkpoints?: Readonly<Record<string, string>>;
  /**
   * What `bisectBatchOnError` does with a partial response that names the first record, which AWS does not document: cut the
   * batch in half, or retry it whole.
   *
   * @default 'halve'
   */
  readonly noProgressBisect?: 'halve' | 'whole';
}

/** The machine that behaves like a mapping. */
export function createMapping(options: MappingOptions): Machine {
  return new Mapping(options);
}

class Mapping implements Machine {
  private readonly context: MappingContext;
  private readonly lineage: Lineage;
  private readonly shards = new Map<string, ShardPoller>();
  private describing = false;
  private describeAt = -Infinity;

  constructor(options: MappingOptions) {
    this.context = new MappingContext(options);
    this.lineage = new Lineage(options.settings.startingPosition, options.checkpoints ?? {});
  }

  handle(now: number, input: Input): Effect[] {
    switch (input.type) {
      case 'tick':
        this.advanceAll(now);
        break;
      case 'enabled':
        this.context.enabled = input.enabled;
        this.advanceAll(now);
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
        this.shards.get(input.shardId)?.read(now, input.records, input.end);
        this.advance(now, input.shardId);
        break;
      case 'readFailed':
        this.shards.get(input.shardId)?.readFailed(now, input.reason);
        this.advance(now, input.shardId);
        break;
      case 'returned': {
        const processor = this.context.settle(input.invocation);
        processor.returned(now, input.outcome);
        this.advance(now, processor.shardId);
        break;
      }
      case 'delivered': {
        const processor = this.context.settle(input.delivery);
        processor.delivered(input.accepted);
        this.advance(now, processor.shardId);
        break;
      }
    }
    return this.context.takeEffects();
  }

  deadline(): number | undefined {
    let first = this.context.enabled && !this.describing ? this.describeAt : undefined;
    for (const shard of this.shards.values()) {
      first = earlier(first, shard.deadline());
    }
    return first;
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
    this.describeIfDue(now);
  }

  /** One shard goes on; when it is finished, its children may start. */
  private advance(now: number, shardId: string): void {
    const shard = this.shards.get(shardId);
    shard?.advance(now);
    if (shard?.finished) {
      this.shards.delete(shardId);
      this.lineage.finish(shardId);
      this.startShards(now);
      this.describeAt = now;
      this.describeIfDue(now);
    }
  }

  private startShards(now: number): void {
    for (const { shardId, from } of this.lineage.start()) {
      const shard = new ShardPoller(shardId, from, this.context);
      this.shards.set(shardId, shard);
      shard.advance(now);
    }
  }

  private describeIfDue(now: number): void {
    if (this.context.enabled && !this.describing && now >= this.describeAt) {
      this.describing = true;
      this.context.emit({ type: 'describe' });
    }
  }
}
