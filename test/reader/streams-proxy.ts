import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireAnswer, WireRecord } from '../../lib/reader/streams-api';
import { compareSequenceNumbers } from '../../lib/stream/sequence-number';

/** What happens to one call. */
export type Fault = 'none' | 'empty' | 'throttled' | 'internal' | 'reset' | 'expired' | 'denied' | 'noToken' | 'gone';

/** How the streams API behaves for a time. */
export interface Behaviour {
  /** By call, from the first one on; `none` after the last. `empty` and `expired` are GetRecords' only. */
  readonly faults: readonly Fault[];
  /** The numbers at which the shard is closed and a child shard begins: shard-0 is before the first one. */
  readonly splits: readonly string[];
  /** From this call on, everything before this number is trimmed. */
  readonly trims: readonly { readonly call: number; readonly before: string }[];
  /** At most so many records a page, and at most 1 MB as on AWS. */
  readonly pageSize: number;
}

const MOST_PAGE_BYTES = 1024 * 1024;
const ERRORS: Partial<Record<Fault, string>> = {
  throttled: 'LimitExceededException',
  expired: 'ExpiredIteratorException',
  denied: 'AccessDeniedException',
  noToken: 'ExpiredTokenException',
  gone: 'ResourceNotFoundException',
};

interface Iterator {
  readonly shard: number;
  /** The next record is the first one with this number or above. Undefined: the first of the shard. */
  readonly from?: string;
  readonly exclusive: boolean;
}

/**
 * DynamoDB Local's streams API with what it can't be made to do: trimming, child shards, pages of at most 1 MB, pages without records,
 * expired iterators, throttles, and refusals. It serves the records that the only shard there has at the first call.
 */
export class StreamsProxy {
  private server?: Server;
  private calls = 0;
  private asked: string[] = [];
  private trimmedBefore?: string;
  private iterators: Iterator[] = [];
  private expired = new Set<number>();
  private behaviour!: Behaviour;
  private all?: Promise<WireRecord[]>;

  constructor(private readonly dynamodbLocal: string, private readonly stream: { readonly arn: string; readonly shardId: string }) {}

