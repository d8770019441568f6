import type { Input } from '../engine';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';
import { type Position, type Shard, STREAM_RETENTION } from '../stream/shard';

/** A shard of a simulated stream: its records, and when each can be read. Times in milliseconds since the epoch. */
export interface SimulatedShard extends Shard {
  readonly records: readonly StreamRecord[];
  /** For each record; never falling. */
  readonly readableAt: readonly number[];
  /** From when the stream lists it. */
  readonly openedAt: number;
  /** When its children took over. A shard without children stays open. */
  readonly closedAt?: number;
}

/** A stream under a virtual clock. */
export class SimulatedStream {
  /** Records that no read will return: before LATEST, or past the retention. */
  readonly passedOver: StreamRecord[] = [];
  private readonly shards: ReadonlyMap<string, SimulatedShard>;
  /** The index of the next record to read, by shard. */
  private readonly cursors = new Map<string, number>();
  /** Where each shard was read from at first. */
  private readonly starts = new Map<string, number>();
  private unread: number;

  constructor(shards: readonly SimulatedShard[]) {
    this.shards = new Map(shards.map((shard) => [shard.shardId, shard]));
    this.unread = shards.reduce((sum, shard) => sum + shard.records.length, 0);
  }

  describe(now: number): Shard[] {
    return [...this.shards.values()]
      .filter((shard) => shard.openedAt <= now)
      .map(({ shardId, parentShardId }) => ({ shardId, parentShardId }));
  }

  read(now: number, shardId: string, from: Position, limit: number): Input {
    const shard = this.shards.get(shardId)!;
    const start = this.cursors.get(shardId) ?? this.begin(shard, locate(shard, from, now));
    const trimmed = this.passOver(shard, start, count(shard, start, Infinity, now - STREAM_RETENTION * 1000 - 1));
    if (trimmed > start) {
      return { type: 'readFailed', shardId, reason: 'trimmed' };
    }
    const next = this.moveTo(shard, start, count(shard, start, start + limit, now));
    const end = shard.closedAt !== undefined && shard.closedAt <= now && next === shard.records.length;
    const quietUntil = shard.readableAt[next] ?? shard.closedAt ?? Infinity;
    return { type: 'read', shardId, records: shard.records.slice(start, next), end, quietUntil };
  }

  /** Lets each shard be read again from behind its checkpoint on. */
  rewind(checkpoints: Readonly<Record<string, string>>): void {
    for (const [shardId, cursor] of this.cursors) {
      const shard = this.shards.get(shardId)!;
      const sequenceNumber = checkpoints[shardId];
      const done = sequenceNumber === undefined ? 0 : locate(shard, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }, 0);
      this.moveTo(shard, cursor, Math.max(done, this.starts.get(shardId) ?? 0));
    }
  }

  /** Whether every record has been read or passed over. */
  exhausted(): boolean {
    return this.unread === 0;
  }

  private begin(shard: SimulatedShard, start: number): number {
    this.starts.set(shard.shardId, start);
    return this.passOver(shard, 0, start);
  }

  private passOver(shard: SimulatedShard, start: number, end: number): number {
    this.passedOver.push(...shard.records.slice(start, end));
    return this.moveTo(shard, start, end);
  }

  private moveTo(shard: SimulatedShard, start: number, end: number): number {
    this.unread -= end - start;
    this.cursors.set(shard.shardId, end);
    return end;
  }
}

/** The index after the last record from `start` up to `end` that was readable at `time`. */
function count(shard: SimulatedShard, start: number, end: number, time: number): number {
  const last = Math.min(end, shard.records.length);
  let index = start;
  while (index < last && shard.readableAt[index] <= time) {
    index++;
  }
  return index;
}

function locate(shard: SimulatedShard, from: Position, now: number): number {
  switch (from.type) {
    case 'TRIM_HORIZON':
      return 0;
    case 'LATEST':
      return count(shard, 0, Infinity, now);
    case 'AFTER_SEQUENCE_NUMBER':
      return shard.records.filter((record) => compareSequenceNumbers(record.dynamodb!.SequenceNumber!, from.sequenceNumber) <= 0).length;
  }
}
