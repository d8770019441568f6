import { MappingContext } from './context';
import { DESCRIBE_INTERVAL, DESCRIBE_RETRY_DELAY } from './limits';
import { Lineage } from './lineage';
import type { Effect, Input, Machine, Shard } from './protocol';
import { earliest, ShardPoller } from './shard';
import type { MappingSettings } from '../mapping/settings';

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
  readonly destination?: 'sqs' | 'sns' | 's3';
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
      case 'described':
        this.described(now, input.shards);
        break;
      case 'describeFailed':
        this.describing = false;
        this.describeAt = now + DESCRIBE_RETRY_DELAY;
        break;
      case 'read':
        this.shards.get(input.shardId)?.read(now, input.records, input.end);
        break;
      case 'readFailed':
        this.shards.get(input.shardId)?.readFailed(now, input.reason);
        break;
      case 'returned':
        this.context.settle(input.invocation).returned(now, input.outcome);
        break;
      case 'delivered':
        this.context.settle(input.delivery).delivered(input.accepted);
        break;
      case 'enabled':
        this.context.enabled = input.enabled;
        break;
      case 'tick':
        break;
    }
    this.advance(now);
    return this.context.takeEffects();
  }

  deadline(): number | undefined {
    const deadlines = [...this.shards.values()].map((shard) => shard.deadline());
    if (this.context.enabled && !this.describing) {
      deadlines.push(this.describeAt);
    }
    return earliest(deadlines);
  }

  idle(): boolean {
    return [...this.shards.values()].every((shard) => shard.idle());
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

  private advance(now: number): void {
    for (const shard of this.shards.values()) {
      shard.advance(now);
      if (shard.finished) {
        this.shards.delete(shard.shardId);
        this.lineage.finish(shard.shardId);
        this.describeAt = now;
      }
    }
    for (const { shardId, from } of this.lineage.start()) {
      const shard = new ShardPoller(shardId, from, this.context);
      this.shards.set(shardId, shard);
      shard.advance(now);
    }
    if (this.context.enabled && !this.describing && now >= this.describeAt) {
      this.describing = true;
      this.context.emit({ type: 'describe' });
    }
  }
}
