import {
  DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, type DynamoDBStreamsClient, type ShardIteratorType,
} from '@aws-sdk/client-dynamodb-streams';
import type { StreamRecord } from '../stream/record';

/** Reads one stream, shard by shard, in Lambda's shape of records. */
export interface StreamReader {
  readonly streamArn: string;
  /** Every shard that the stream still knows, in the order of DescribeStream. */
  shards(): Promise<ShardInfo[]>;
  /**
   * One GetRecords call. A shard is read on where its last read ended; `from` says where its first read starts.
   *
   * An iterator that expired (it lives 15 minutes) is made again behind the last record read. Where LATEST has brought nothing so
   * far, it starts at TRIM_HORIZON: records may then be older than the first read, but none is missed.
   *
   * @throws StreamReadError
   */
  read(shardId: string, from: ReadPosition, limit?: number): Promise<ShardRead>;
}

/** A shard as DescribeStream lists it. */
export interface ShardInfo {
  readonly shardId: string;
  readonly parentShardId?: string;
}

/** Where the first read of a shard starts. */
export type ReadPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** What one read brought. */
export interface ShardRead {
  readonly records: StreamRecord[];
  /** The shard is closed, and nothing comes after these records. */
  readonly end: boolean;
}

/** Why a read failed, as far as a reader may want to react: wait, wait longer, or go on behind what is gone. */
export type ReadFailure = 'throttled' | 'unavailable' | 'trimmed';

/** A read that brought nothing because it failed. The next read tries again at the same place. */
export class StreamReadError extends Error {
  readonly name = 'StreamReadError';

  constructor(readonly reason: ReadFailure, streamArn: string, cause: unknown) {
    super(`Reading ${streamArn} failed (${reason}): ${cause instanceof Error ? `${cause.name}: ${cause.message}` : cause}`, { cause });
  }
}

/** A reader of the stream with this ARN. One reader is for one caller: it remembers how far each shard was read. */
export function streamReader(client: DynamoDBStreamsClient, streamArn: string): StreamReader {
  const cursors = new Map<string, Cursor>();

  return { streamArn, shards, read };

  async function shards(): Promise<ShardInfo[]> {
    const found: ShardInfo[] = [];
    let last: string | undefined;
    do {
      const page = await sending(() => client.send(new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: last })));
      for (const shard of page.StreamDescription?.Shards ?? []) {
        found.push({ shardId: shard.ShardId!, ...(shard.ParentShardId && { parentShardId: shard.ParentShardId }) });
      }
      last = page.StreamDescription?.LastEvaluatedShardId;
    } while (last);
    return found;
  }

  async function read(shardId: string, from: ReadPosition, limit?: number): Promise<ShardRead> {
    const cursor = cursors.get(shardId) ?? { position: from };
    cursors.set(shardId, cursor);
    try {
      const answer = await readAt(cursor, shardId, limit);
      const records = (answer.Records ?? []).map((record) => lambdaRecord(record, streamArn));
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      cursor.iterator = answer.NextShardIterator;
      if (last) {
        cursor.position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last };
      }
      return { records, end: !answer.NextShardIterator };
    } catch (error) {
      if (error instanceof StreamReadError && error.reason === 'trimmed') {
        cursors.delete(shardId);
      }
      throw error;
    }
  }

  async function readAt(cursor: Cursor, shardId: string, limit?: number): Promise<WireAnswer> {
    if (cursor.iterator) {
      try {
        return await sending(() => getRecords(client, cursor.iterator!, limit));
      } catch (error) {
        if (nameOf((error as StreamReadError).cause) !== 'ExpiredIteratorException') {
          throw error;
        }
        cursor.iterator = undefined;
        if (cursor.position.type === 'LATEST') {
          cursor.position = { type: 'TRIM_HORIZON' };
        }
      }
    }
    const { ShardIterator } = await sending(() => client.send(new GetShardIteratorCommand({
      StreamArn: streamArn,
      ShardId: shardId,
      ShardIteratorType: cursor.position.type as ShardIteratorType,
      ...('sequenceNumber' in cursor.position && { SequenceNumber: cursor.position.sequenceNumber }),
    })));
    // Kept even if the read fails: at LATEST, another one would begin behind what is written meanwhile.
    cursor.iterator = ShardIterator;
    return sending(() => getRecords(client, ShardIterator!, limit));
  }

  async function sending<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw new StreamReadError(REASONS[nameOf(error)] ?? 'unavailable', streamArn, error);
    }
  }
}

/** How far a shard was read: the iterator that reads on, and how to make it again. */
interface Cursor {
  position: ReadPosition;
  iterator?: string;
}

/** What the streams API's errors mean for a reader; all others are 'unavailable'. */
const REASONS: Record<string, ReadFailure> = {
  LimitExceededException: 'throttled',
  ProvisionedThroughputExceededException: 'throttled',
  ThrottlingException: 'throttled',
  TrimmedDataAccessException: 'trimmed',
};

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** A record on the wire is what Lambda delivers, but for the two things that `lambdaRecord` adds and spells. */
interface WireRecord extends Omit<StreamRecord, 'eventSourceARN' | 'userIdentity'> {
  userIdentity?: { PrincipalId: string; Type: string };
}

interface WireAnswer {
  Records?: WireRecord[];
  NextShardIterator?: string;
}

/**
 * GetRecords, answered with the JSON that came over the wire. The SDK would make dates and byte arrays of what has to be
 * numbers and base64 again in Lambda's shape, and it loses an attribute that is called `__proto__`.
 */
async function getRecords(client: DynamoDBStreamsClient, iterator: string, limit?: number): Promise<WireAnswer> {
  const command = new GetRecordsCommand({ ShardIterator: iterator, ...(limit && { Limit: limit }) });
  let answer: WireAnswer = {};
  command.middlewareStack.add((next) => async (args) => {
    const result = await next(args);
    const response = result.response as { statusCode: number; body: unknown };
    if (response.statusCode === 200) {
      answer = JSON.parse(await textOf(response.body as AsyncIterable<Uint8Array>));
      response.body = Buffer.from('{}');
    }
    return result;
  }, { step: 'deserialize', priority: 'low' });
  await client.send(command);
  return answer;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lambdaRecord({ userIdentity, ...record }: WireRecord, streamArn: string): StreamRecord {
  return {
    ...record,
    ...(userIdentity && { userIdentity: { principalId: userIdentity.PrincipalId, type: userIdentity.Type } }),
    eventSourceARN: streamArn,
  };
}
