import type { StartingPositionName } from '../rules/settings';
import type { Position, Shard } from '../stream/shard';

/** Which shards of a stream may be read, and from where: a shard's parent is read to its end first. */
export class Lineage {
  private readonly shards = new Map<string, { readonly shard: Shard; readonly from: Position; state: 'waiting' | 'reading' | 'done' }>();
  private first = true;

  constructor(
    private readonly startingPosition: StartingPositionName,
    private readonly checkpoints: Readonly<Record<string, string>>,
  ) {
    // A mapping that resumes has seen the stream before: where it has no checkpoint, nothing was done yet.
    this.first = Object.keys(checkpoints).length === 0;
  }

  /** Takes the stream's shards, all of them. */
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

  /** Takes out the shards whose turn has come. */
  start(): { readonly shardId: string; readonly from: Position }[] {
    const started = [];
    for (const entry of this.shards.values()) {
      if (entry.state === 'waiting' && this.isFree(entry.shard)) {
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

  private isFree({ parentShardId }: Shard): boolean {
    // A parent that the stream no longer lists is past its retention.
    const parent = parentShardId === undefined ? undefined : this.shards.get(parentShardId);
    return !parent || parent.state === 'done';
  }

  /** LATEST is said of the shards that are there when the mapping starts; what comes later is new from its first record on. */
  private position(shardId: string): Position {
    const sequenceNumber = this.checkpoints[shardId];
    if (sequenceNumber !== undefined) {
      return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber };
    }
    return { type: this.first ? this.startingPosition : 'TRIM_HORIZON' };
  }
}
