import { StreamReadError } from './stream-read-error';
import type { IteratorPosition, StreamsApi, WireAnswer } from './streams-api';

/** Reads a shard onwards from a position, with one iterator until that expires. */
export class Cursor {
  private iterator?: string;

  constructor(private readonly api: StreamsApi, private readonly shardId: string, private from: IteratorPosition) {}

  /** Whether the next read starts here. */
  isAt(position: IteratorPosition): boolean {
    return this.from.type === position.type && numberOf(this.from) === numberOf(position);
  }

  /**
   * One GetRecords call.
   *
   * If the iterator has expired, it makes another one at the position. At LATEST that would miss what was written since the last read,
   * so it makes one at TRIM_HORIZON: the records may be older than the first read, but none is missed.
   *
   * @throws StreamReadError The next call reads at the same place.
   */
  async next(limit?: number): Promise<WireAnswer> {
    const answer = await this.answer(limit);
    const last = answer.Records?.at(-1)?.dynamodb?.SequenceNumber;
    if (last !== undefined) {
      this.from = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last };
    }
    this.iterator = answer.NextShardIterator;
    return answer;
  }

  private async answer(limit?: number): Promise<WireAnswer> {
    try {
      // Kept even if the read fails: another one at LATEST would start after what is written meanwhile.
      this.iterator ??= await this.api.iterator(this.shardId, this.from);
      return await this.api.records(this.iterator, limit);
    } catch (error) {
      if (error instanceof StreamReadError && error.iteratorExpired) {
        this.iterator = await this.api.iterator(this.shardId, this.from.type === 'LATEST' ? { type: 'TRIM_HORIZON' } : this.from);
        return this.api.records(this.iterator, limit);
      }
      if (error instanceof StreamReadError && error.reason === 'trimmed') {
        this.iterator = undefined;
      }
      throw error;
    }
  }
}

function numberOf(position: IteratorPosition): string | undefined {
  return 'sequenceNumber' in position ? position.sequenceNumber : undefined;
}
