import { Cursor } from './cursor';
import { StreamReadError } from './stream-read-error';
import type { StreamsApi, WireAnswer, WireRecord } from './streams-api';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** The records of a shard from `first` to `last`, both included. */
export interface Range {
  readonly first: string;
  readonly last: string;
}

interface WirePage {
  /** The index of the range. */
  readonly range: number;
  readonly records: WireRecord[];
  readonly lost: boolean;
}

/**
 * So many pages in a row without a record are the end of what was written. Pages without records are normal, but `last` was written
 * before anybody asks for it.
 */
const MOST_EMPTY_PAGES = 1000;

/** After this many, the reads are slowed down: the trigger reads the same shard. */
const FAST_EMPTY_PAGES = 20;
/** Milliseconds. */
const PAUSE = 50;

/** A range that is further away is not read up to: an iterator and a page are two calls, too. */
const PAGES_TO_READ_OVER = 2;

/** How ranges are read. */
interface PageReading {
  /** Reads one page with a cursor, and tries again where that helps. */
  readonly next: (cursor: Cursor) => Promise<WireAnswer>;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * Reads ranges of a shard in one sweep, each in pages. They are in order and do not overlap.
 *
 * A page is read once, however many ranges are in it. If the next range is far behind it, the sweep jumps there.
 */
export async function* readRanges(
  api: StreamsApi, shardId: string, ranges: readonly Range[], reading: PageReading,
): AsyncGenerator<WirePage, void, undefined> {
  const sweep = new Sweep(api, shardId, reading);
  for (const [range, { first, last }] of ranges.entries()) {
    /** The last record of the range that was read. */
    let done: string | undefined;
    let lost = false;
    sweep.aim(first);
    for (let isThere = true; isThere; isThere = !sweep.hasReached(last) && await sweep.next()) {
      lost ||= sweep.skipped && done !== undefined;
      const records = sweep.page.filter((record) => isIn(numberOf(record), done, first, last));
      if (records.length > 0) {
        lost ||= done === undefined && compareSequenceNumbers(numberOf(records[0]), first) !== 0;
        if (!sweep.hasReached(last)) {
          sweep.readAhead();
        }
        yield { range, records, lost };
        lost = false;
        done = numberOf(records.at(-1)!);
      }
    }
    if (done === undefined || compareSequenceNumbers(done, last) !== 0) {
      yield { range, records: [], lost: true };
    }
  }
}

/** Reads a shard onwards, page by page, and jumps. */
class Sweep {
  /** What the last read brought. */
  page: readonly WireRecord[] = [];
  /** Records before the page were trimmed, which the sweep would have read. */
  skipped = false;
  private cursor?: Cursor;
  /** The number that the sweep wants to reach. */
  private target = '';
  /** Whether the cursor starts at the target. */
  private isAtTarget = false;
  /** The shard has no more records. */
  private ended = false;
  /** How many pages were read since the sweep has this target. */
  private pages = 0;
  /** How many of them, the last ones, had no records. */
  private empty = 0;
  /** The next page, if it is being read while this one is processed. */
  private ahead?: Promise<WireAnswer>;

  constructor(private readonly api: StreamsApi, private readonly shardId: string, private readonly reading: PageReading) {}

  /** Reads up to this number from now on. */
  aim(number: string): void {
    this.target = number;
    this.isAtTarget = false;
    this.skipped = false;
    this.pages = 0;
    this.empty = 0;
    if (!this.ended && !this.hasReached(number) && this.distance() > PAGES_TO_READ_OVER) {
      this.jump();
    }
  }

  /** Whether everything up to this number has been read. */
  hasReached(number: string): boolean {
    return this.page.length > 0 && compareSequenceNumbers(numberOf(this.page.at(-1)!), number) >= 0;
  }

  /** Begins to read the next page, which is needed in any case. */
  readAhead(): void {
    if (!this.ended && this.ahead === undefined) {
      this.ahead = this.reading.next(this.cursor!);
      // Whoever wants the page gets the error.
      this.ahead.catch(() => undefined);
    }
  }

  /** Reads the next page. False: there is none. */
  async next(): Promise<boolean> {
    this.skipped = false;
    if (this.ended || this.empty >= MOST_EMPTY_PAGES) {
      return this.end();
    }
    if (this.empty > FAST_EMPTY_PAGES) {
      await this.reading.wait(PAUSE);
    }
    if (this.ahead === undefined && !this.isAtTarget && this.pages++ === PAGES_TO_READ_OVER && !this.hasReached(this.target)) {
      this.jump();
    }
    const reading = this.ahead ?? this.reading.next(this.cursor!);
    this.ahead = undefined;
    const answer = await reading.catch(reasonOf);
    if (answer === 'gone' && (await this.api.shards()).every((shard) => shard.shardId !== this.shardId)) {
      // The stream is there, and has forgotten the shard with all of its records.
      return this.end();
    }
    if (answer === 'trimmed' || answer === 'gone') {
      return this.goOnAfterTrim();
    }
    this.empty = answer.Records?.length ? 0 : this.empty + 1;
    this.ended = !answer.NextShardIterator;
    this.page = answer.Records?.length ? answer.Records : this.page;
    return true;
  }

  /** What is left starts at the target, or where the shard now starts. */
  private goOnAfterTrim(): boolean {
    this.empty++;
    if (this.isAtTarget || this.hasReached(this.target)) {
      this.cursor = new Cursor(this.api, this.shardId, { type: 'TRIM_HORIZON' });
      this.isAtTarget = true;
      this.skipped = true;
    } else {
      this.jump();
    }
    return true;
  }

  private jump(): void {
    this.cursor = new Cursor(this.api, this.shardId, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: this.target });
    this.page = [];
    this.isAtTarget = true;
  }

  private end(): false {
    this.ended = true;
    return false;
  }

  /** How many pages away the target is, if the numbers are as dense there as in the last page. */
  private distance(): number {
    if (this.page.length === 0) {
      return Infinity;
    }
    const [first, last] = [BigInt(numberOf(this.page[0])), BigInt(numberOf(this.page.at(-1)!))];
    // A page with one record shows no density: infinitely many.
    return Number(BigInt(this.target) - last) / Number(last - first);
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
