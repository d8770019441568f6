import type { StartingPositionName } from '../rules/settings';
import type { Position, Shard } from '../stream/shard';

/** Which shards of a stream can be read, and from where. A shard can be read when its parent is done. */
export class Lineage {
  private readonly shards = new Map<string, { readonly shard: Shard; readonly from: Position; state: 'waiting' | 'reading' | 'done' }>();
  private first = true;

  constructor(
    private readonly startingPosition: StartingPositionName,
    private readonly checkpoints: Readonly<Record<string, string>>,
  ) {
    // A mapping with checkpoints has read the stream before. In a shard without a checkpoint, no record is done yet.
    this.first = Object.keys(checkpoints).length === 0;
  }

  /** Takes all shards of the stream. */
  update(listed: readonly Shard[]): void {
    const ids = new Set(listed.map((shard) => shard.shardId));
    for (const shard of listed) {
      if (!this.shards.has(shard.shardId)) {
        this.shards.set(shard.shardId, { shard, from: this.position(shard.shardId), state: 'waiting' });
      }
    }
    for (const [id, { state }] of this.shards) {
      if (state !== 'reading' && !ids.has(id)) {
        this.shards.delete(id);
      }
    }
    this.first = false;
  }

  /** The shards that can be read now. Each is returned once. */
  start(): { readonly shardId: string; readonly from: Position }[] {
    const started = [];
    for (const entry of this.shards.values()) {
      if (entry.state === 'waiting' && this.isParentDone(entry.shard)) {
        entry.state = 'reading';
        started.push({ shardId: entry.shard.shardId, from: entry.from });
      }
    }
    return started;
  }

  /** Every record of the shard is done. */
  done(shardId: string): void {
    const entry = this.shards.get(shardId);
    if (entry) {
      entry.state = 'done';
    }
  }

  private isParentDone({ parentShardId }: Shard): boolean {
    // A parent that the stream no longer lists is older than the stream's retention.
    const parent = parentShardId === undefined ? undefined : this.shards.get(parentShardId);
    return !parent || parent.state === 'done';
  }

  /** LATEST applies to the shards that exist when the mapping starts. All records of a later shard are new. */
  private position(shardId: string): Position {
    const sequenceNumber = this.checkpoints[shardId];
    if (sequenceNumber !== undefined) {
      return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber };
    }
    return { type: this.first ? this.startingPosition : 'TRIM_HORIZON' };
  }
}
