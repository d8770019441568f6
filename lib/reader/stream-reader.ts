import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { StreamReadError, StreamsApi, type WireAnswer, type WireRecord } from './streams-api';
import type { StreamRecord } from '../stream/record';
import type { Position, Shard } from '../stream/shard';

export { StreamReadError };

/** Reads one stream, shard by shard, in Lambda's shape of records. */
export interface StreamReader {
  readonly streamArn: string;
  /** Every shard that the stream still knows, in the order of DescribeStream. */
  shards(): Promise<Shard[]>;
  /**
   * One GetRecords call, from this position on. Where the last read of the shard ended, it reads on with the iterator of that read.
   *
   * If this iterator has expired, it makes another one at the position. At LATEST that would miss what was written since the last read,
   * so it makes one at TRIM_HORIZON: the records may be older than the first read, but none is missed.
   *
   * @throws StreamReadError
   */
  read(shardId: string, from: Position, limit?: number): Promise<ShardRead>;
}

/** What one read brought. */
export interface ShardRead {
  readonly records: StreamRecord[];
  /** The shard is closed, and these were its last records. */
  readonly end: boolean;
}

/** An iterator, and the position at which it reads on. */
interface Held {
  readonly iterator: string;
  readonly position: Position;
}

/**
 * A reader of a stream.
 *
 * @param sourceArn what the records name as their source, if that is another ARN than the one under which the stream is served
 */
export function streamReader(client: DynamoDBStreamsClient, streamArn: string, sourceArn = streamArn): StreamReader {
  const api = new StreamsApi(client, streamArn);
  /** Where the last read of each shard ended. */
  const held = new Map<string, Held>();

  return { streamArn, shards: () => api.shards(), read };

  async function read(shardId: string, from: Position, limit?: number): Promise<ShardRead> {
    try {
      const { Records = [], NextShardIterator: iterator } = await answer(shardId, from, limit);
      const records = Records.map((record) => lambdaRecord(record, sourceArn));
      hold(shardId, iterator, after(records) ?? from);
      return { records, end: !iterator };
    } catch (error) {
      if (error instanceof StreamReadError && error.reason === 'trimmed') {
        held.delete(shardId);
      }
      throw error;
    }
  }

  async function answer(shardId: string, from: Position, limit?: number): Promise<WireAnswer> {
    const last = held.get(shardId);
    if (!last || !isSame(last.position, from)) {
      return start(shardId, from, from, limit);
    }
    try {
      return await api.records(last.iterator, limit);
    } catch (error) {
      if (error instanceof StreamReadError && error.iteratorExpired) {
        return start(shardId, from.type === 'LATEST' ? { type: 'TRIM_HORIZON' } : from, from, limit);
      }
      throw error;
    }
  }

  async function start(shardId: string, at: Position, from: Position, limit?: number): Promise<WireAnswer> {
    const iterator = await api.iterator(shardId, at);
    // Held even if the read fails: another one at LATEST would start after what is written meanwhile.
    hold(shardId, iterator, from);
    return api.records(iterator, limit);
  }

  function hold(shardId: string, iterator: string | undefined, position: Position): void {
    if (iterator) {
      held.set(shardId, { iterator, position });
    } else {
      held.delete(shardId);
    }
  }
}

/** The position after the last of these records. */
function after(records: readonly StreamRecord[]): Position | undefined {
  const sequenceNumber = records.at(-1)?.dynamodb?.SequenceNumber;
  return sequenceNumber === undefined ? undefined : { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber };
}

function isSame(a: Position, b: Position): boolean {
  return a.type === b.type && ('sequenceNumber' in a ? a.sequenceNumber : '') === ('sequenceNumber' in b ? b.sequenceNumber : '');
}

function lambdaRecord({ userIdentity, ...record }: WireRecord, eventSourceARN: string): StreamRecord {
  return {
    ...record,
    ...(userIdentity && { userIdentity: { principalId: userIdentity.PrincipalId, type: userIdentity.Type } }),
    eventSourceARN,
  };
}