  async start(): Promise<string> {
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk);
      }
      const { status, body } = await this.answer(request, JSON.parse(Buffer.concat(chunks).toString()));
      if (status === 0) {
        request.socket.destroy();
      } else {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
      }
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.close();
  }

  /** From now on it behaves so, as if nothing had been asked before. */
  behave(behaviour: Partial<Behaviour>): void {
    this.behaviour = { faults: [], splits: [], trims: [], pageSize: 1000, ...behaviour };
    this.calls = 0;
    this.asked = [];
    this.trimmedBefore = undefined;
    this.iterators = [];
    this.expired.clear();
  }

  /** What was asked since. */
  actions(): readonly string[] {
    return this.asked;
  }

  /** Everything before this number is trimmed now. */
  get horizon(): string | undefined {
    return this.trimmedBefore;
  }

  private async answer(request: IncomingMessage, input: any): Promise<{ status: number; body?: object }> {
    const fault = this.behaviour.faults[this.calls] ?? 'none';
    this.behaviour.trims.filter(({ call }) => call === this.calls).forEach(({ before }) => {
      this.trimmedBefore = before;
    });
    this.calls++;
    const action = String(request.headers['x-amz-target']).split('.')[1];
    this.asked.push(action);
    if (fault === 'reset') {
      return { status: 0 };
    }
    if (fault === 'internal') {
      return { status: 500, body: { __type: 'InternalServerError' } };
    }
    if (fault === 'expired' && action === 'GetRecords') {
      this.expired.add(Number(input.ShardIterator));
    }
    const error = fault === 'expired' ? undefined : ERRORS[fault];
    if (error) {
      return refusal(error);
    }
    switch (action) {
      case 'DescribeStream': return { status: 200, body: { StreamDescription: { Shards: this.shards() } } };
      case 'GetShardIterator': return this.shardIterator(input);
      default: return this.records(request, input, fault === 'empty');
    }
  }

  private shards(): object[] {
    return [undefined, ...this.behaviour.splits].map((_, n) => ({ ShardId: `shard-${n}` }));
  }

  private shardIterator({ ShardId, ShardIteratorType: type, SequenceNumber: number }: any): { status: number; body: object } {
    const shard = Number(ShardId.replace('shard-', ''));
    if (!(shard <= this.behaviour.splits.length)) {
      return refusal('ResourceNotFoundException');
    }
    if (number !== undefined && this.isTrimmed(number)) {
      return refusal('TrimmedDataAccessException');
    }
    const token = this.iterators.push({ shard, from: number ?? this.trimmedBefore, exclusive: type === 'AFTER_SEQUENCE_NUMBER' });
    return { status: 200, body: { ShardIterator: String(token - 1) } };
  }

  private async records(request: IncomingMessage, { ShardIterator }: any, isEmpty: boolean): Promise<{ status: number; body: object }> {
    const iterator = this.iterators[Number(ShardIterator)];
    if (this.expired.has(Number(ShardIterator))) {
      return refusal('ExpiredIteratorException');
    }
    if (iterator.from !== undefined && this.isTrimmed(iterator.from)) {
      return refusal('TrimmedDataAccessException');
    }
    if (isEmpty) {
      return { status: 200, body: { Records: [], NextShardIterator: String(this.iterators.push(iterator) - 1) } };
    }
    const behind = this.shardRecords(iterator, await this.allRecords(request));
    let bytes = 0;
    const page = behind.slice(0, this.behaviour.pageSize)
      .filter((record, index) => (bytes += record.dynamodb!.SizeBytes!) <= MOST_PAGE_BYTES || index === 0);
    const isLast = page.length === behind.length && iterator.shard < this.behaviour.splits.length;
    const next = { ...iterator, ...(page.length > 0 && { from: page.at(-1)!.dynamodb!.SequenceNumber!, exclusive: true }) };
    const answer: WireAnswer = { Records: page, ...(!isLast && { NextShardIterator: String(this.iterators.push(next) - 1) }) };
    return { status: 200, body: answer };
  }

  private shardRecords({ shard, from, exclusive }: Iterator, all: readonly WireRecord[]): WireRecord[] {
    const [first, end] = [this.behaviour.splits[shard - 1], this.behaviour.splits[shard]];
    return all.filter(({ dynamodb }) => {
      const number = dynamodb!.SequenceNumber!;
      return !this.isTrimmed(number)
        && (first === undefined || compareSequenceNumbers(number, first) >= 0) && (end === undefined || compareSequenceNumbers(number, end) < 0)
        && (from === undefined || compareSequenceNumbers(number, from) >= (exclusive ? 1 : 0));
    });
  }

  private isTrimmed(number: string): boolean {
    return this.trimmedBefore !== undefined && compareSequenceNumbers(number, this.trimmedBefore) < 0;
  }

  private allRecords(request: IncomingMessage): Promise<WireRecord[]> {
    return this.all ??= this.readAll(request);
  }

  private async readAll(request: IncomingMessage): Promise<WireRecord[]> {
    const send = async (action: string, input: object) => {
      const answer = await fetch(this.dynamodbLocal, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'authorization': request.headers.authorization!,
          'x-amz-date': String(request.headers['x-amz-date']),
          'x-amz-target': `DynamoDBStreams_20120810.${action}`,
        },
        body: JSON.stringify(input),
      });
      return answer.json() as any;
    };
    const start = { StreamArn: this.stream.arn, ShardId: this.stream.shardId, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await send('GetShardIterator', start);
    return (await send('GetRecords', { ShardIterator })).Records;
  }
}

function refusal(error: string): { status: number; body: object } {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${error}`, message: 'no' } };
}
