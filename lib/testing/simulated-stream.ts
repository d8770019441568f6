import type { Input, Position, Shard } from '../engine';
import { STREAM_RETENTION } from '../mapping/settings';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A shard of a simulated stream: what is in it, and when each record can be read. */
export interface SimulatedShard extends Shard {
  readonly records: readonly StreamRecord[];
  /** Milliseconds since the epoch; never falling. */
  readonly readableAt: readonly number[];
  /** From when the stream lists it. */
  readonly openedAt: number;
  /** When its last record was in it. A shard without children stays open. */
  readonly closedAt?: number;
}

/** A stream under a virtual clock. */
export class SimulatedStream {
  private readonly shards: Map<string, SimulatedShard>;
  /** The index of the next record to read, by shard. */
  private readonly cursors = new Map<string, number>();

  constructor(shards: readonly SimulatedShard[]) {
    this.shards = new Map(shards.map((shard) => [shard.shardId, shard]));
  }

  describe(now: number): Input {
    const shards = [...this.shards.values()]
      .filter((shard) => shard.openedAt <= now)
      .map(({ shardId, parentShardId }) => ({ shardId, parentShardId }));
    return { type: 'described', shards };
  }

  read(now: number, shardId: string, from: Position, limit: number): Input {
    const shard = this.shards.get(shardId)!;
    const start = this.cursors.get(shardId) ?? locate(shard, from, now);
    const kept = firstAt(shard, start, (index) => shard.readableAt[index] + STREAM_RETENTION * 1000 >= now);
    this.cursors.set(shardId, kept);
    if (kept > start) {
      return { type: 'readFailed', shardId, reason: 'trimmed' };
    }
    const readable = firstAt(shard, start, (index) => shard.readableAt[index] > now, start + limit);
    this.cursors.set(shardId, readable);
    const end = shard.closedAt !== undefined && shard.closedAt <= now && readable === shard.records.length;
    return { type: 'read', shardId, records: shard.records.slice(start, readable), end };
  }

  /** Whether every record has been read that will ever be there. */
  exhausted(): boolean {
    return [...this.shards.values()].every((shard) => this.cursors.get(shard.shardId) === shard.records.length);
  }
}

/** The first index from `start` up to `end` at which the test holds; else the end. */
function firstAt(shard: SimulatedShard, start: number, test: (index: number) => boolean, end = Infinity): number {
  const last = Math.min(end, shard.records.length);
  let index = start;
  while (index < last && !test(index)) {
    index++;
  }
  return index;
}

function locate(shard: SimulatedShard, from: Position, now: number): number {
  switch (from.type) {
    case 'TRIM_HORIZON':
      return 0;
    case 'LATEST':
      return firstAt(shard, 0, (index) => shard.readableAt[index] > now);
    case 'AFTER_SEQUENCE_NUMBER':
      return firstAt(shard, 0, (index) => compareSequenceNumbers(shard.records[index].dynamodb!.SequenceNumber!, from.sequenceNumber) > 0);
  }
}
