import { setTimeout } from 'node:timers/promises';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { Cursor } from './cursor';
import { type Range, readRanges } from './range';
import { StreamReadError } from './stream-read-error';
import { type ListedShard, StreamsApi, type WireRecord } from './streams-api';
import type { StreamRecord } from '../stream/record';
import type { Position } from '../stream/shard';

export { StreamReadError };
export type { ListedShard, Range };

/** Reads one stream, shard by shard, in Lambda's shape of records. */
export interface StreamReader {
  readonly streamArn: string;
  /**
   * Every shard that the stream still knows, in the order of DescribeStream.
   *
   * @throws StreamReadError
   */
  shards(): Promise<ListedShard[]>;
  /**
   * One GetRecords call, from this position on. The iterator of the last read of a shard is used again where that read ended.
   *
   * @throws StreamReadError
   */
  read(shardId: string, from: Position, limit?: number): Promise<ShardRead>;
}

/** Reads ranges of a shard too, for example those that Lambda names when it gives a batch up. */
export interface RangeReader extends StreamReader {
  /**
   * The records of ranges of a shard, each in pages, in one sweep over the shard. The ranges are in order and do not overlap. Any number of
   * sweeps can go on at the same time.
   *
   * A read that is throttled or does not get through is tried again, at most 8 times in a row.
   *
   * @throws StreamReadError
   */
  ranges(shardId: string, ranges: readonly Range[]): AsyncGenerator<RangePage, void, undefined>;
}

/** What one read brought. */
export interface ShardRead {
  readonly records: StreamRecord[];
  /** The shard is closed, and these were its last records. */
  readonly end: boolean;
}

/** A part of a range. */
export interface RangePage {
  /** Which of the ranges, by its index. */
  readonly range: number;
  /** At least one, except on the last page of a range whose end is lost. */
  readonly records: StreamRecord[];
  /**
   * Records of the range are gone that were before these or, on a page without records, at the end: the stream keeps records for
   * 24 hours. Or there never were such numbers in the shard: the range was not made from it.
   */
  readonly lost: boolean;
}

/** What a reader may be given. */
export interface ReaderOptions {
  /** What the records name as their source, if that is another ARN than the one under which the stream is served. */
  readonly sourceArn?: string;
  /** Waits between tries, for this many milliseconds. Real time if omitted. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** A reader of a stream. */
export function streamReader(
  client: DynamoDBStreamsClient, streamArn: string, { sourceArn = streamArn, wait = setTimeout }: ReaderOptions = {},
): RangeReader {
  const api = new StreamsApi(client, streamArn);
  /** A cursor for each shard, where its last read ended. */
  const cursors = new Map<string, Cursor>();

  return { streamArn, shards: () => api.shards(), read, ranges };

  async function read(shardId: string, from: Position, limit?: number): Promise<ShardRead> {
    const last = cursors.get(shardId);
    const cursor = last?.isAt(from) ? last : new Cursor(api, shardId, from);
    cursors.set(shardId, cursor);
    const { Records = [], NextShardIterator } = await cursor.next(limit);
    return { records: lambdaRecords(Records), end: !NextShardIterator };
  }

  async function* ranges(shardId: string, wanted: readonly Range[]): AsyncGenerator<RangePage, void, undefined> {
    const reading = { next: (cursor: Cursor) => persistently(() => cursor.next(), wait), wait };
    for await (const { records, ...page } of readRanges(api, shardId, wanted, reading)) {
      yield { ...page, records: lambdaRecords(records) };
    }
  }

  function lambdaRecords(records: readonly WireRecord[]): StreamRecord[] {
    return records.map(({ userIdentity, ...record }) => ({
      ...record,
      ...(userIdentity && { userIdentity: { principalId: userIdentity.PrincipalId, type: userIdentity.Type } }),
      eventSourceARN: sourceArn,
    }));
  }
}

/** Tries a read again while its failure may pass, with full jitter between the tries. */
async function persistently<T>(read: () => Promise<T>, wait: (ms: number) => Promise<unknown>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await read();
    } catch (error) {
      const passes = error instanceof StreamReadError && (error.reason === 'throttled' || error.reason === 'unavailable');
      if (!passes || failures > MOST_RETRIES) {
        throw error;
      }
      await wait(Math.random() * Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** failures));
    }
  }
}

const MOST_RETRIES = 8;
/** Milliseconds. */
const SHORTEST_WAIT = 100;
const LONGEST_WAIT = 10_000;
