import type { SimulatedShard } from './stream';
import type { StreamEvent, StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** Keeps the lost records, and the checkpoint of each shard. */
export class Losses {
  private readonly lost = new Set<StreamRecord>();
  private readonly checkpoints = new Map<string, string>();

  add(records: readonly StreamRecord[]): void {
    records.forEach((record) => this.lost.add(record));
  }

  /** Everything in the shard up to this number is done or lost. */
  checkpoint(shardId: string, sequenceNumber: string): void {
    this.checkpoints.set(shardId, sequenceNumber);
  }

  /** How far each shard is done with. */
  checkpointsByShard(): Record<string, string> {
    return Object.fromEntries(this.checkpoints);
  }

  /** Adds the records that a handler reported as failed to a mapping that ignores reports. */
  ignored(event: StreamEvent, response: unknown): void {
    const failures = (response as { batchItemFailures?: unknown } | null)?.batchItemFailures;
    if (Array.isArray(failures) && failures.length > 0) {
      const reported = new Set(failures.map((failure) => failure?.itemIdentifier));
      this.add(event.Records.filter((record) => reported.has(record.dynamodb?.SequenceNumber)));
    }
  }

  /** All lost records at the end of the run, in the order of the shards. */
  list(shards: readonly SimulatedShard[]): StreamRecord[] {
    return shards.flatMap(({ shardId, records }) => {
      const checkpoint = this.checkpoints.get(shardId);
      return records.filter((record) => this.lost.has(record) || !isUpTo(record, checkpoint));
    });
  }
}

function isUpTo(record: StreamRecord, checkpoint: string | undefined): boolean {
  return checkpoint !== undefined && compareSequenceNumbers(record.dynamodb!.SequenceNumber!, checkpoint) <= 0;
}
