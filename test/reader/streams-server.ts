import { Readable } from 'node:stream';
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
  /** At most so many records a page, and at most so many bytes as two of the large ones have. */
  readonly pageSize: number;
}

/** 1 MB on AWS. It is small here, as the large records are. */
export const MOST_PAGE_BYTES = 10_000;
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
 * A streams API that serves these records as one shard, with what DynamoDB Local can't be made to do: trimming, child shards, pages of at most so
 * many bytes, pages without records, expired iterators, throttles, and refusals.
 */
export class StreamsServer {
  private calls = 0;
  private asked: string[] = [];
  private trimmedBefore?: string;
  private iterators: Iterator[] = [];
  private expired = new Set<number>();
  private behaviour!: Behaviour;

  constructor(private readonly all: readonly WireRecord[]) {}

  /** In place of an HTTP client of the SDK: everything else is as it comes over the wire. */
  readonly handle = async (request: { headers: Record<string, string>; body: string | Uint8Array }) => {
    const input = JSON.parse(typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body));
    const { status, body } = this.answer(request.headers['x-amz-target'].split('.')[1], input);
    if (status === 0) {
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    }
    const headers = { 'content-type': 'application/x-amz-json-1.0' };
    return { response: { statusCode: status, headers, body: Readable.from([Buffer.from(JSON.stringify(body))]) } };
  };

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

  private answer(action: string, input: any): { status: number; body?: object } {
    const fault = this.behaviour.faults[this.calls] ?? 'none';
    this.behaviour.trims.filter(({ call }) => call === this.calls).forEach(({ before }) => {
      this.trimmedBefore = before;
    });
    this.calls++;
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
      default: return this.records(input, fault === 'empty');
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

  private records({ ShardIterator }: any, isEmpty: boolean): { status: number; body: object } {
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
    const behind = this.shardRecords(iterator);
    let bytes = 0;
    const page = behind.slice(0, this.behaviour.pageSize)
      .filter((record, index) => (bytes += record.dynamodb!.SizeBytes!) <= MOST_PAGE_BYTES || index === 0);
    const isLast = page.length === behind.length && iterator.shard < this.behaviour.splits.length;
    const next = { ...iterator, ...(page.length > 0 && { from: page.at(-1)!.dynamodb!.SequenceNumber!, exclusive: true }) };
    const answer: WireAnswer = { Records: page, ...(!isLast && { NextShardIterator: String(this.iterators.push(next) - 1) }) };
    return { status: 200, body: answer };
  }

  private shardRecords({ shard, from, exclusive }: Iterator): WireRecord[] {
    const [first, end] = [this.behaviour.splits[shard - 1], this.behaviour.splits[shard]];
    return this.all.filter(({ dynamodb }) => {
      const number = dynamodb!.SequenceNumber!;
      return !this.isTrimmed(number)
        && (first === undefined || compareSequenceNumbers(number, first) >= 0) && (end === undefined || compareSequenceNumbers(number, end) < 0)
        && (from === undefined || compareSequenceNumbers(number, from) >= (exclusive ? 1 : 0));
    });
  }

  private isTrimmed(number: string): boolean {
    return this.trimmedBefore !== undefined && compareSequenceNumbers(number, this.trimmedBefore) < 0;
  }
}

function refusal(error: string): { status: number; body: object } {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${error}`, message: 'no' } };
}
