import { Cursor } from './cursor';
import { StreamReadError } from './stream-read-error';
import type { StreamsApi, WireAnswer, WireRecord } from './streams-api';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** The records of a shard from `first` to `last`, both included. */
export interface Range {
  readonly shardId: string;
  readonly first: string;
  readonly last: string;
}

interface WirePage {
  readonly records: WireRecord[];
  readonly lost: boolean;
}

/**
 * So many pages in a row without a record are the end of what was written. Pages without records are normal, but `last` was written
 * before anybody asks for it.
 */
const MOST_EMPTY_PAGES = 1000;

/** After so many, the reads are slowed down: the trigger reads the same shard. */
const FAST_EMPTY_PAGES = 20;
/** Milliseconds. */
const PAUSE = 50;

/** How a range is read. */
interface Reading {
  /** Reads one page with a cursor, and tries again where that helps. */
  readonly next: (cursor: Cursor) => Promise<WireAnswer>;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** Reads a range in pages. */
export async function* readRange(
  api: StreamsApi, { shardId, first, last }: Range, { next, wait }: Reading,
): AsyncGenerator<WirePage, void, undefined> {
  let cursor = new Cursor(api, shardId, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: first });
  /** The last record of the range that was read. */
  let done: string | undefined;
  let lost = false;
  let ended = false;
  for (let empty = 0; !ended && empty < MOST_EMPTY_PAGES; ) {
    if (empty > FAST_EMPTY_PAGES) {
      await wait(PAUSE);
    }
    const answer = await next(cursor).catch(reasonOf);
    if (answer === 'gone' && (await api.shards()).every((shard) => shard.shardId !== shardId)) {
      // The stream is there, and has forgotten the shard with all of its records.
      break;
    }
    if (answer === 'trimmed' || answer === 'gone') {
      // What is left of the range, if anything is, starts where the shard now starts.
      cursor = new Cursor(api, shardId, { type: 'TRIM_HORIZON' });
      lost = done !== undefined;
      empty++;
      continue;
    }
    const numbers = (answer.Records ?? []).map(numberOf);
    const records = answer.Records?.filter((record) => isIn(numberOf(record), done, first, last)) ?? [];
    ended = !answer.NextShardIterator || numbers.some((number) => compareSequenceNumbers(number, last) >= 0);
    empty = numbers.length === 0 ? empty + 1 : 0;
    if (records.length > 0) {
      lost ||= done === undefined && compareSequenceNumbers(numberOf(records[0]), first) !== 0;
      yield { records, lost };
      lost = false;
      done = numberOf(records.at(-1)!);
    }
  }
  if (done === undefined || compareSequenceNumbers(done, last) !== 0) {
    yield { records: [], lost: true };
  }
}

/** Whether the records or their whole shard are too old. Other errors are thrown. */
function reasonOf(error: unknown): 'trimmed' | 'gone' {
  if (error instanceof StreamReadError && (error.reason === 'trimmed' || error.reason === 'gone')) {
    return error.reason;
  }
  throw error;
}

function isIn(number: string, done: string | undefined, first: string, last: string): boolean {
  return compareSequenceNumbers(number, last) <= 0
    && (done === undefined ? compareSequenceNumbers(number, first) >= 0 : compareSequenceNumbers(number, done) > 0);
}

function numberOf(record: WireRecord): string {
  return record.dynamodb!.SequenceNumber!;
}
