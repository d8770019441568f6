import {
  DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, type DynamoDBStreamsClient,
} from '@aws-sdk/client-dynamodb-streams';
import { failureOf, StreamReadError } from './stream-read-error';
import type { StreamRecord } from '../stream/record';
import type { Position, Shard } from '../stream/shard';

/** Where an iterator starts. */
export type IteratorPosition = Position | { readonly type: 'AT_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** A shard, with its sequence numbers as far as the stream tells them: an open shard has no last one yet. */
export interface ListedShard extends Shard {
  readonly first?: string;
  readonly last?: string;
}

/** A record on the wire. Lambda adds `eventSourceARN`, and spells the fields of `userIdentity` in another way. */
export interface WireRecord extends Omit<StreamRecord, 'eventSourceARN' | 'userIdentity'> {
  userIdentity?: { PrincipalId: string; Type: string };
}

/** The answer of GetRecords. */
export interface WireAnswer {
  Records?: WireRecord[];
  NextShardIterator?: string;
}

/** The API of one stream, with errors that say what a reader can do. */
export class StreamsApi {
  constructor(private readonly client: DynamoDBStreamsClient, private readonly streamArn: string) {}

  /** Every shard that the stream still knows, in the order of DescribeStream. */
  async shards(): Promise<ListedShard[]> {
    const found: ListedShard[] = [];
    let last: string | undefined;
    do {
      const command = new DescribeStreamCommand({ StreamArn: this.streamArn, ExclusiveStartShardId: last });
      const { StreamDescription: page } = await this.sending(() => this.client.send(command));
      for (const { ShardId, ParentShardId, SequenceNumberRange: { StartingSequenceNumber: first, EndingSequenceNumber: end } = {} } of page?.Shards ?? []) {
        found.push({ shardId: ShardId!, ...(ParentShardId && { parentShardId: ParentShardId }), ...(first && { first }), ...(end && { last: end }) });
      }
      last = page?.LastEvaluatedShardId;
    } while (last);
    return found;
  }

  /** An iterator that starts at this position. */
  async iterator(shardId: string, position: IteratorPosition): Promise<string> {
    const command = new GetShardIteratorCommand({
      StreamArn: this.streamArn,
      ShardId: shardId,
      ShardIteratorType: position.type,
      ...('sequenceNumber' in position && { SequenceNumber: position.sequenceNumber }),
    });
    const { ShardIterator } = await this.sending(() => this.client.send(command));
    return ShardIterator!;
  }

  /** One GetRecords call. */
  records(iterator: string, limit?: number): Promise<WireAnswer> {
    return this.sending(() => getRecords(this.client, iterator, limit));
  }

  private async sending<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw new StreamReadError(failureOf(error), this.streamArn, error);
    }
  }
}

/**
 * GetRecords, with the JSON that came over the wire. The SDK would turn numbers into dates and base64 into byte arrays, which Lambda's
 * shape does not have, and it loses an attribute that is called `__proto__`.
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
