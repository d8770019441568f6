import { type Api, type ApiAnswer, ApiError, type ApiRequest } from './server';
import { arnParts } from '../../stream/arn';
import type { LocalTable } from '../assembly/app';
import type { Removals } from '../service/removals';
import { corrected, markedAsExpired } from '../stream';

/** A table with a stream, and the ARN of the stream as the app knows it. */
export interface VisibleStream {
  readonly table: LocalTable;
  readonly streamArn: string;
}

const TARGET = 'DynamoDBStreams_20120810.';

/**
 * The streams API under the ARNs that the app knows, in front of DynamoDB Local, which has ARNs of its own and refuses others.
 *
 * A table that was recreated, or whose stream was switched off and on, has several streams there. Here they are one, as for the triggers.
 */
export class TableStreamsApi {
  constructor(
    private readonly dynamodbLocal: string, private readonly streams: readonly VisibleStream[], private readonly removals: Removals,
  ) {}

  readonly answer: Api = (request) => {
    const [, action] = String(request.headers['x-amz-target'] ?? '').split(TARGET);
    const ask = (name: string, input: object) => askDynamoDbLocal(this.dynamodbLocal, request, name, input);
    switch (action) {
      case 'ListStreams': return this.listStreams(inputOf(request));
      case 'DescribeStream': return this.describeStream(ask, inputOf(request));
      case 'GetShardIterator': return this.shardIterator(ask, inputOf(request));
      case 'GetRecords': return this.records(ask, inputOf(request));
      default: return undefined;
    }
  };

  private async listStreams({ TableName }: Input): Promise<ApiAnswer> {
    const found = this.streams.filter(({ table }) => TableName === undefined || TableName === table.name || TableName === table.arn);
    return json({ Streams: found.map(namesOf) });
  }

  private async describeStream(ask: Ask, { StreamArn, ExclusiveStartShardId, Limit }: Input): Promise<ApiAnswer> {
    const stream = this.streamCalled(StreamArn);
    const descriptions = await descriptionsOf(ask, stream);
    const all = descriptions.flatMap(({ Shards }) => Shards);
    const rest = all.slice(all.findIndex(({ ShardId }) => ShardId === ExclusiveStartShardId) + 1);
    const page = rest.slice(0, Limit);
    const more = page.length < rest.length && { LastEvaluatedShardId: page.at(-1)?.ShardId };
    return json({ StreamDescription: { ...descriptions.at(-1), ...namesOf(stream), Shards: page, ...more } });
  }

  private async shardIterator(ask: Ask, { StreamArn, ShardId = '', ShardIteratorType = '', SequenceNumber }: Input): Promise<ApiAnswer> {
    const stream = this.streamCalled(StreamArn);
    const owner = (await descriptionsOf(ask, stream)).find(({ Shards }) => Shards.some((shard) => shard.ShardId === ShardId));
    if (owner === undefined) {
      throw new ApiError(400, 'ResourceNotFoundException', `Requested resource not found: Shard ${ShardId} in Stream ${StreamArn} not found`);
    }
    const start = { StreamArn: owner.StreamArn, ShardId, ShardIteratorType, SequenceNumber };
    const { ShardIterator } = await ask('GetShardIterator', start);
    return json({ ShardIterator: written({ of: this.streams.indexOf(stream), start, iterator: ShardIterator! }) });
  }

  private async records(ask: Ask, { ShardIterator = '', Limit }: Input): Promise<ApiAnswer> {
    const { of, start, iterator } = read(ShardIterator);
    const { Records = [], NextShardIterator } = await ask('GetRecords', { Limit, ShardIterator: iterator }).catch(async (error: ApiError) => {
      if (error.type !== 'TrimmedDataAccessException') {
        throw error;
      }
      // DynamoDB Local trims nothing, but with two streams or more it says so of a shard that was empty when its iterator was made.
      const again = await ask('GetShardIterator', start.ShardIteratorType === 'LATEST' ? { ...start, ShardIteratorType: 'TRIM_HORIZON' } : start);
      return ask('GetRecords', { Limit, ShardIterator: again.ShardIterator });
    });
    const { table, streamArn } = this.streams[of];
    const { region } = arnParts(streamArn);
    const marked = await Promise.all(Records.map((record) => markedAsExpired(record, table.name, this.removals)));
    const last = Records.at(-1)?.dynamodb?.SequenceNumber;
    const next = last === undefined ? start : { ...start, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: last };
    return json({
      Records: marked.map((record) => wired(corrected(record, region, Math.floor(Date.now() / 1000)))),
      ...(NextShardIterator && { NextShardIterator: written({ of, start: next, iterator: NextShardIterator }) }),
    });
  }

