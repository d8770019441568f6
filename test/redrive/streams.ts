import { Readable } from 'node:stream';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { type RangeReader, streamReader } from '../../lib/reader/stream-reader';
import type { StreamRecord } from '../../lib/stream/record';
import { compareSequenceNumbers } from '../../lib/stream/sequence-number';
import { numberOf } from '../records';

/** A shard of a stream in memory. */
export interface HeldShard {
  readonly shardId: string;
  readonly parentShardId?: string;
  readonly records: readonly StreamRecord[];
}

export interface HeldStream {
  readonly shards: readonly HeldShard[];
  readonly pageSize?: number;
  /** Everything before this number is trimmed. */
  readonly trimmedBefore?: string;
  readonly isGone?: boolean;
  /** Called before each call is answered. */
  readonly onCall?: (action: string) => Promise<void> | void;
}

/** The reader that a redrive uses on AWS, of a stream in memory: everything between is as it comes over the wire. */
export function readerOf(stream: HeldStream, streamArn: string, calls: string[] = []): RangeReader {
  const client = new DynamoDBStreamsClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: any) => {
        const action = request.headers['x-amz-target'].split('.')[1];
        calls.push(action);
        await stream.onCall?.(action);
        const { status, body } = answer(stream, action, JSON.parse(new TextDecoder().decode(request.body)));
        return { response: { statusCode: status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Readable.from([Buffer.from(JSON.stringify(body))]) } };
      },
    } as any,
  });
  return streamReader(client, streamArn, { wait: async () => {} });
}

function answer({ shards, pageSize = 1000, trimmedBefore, isGone }: HeldStream, action: string, input: any): { status: number; body: object } {
  if (isGone) {
    return refusal('ResourceNotFoundException');
  }
  const isTrimmed = (number: string) => trimmedBefore !== undefined && compareSequenceNumbers(number, trimmedBefore) < 0;
  switch (action) {
    case 'DescribeStream': return { status: 200, body: { StreamDescription: { Shards: shards.map(described) } } };
    case 'GetShardIterator': {
      const { ShardId, ShardIteratorType: type, SequenceNumber: number } = input;
      const shard = shards.find(({ shardId }) => shardId === ShardId);
      if (shard === undefined) {
        return refusal('ResourceNotFoundException');
      }
      if (number !== undefined && number.length < 21) {
        return refusal('ValidationException');
      }
      if (number !== undefined && number.length > numberOf(shard.records.at(-1)!).length) {
        // As DynamoDB Local does.
        return { status: 500, body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalFailure', message: 'no' } };
      }
      if (number !== undefined && isTrimmed(number)) {
        return refusal('TrimmedDataAccessException');
      }
      return { status: 200, body: { ShardIterator: JSON.stringify({ ShardId, from: number ?? '0', isAfter: type === 'AFTER_SEQUENCE_NUMBER' }) } };
    }
    default: {
      const { ShardId, from, isAfter } = JSON.parse(input.ShardIterator);
      const { records } = shards.find(({ shardId }) => shardId === ShardId)!;
      const behind = records.filter((record) => !isTrimmed(numberOf(record)) && compareSequenceNumbers(numberOf(record), from) >= (isAfter ? 1 : 0));
      const page = behind.slice(0, pageSize);
      const isLast = page.length === behind.length;
      const next = { ShardId, from: page.length > 0 ? numberOf(page.at(-1)!) : from, isAfter: true };
      return { status: 200, body: { Records: page.map(wired), ...(!isLast && { NextShardIterator: JSON.stringify(next) }) } };
    }
  }
}

function described({ shardId, parentShardId, records }: HeldShard): object {
  const StartingSequenceNumber = records.length > 0 ? numberOf(records[0]) : '100000000000000000000';
  return { ShardId: shardId, ParentShardId: parentShardId, SequenceNumberRange: { StartingSequenceNumber } };
}

/** The streams API does not name the stream, and spells the fields of `userIdentity` in another way than Lambda. */
function wired({ eventSourceARN: _, userIdentity, ...record }: StreamRecord): object {
  return { ...record, ...(userIdentity && { userIdentity: { PrincipalId: userIdentity.principalId, Type: userIdentity.type } }) };
}

function refusal(error: string): { status: number; body: object } {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${error}`, message: 'no' } };
}
