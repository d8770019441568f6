import { type Api, type ApiAnswer, ApiError, type ApiRequest } from './server';
import { arnParts } from '../../stream/arn';
import type { LocalTable } from '../assembly/app';
import { corrected } from '../stream';

/** A table with a stream, and the ARN of the stream as the app knows it. */
export interface VisibleStream {
  readonly table: LocalTable;
  readonly streamArn: string;
}

const TARGET = 'DynamoDBStreams_20120810.';

/**
 * The streams API under the ARNs that the app knows, in front of DynamoDB Local, which has ARNs of its own and refuses others.
 *
 * A table that was made anew, or whose stream was switched off and on, has several streams there. Here they are one, as for the triggers.
 */
export class TableStreamsApi {
  constructor(private readonly dynamodbLocal: string, private readonly streams: readonly VisibleStream[]) {}

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

  private async describeStream(ask: Ask, { StreamArn }: Input): Promise<ApiAnswer> {
    const stream = this.streamCalled(StreamArn);
    const descriptions = await descriptionsOf(ask, stream);
    return json({ StreamDescription: { ...descriptions.at(-1), ...namesOf(stream), Shards: descriptions.flatMap(({ Shards }) => Shards) } });
  }

  private async shardIterator(ask: Ask, { StreamArn, ShardId, ...position }: Input): Promise<ApiAnswer> {
    const stream = this.streamCalled(StreamArn);
    const owner = (await descriptionsOf(ask, stream)).find(({ Shards }) => Shards.some((shard) => shard.ShardId === ShardId));
    if (owner === undefined) {
      throw new ApiError(400, 'ResourceNotFoundException', `Requested resource not found: Shard ${ShardId} in Stream ${StreamArn} not found`);
    }
    const { ShardIterator } = await ask('GetShardIterator', { ...position, ShardId, StreamArn: owner.StreamArn });
    return json({ ShardIterator: this.marked(ShardIterator, stream) });
  }

  private async records(ask: Ask, { ShardIterator = '', ...limit }: Input): Promise<ApiAnswer> {
    const [, index, iterator] = /^(\d+)\.(.*)$/.exec(ShardIterator) ?? [];
    const stream = this.streams[Number(index)];
    if (stream === undefined) {
      throw new ApiError(400, 'ValidationException', 'Invalid ShardIterator: it was not made here.');
    }
    const { Records = [], NextShardIterator } = await ask('GetRecords', { ...limit, ShardIterator: iterator });
    const { region } = arnParts(stream.streamArn);
    return json({
      Records: Records.map((record) => wired(corrected(record, region, Math.floor(Date.now() / 1000)))),
      ...(NextShardIterator && { NextShardIterator: this.marked(NextShardIterator, stream) }),
    });
  }

  /** An iterator that says which stream it is of. */
  private marked(iterator: string | undefined, stream: VisibleStream): string {
    return `${this.streams.indexOf(stream)}.${iterator}`;
  }

  private streamCalled(arn: string | undefined): VisibleStream {
    const found = this.streams.find(({ streamArn }) => streamArn === arn);
    if (found === undefined) {
      const known = this.streams.map(({ streamArn }) => streamArn).join(', ');
      throw new ApiError(400, 'ResourceNotFoundException', `Requested resource not found: Stream: ${arn} not found. Here are: ${known}`);
    }
    return found;
  }
}

/** The streams that a table has had in DynamoDB Local, the present one last. */
async function descriptionsOf(ask: Ask, { table }: VisibleStream): Promise<Description[]> {
  const { Streams = [] } = await ask('ListStreams', { TableName: table.name });
  const described = await Promise.all(Streams.map(({ StreamArn }) => ask('DescribeStream', { StreamArn })));
  return described.flatMap(({ StreamDescription }) => StreamDescription ?? []).sort((a, b) => a.StreamArn < b.StreamArn ? -1 : 1);
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
  readonly ShardIterator?: string;
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
