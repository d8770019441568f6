import {
  DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, type DynamoDBStreamsClient, type Shard as ShardDescription,
} from '@aws-sdk/client-dynamodb-streams';
import { failureOf, StreamReadError } from './stream-read-error';
import { wireAnswer } from './wire-answer';
import type { StreamRecord } from '../stream/record';
import type { Position, Shard } from '../stream/shard';

/** Where an iterator starts. */
export type IteratorPosition = Position | { readonly type: 'AT_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** A shard, with its sequence numbers as far as the stream has them: an open shard has no last one yet. */
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
      found.push(...(page?.Shards ?? []).map(listed));
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

function listed({ ShardId, ParentShardId, SequenceNumberRange: numbers }: ShardDescription): ListedShard {
  const { StartingSequenceNumber: first, EndingSequenceNumber: last } = numbers ?? {};
  return { shardId: ShardId!, ...(ParentShardId && { parentShardId: ParentShardId }), ...(first && { first }), ...(last && { last }) };
}

/** GetRecords, with records as Lambda spells them. */
function getRecords(client: DynamoDBStreamsClient, iterator: string, limit?: number): Promise<WireAnswer> {
  const command = new GetRecordsCommand({ ShardIterator: iterator, ...(limit && { Limit: limit }) });
  return wireAnswer(command, () => client.send(command));
}