  private streamCalled(arn: string | undefined): VisibleStream {
    const found = this.streams.find(({ streamArn }) => streamArn === arn);
    if (found === undefined) {
      const known = this.streams.map(({ streamArn }) => streamArn).join(', ');
      throw new ApiError(400, 'ResourceNotFoundException', `Requested resource not found: Stream: ${arn} not found. The streams here are: ${known}`);
    }
    return found;
  }
}

/** An iterator, with the index of its stream and where it starts. */
interface Iterator {
  readonly of: number;
  readonly start: { readonly StreamArn: string; readonly ShardId: string; readonly ShardIteratorType: string; readonly SequenceNumber?: string };
  readonly iterator: string;
}

function written(iterator: Iterator): string {
  return Buffer.from(JSON.stringify(iterator)).toString('base64');
}

function read(iterator: string): Iterator {
  try {
    return JSON.parse(Buffer.from(iterator, 'base64').toString());
  } catch {
    throw new ApiError(400, 'ValidationException', 'Invalid ShardIterator: it was not made here.');
  }
}

/** The streams that a table has had in DynamoDB Local, the present one last. */
async function descriptionsOf(ask: Ask, { table }: VisibleStream): Promise<Description[]> {
  const { Streams = [] } = await ask('ListStreams', { TableName: table.name });
  const described = await Promise.all(Streams.map(({ StreamArn }) => ask('DescribeStream', { StreamArn })));
  return described.flatMap(({ StreamDescription }) => StreamDescription ?? []).sort((a, b) => a.StreamArn.localeCompare(b.StreamArn));
}

function namesOf({ table, streamArn }: VisibleStream): object {
  return { StreamArn: streamArn, StreamLabel: streamArn.split('/stream/')[1], TableName: table.name };
}

/** The streams API spells the fields of `userIdentity` in another way than Lambda. */
function wired({ userIdentity, ...record }: ReturnType<typeof corrected>): object {
  return { ...record, ...(userIdentity?.type && { userIdentity: { PrincipalId: userIdentity.principalId, Type: userIdentity.type } }) };
}

/** The fields of the requests that are looked at. */
interface Input {
  readonly StreamArn?: string;
  readonly TableName?: string;
  readonly ShardId?: string;
  readonly ShardIteratorType?: string;
  readonly SequenceNumber?: string;
  readonly ShardIterator?: string;
  readonly ExclusiveStartShardId?: string;
  readonly Limit?: number;
}

/** The fields of DynamoDB Local's answers that are looked at. */
interface Output {
  readonly Streams?: readonly { readonly StreamArn: string }[];
  readonly StreamDescription?: Description;
  readonly ShardIterator?: string;
  readonly Records?: readonly Parameters<typeof corrected>[0][];
  readonly NextShardIterator?: string;
}

interface Description {
  readonly StreamArn: string;
  readonly Shards: readonly { readonly ShardId: string }[];
}

type Ask = (action: string, input: object) => Promise<Output>;

async function askDynamoDbLocal(endpoint: string, { headers }: ApiRequest, action: string, input: object): Promise<Output> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'authorization': headers.authorization!,
      'x-amz-date': String(headers['x-amz-date']),
      'x-amz-target': TARGET + action,
    },
    body: JSON.stringify(input),
  });
  const output: any = await response.json();
  if (!response.ok) {
    throw new ApiError(response.status, String(output.__type).split('#').at(-1)!, output.message ?? output.Message);
  }
  return output;
}

function inputOf({ body }: ApiRequest): Input {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ApiError(400, 'SerializationException', (error as Error).message);
  }
}

function json(value: object): ApiAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(value) };
}
