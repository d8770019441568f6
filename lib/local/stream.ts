import type { Removals } from './service/removals';
import { StreamReadError, type ShardRead, type StreamReader } from '../reader/stream-reader';
import { arnParts } from '../stream/arn';
import { type StreamRecord, TTL_IDENTITY } from '../stream/record';
import type { Position, Shard } from '../stream/shard';

/** The streams of a table, by the ARNs that DynamoDB Local has for them. A table that is recreated has another one. */
export interface TableStreams {
  /** The stream that the table had when it was met first. */
  readonly first: string;
  /** The last stream of the table, and whether the table has it now. */
  latest(): Promise<{ readonly streamArn: string; readonly isOn: boolean }>;
  /** A new reader of one of them, whose records name `sourceArn` as their source. */
  reader(streamArn: string, sourceArn?: string): StreamReader;
}

/** How a table's streams appear as one. */
interface LocalStreamOptions {
  /** The ARN under which the function knows the stream. It stays the same if the table is recreated. */
  readonly streamArn: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called when the table has another stream, with DynamoDB Local's ARN of it. */
  readonly onReplaced: (streamArn: string) => void;
}

/** The table of a stream was deleted, or no longer has a stream, and everything was read. It may have another one later. */
export class NoStreamError extends Error {}

/**
 * The stream of a table as a function would see it on AWS: the records have the table's region and ARN, and plausible creation times.
 * DynamoDB Local does not limit a read to 1 MB; the engine takes a larger one as several.
 *
 * It goes on when the table is deleted and created again, or its stream is switched off and on: the shards of the new stream follow
 * those of the old one.
 */
export function localStream(streams: TableStreams, { streamArn, now, onReplaced }: LocalStreamOptions): StreamReader {
  const { region, resource } = arnParts(streamArn);
  /** The streams with shards that are still open. */
  let readers = [streams.reader(streams.first, streamArn)];
  const readerOf = new Map<string, StreamReader>();
  const ended = new Set<string>();
  const trimmed = new Set<string>();
  return { streamArn, shards, read };

  async function shards(): Promise<Shard[]> {
    const { streamArn: latest, isOn } = await streams.latest();
    if (readers.every((reader) => reader.streamArn !== latest)) {
      readers.push(streams.reader(latest, streamArn));
      onReplaced(latest);
    }
    const listed = await Promise.all(readers.map(async (reader) => ({ reader, found: await reader.shards() })));
    readers = readers.filter((reader) => reader.streamArn === latest
      || listed.some((each) => each.reader === reader && each.found.some(({ shardId }) => !ended.has(shardId))));
    for (const { reader, found } of listed) {
      found.forEach(({ shardId }) => readerOf.set(shardId, reader));
    }
    const all = listed.flatMap(({ found }) => found);
    if (!isOn && all.every(({ shardId }) => ended.has(shardId))) {
      throw new NoStreamError(`The table ${resource.split('/')[1]} has no stream now.`);
    }
    return all;
  }

  async function read(shardId: string, from: Position, limit?: number): Promise<ShardRead> {
    const { records, end } = await readUntrimmed(readerOf.get(shardId) ?? readers[0], shardId, from, limit);
    if (end) {
      ended.add(shardId);
    }
    const arrived = Math.floor(now() / 1000);
    return { records: records.map((record) => corrected(record, region, arrived)), end };
  }

  /**
   * DynamoDB Local trims nothing, but with two streams or more it says so of a shard that was empty when its iterator was made. The
   * reader drops that iterator; another one at the same place has the records. LATEST would be after the first of them, so such a
   * shard is read from its start.
   */
  async function readUntrimmed(reader: StreamReader, shardId: string, from: Position, limit?: number): Promise<ShardRead> {
    const tryRead = () => reader.read(shardId, from.type === 'LATEST' && trimmed.has(shardId) ? { type: 'TRIM_HORIZON' } : from, limit);
    try {
      return await tryRead();
    } catch (error) {
      if (!(error instanceof StreamReadError && error.reason === 'trimmed')) {
        throw error;
      }
      trimmed.add(shardId);
      return tryRead();
    }
  }
}

/** The eventName of DynamoDB Local for an item that has expired. */
const EXPIRED = 'UNKNOWN_TO_SDK_VERSION';

/** A record as DynamoDB Local would write it if it were of an item that has expired, where the run itself has removed the item. */
export async function markedAsExpired<T extends Pick<StreamRecord, 'eventName' | 'dynamodb'>>(record: T, tableName: string, removals: Removals): Promise<T> {
  return await removals.has(tableName, record) ? { ...record, eventName: EXPIRED } as T : record;
}

/**
 * A record of DynamoDB Local as AWS would have it.
 *
 * @param arrived when it was read, in seconds since the epoch
 */
export function corrected(record: StreamRecord, region: string, arrived: number): StreamRecord {
  const removedByTimeToLive = (record.eventName as string) === EXPIRED;
  return {
    ...record,
    // 32 hexadecimal digits, as on AWS.
    eventID: record.eventID?.replaceAll('-', ''),
    ...(removedByTimeToLive && { eventName: 'REMOVE' }),
    awsRegion: region,
    dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: createdAt(record, arrived) },
    ...(removedByTimeToLive && { userIdentity: TTL_IDENTITY }),
  };
}

/**
 * DynamoDB Local cuts the creation time to the minute. The shard is polled several times a second, so a record that arrives within its
 * minute was written just now. One that arrives later had to wait for a slow function: it counts as written at the end of its minute.
 */
function createdAt(record: StreamRecord, arrived: number): number {
  const minute = record.dynamodb?.ApproximateCreationDateTime ?? arrived;
  return Math.min(arrived, minute + 59);
}
