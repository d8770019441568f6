import type { SimulatedShard } from './simulated-stream';
import type { StreamRecord } from '../stream/record';

/** A shard of the simulated stream. */
export interface ShardInput {
  /** Lambda-shaped stream records, oldest first. */
  readonly records: readonly StreamRecord[];
  readonly shardId?: string;
  readonly parentShardId?: string;
}

export function toShards(inputs: readonly ShardInput[]): SimulatedShard[] {
  return inputs.map(({ records, shardId, parentShardId }, index) => {
    let latest = -Infinity;
    const readableAt = records.map((record) => {
      latest = Math.max(latest, (record.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000);
      return latest;
    });
    return { shardId: shardId ?? `shardId-${String(index).padStart(20, '0')}`, parentShardId, records, readableAt, openedAt: 0 };
  });
}
