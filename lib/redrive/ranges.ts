import { refuseUnlessGone, streamIsGone } from './gone-stream';
import { groupedBy } from './grouped-by';
import type { GivenUpMessage, Inventory, Request } from './inventory';
import type { MappingOf } from './mappings';
import type { BatchMessage } from './message';
import type { Ports } from './ports';
import { throwUnlessRefused } from './refused-range';
import { stoppable, untilStopped } from './stoppable';
import { together } from './together';
import type { ListedShard, Range, RangeReader } from '../reader/stream-reader';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** How a failed batch compares with what the stream has of its range. */
export type Finding =
  /** As many records as the batch had. */
  | { readonly type: 'exact' }
  /** More, so it is not known which ones were in the batch; or fewer although none is gone, because the filter has changed. */
  | { readonly type: 'inexact'; readonly found: number }
  /** Fewer: the others are gone, with all numbers from `from` to `to`. */
  | { readonly type: 'lost'; readonly lost: number; readonly from: string; readonly to: string; readonly isInexact: boolean }
  /** Its range can't be of the shard, or the shard could not be read. */
  | { readonly type: 'unreadable'; readonly error: unknown };

/** A failed batch, while its range is read. */
interface Wanted extends Range {
  readonly message: GivenUpMessage;
  readonly batch: BatchMessage;
  /** The numbers of those records that its message holds. */
  readonly held?: ReadonlySet<string>;
  /** How many of its records were found. */
  found: number;
  /** Between these numbers records are gone. */
  gap?: Range;
  /** Why its range can't be read. */
  error?: unknown;
}

/** How many shards are read at once. */
const SHARDS_AT_ONCE = 4;

/** Reads the records of the failed batches from their streams, and reports for each whether they are the batch. */
export async function readBatches(
  ports: Ports, inventory: Inventory, mappingOf: MappingOf, stop: AbortSignal,
  tell: (batch: BatchMessage, message: GivenUpMessage, finding: Finding) => void,
): Promise<void> {
  for (const [streamArn, ofStream] of groupedBy(inventory.batches, ({ wanted }) => wanted.streamArn)) {
    const reader = ports.streams(streamArn);
    try {
      const shards = await stoppable(stop, reader.shards()).catch((error) => refuseUnlessGone(error, streamArn));
      const generations = groupedBy(groupedBy(ofStream, ({ wanted }) => wanted.shardId), ([shardId]) => ancestors(shardId, shards));
      for (const [, byShard] of [...generations].sort(([a], [b]) => a - b)) {
        await together(SHARDS_AT_ONCE, byShard, read);
      }
    } catch (error) {
      ofStream.forEach(({ message, wanted }) => tell(wanted, message, { type: 'unreadable', error }));
    }

    async function read([shardId, requests]: [string, Request<BatchMessage>[]]): Promise<void> {
      const wanted = requests.map(wantedOf).sort((a, b) => compareSequenceNumbers(a.first, b.first) || compareSequenceNumbers(a.last, b.last));
      try {
        await readShard({ reader, shardId, stop, take: (record, open) => assign(record, open, inventory, mappingOf) }, wanted);
      } catch (error) {
        refuseUnlessGone(error, streamArn);
        streamIsGone(streamArn, Math.max(...wanted.map(({ batch }) => batch.lastWritten)), ports.clock.now());
        wanted.forEach((one) => one.gap ??= one);
      }
      wanted.forEach((one) => tell(one.batch, one.message, findingOf(one, mappingOf(one.batch).isInterleaved(one.batch))));
    }
  }
  inventory.batches = [];
}

function wantedOf({ message, wanted, held }: Request<BatchMessage>): Wanted {
  return { first: wanted.first, last: wanted.last, message, batch: wanted, held, found: held?.size ?? 0 };
}

/** How a shard is read. */
interface ShardSweep {
  readonly reader: RangeReader;
  readonly shardId: string;
  readonly stop: AbortSignal;
  /** Takes a record, with those whose range it is in. */
  readonly take: (record: StreamRecord, open: readonly Wanted[]) => void;
}

/**
 * Reads all of them in one sweep. Where that fails, those whose range is being read are read one by one, and then the sweep goes on: a range
 * that the shard refuses must not keep the others from being read.
 *
 * @param wanted in the order of their first numbers
 */
async function readShard(reading: ShardSweep, wanted: readonly Wanted[]): Promise<void> {
  for (let left = wanted; left.length > 0;) {
    const failed = await sweep(reading, left);
    if (failed === undefined) {
      return;
    }
    const { error, range } = failed;
    const ofRange = left.filter((one) => compareSequenceNumbers(one.first, range.last) <= 0 && compareSequenceNumbers(one.last, range.first) >= 0);
    if (ofRange.length > 1) {
      for (const one of ofRange) {
        one.found = one.held?.size ?? 0;
        one.gap = undefined;
        await readShard(reading, [one]);
      }
    } else {
      await throwUnlessRefused(error, reading);
      ofRange[0].error = error;
    }
    left = left.filter(({ first }) => compareSequenceNumbers(first, range.last) > 0);
  }
}

/** Answers which range it could not read, if there is one. Those before it have been read. */
async function sweep(
  { reader, shardId, stop, take }: ShardSweep, wanted: readonly Wanted[],
): Promise<{ readonly error: unknown; readonly range: Range } | undefined> {
  const ranges = union(wanted);
  /** The batches whose range may hold the next record. */
  let open: Wanted[] = [];
  let next = 0;
  let before: string | undefined;
  let at = 0;
  /** Whether there is nothing more of the range. */
  let isOver = false;
  try {
    for await (const page of untilStopped(stop, reader.ranges(shardId, ranges))) {
      if (page.range !== at) {
        at = page.range;
        before = undefined;
      }
      isOver = page.records.length === 0;
      if (page.lost) {
        markGap(wanted, ranges[at], before, page.records[0]?.dynamodb!.SequenceNumber);
      }
      for (const record of page.records) {
        const number = record.dynamodb!.SequenceNumber!;
        before = number;
        for (; next < wanted.length && compareSequenceNumbers(wanted[next].first, number) <= 0; next++) {
          open.push(wanted[next]);
        }
        open = open.filter(({ last }) => compareSequenceNumbers(last, number) >= 0);
        take(record, open);
      }
    }
    return undefined;
  } catch (error) {
    stop.throwIfAborted();
    isOver ||= before !== undefined && compareSequenceNumbers(before, ranges[at].last) === 0;
    return { error, range: ranges[isOver ? Math.min(at + 1, ranges.length - 1) : at] };
  }
}

/** Gives a record to the batches that it passed the filter for. */
function assign(record: StreamRecord, open: readonly Wanted[], inventory: Inventory, mappingOf: MappingOf): void {
  const passing = open.filter(({ batch }) => mappingOf(batch).passes(record));
  passing.forEach((one) => one.found += Number(!one.held?.has(record.dynamodb!.SequenceNumber!)));
  if (passing.length === 1) {
    inventory.addRecord([passing[0].message], passing[0].batch, record);
    return;
  }
  for (const [, ofFunction] of groupedBy(passing, ({ batch }) => batch.functionArn)) {
    inventory.addRecord(ofFunction.map(({ message }) => message), ofFunction[0].batch, record);
  }
}

/** The ranges that cover all of these, without overlaps. */
function union(wanted: readonly Range[]): Range[] {
  const ranges: Range[] = [];
  for (const one of wanted) {
    const end = ranges.at(-1);
    if (end === undefined || compareSequenceNumbers(one.first, end.last) > 0) {
      ranges.push(one);
    } else if (compareSequenceNumbers(one.last, end.last) > 0) {
      ranges[ranges.length - 1] = { first: end.first, last: one.last };
    }
  }
  return ranges;
}

/** Records are gone after the one read before, if there is one, and before the first one of the page, if there is one. */
function markGap(wanted: readonly Wanted[], range: Range, before: string | undefined, after: string | undefined): void {
  for (const one of wanted) {
    const isInRange = compareSequenceNumbers(one.first, range.last) <= 0 && compareSequenceNumbers(one.last, range.first) >= 0;
    const isDone = before !== undefined && compareSequenceNumbers(one.last, before) <= 0;
    const isToCome = after !== undefined && compareSequenceNumbers(one.first, after) >= 0;
    if (isInRange && !isDone && !isToCome) {
      one.gap = { first: one.gap?.first ?? laterOf(one.first, before ?? one.first), last: earlierOf(one.last, after ?? one.last) };
    }
  }
}

function findingOf({ batch: { size }, found, gap, error }: Wanted, isInterleaved: boolean): Finding {
  if (error !== undefined) {
    return { type: 'unreadable', error };
  }
  if (gap === undefined) {
    return found === size ? { type: 'exact' } : { type: 'inexact', found };
  }
  return {
    type: 'lost',
    // The range begins and ends with a record of the batch, so one at least is gone.
    lost: Math.max(1, size - found),
    from: gap.first,
    to: gap.last,
    // If batches lie between each other, what is left may be of others.
    isInexact: found >= size || (isInterleaved && found > 0),
  };
}

function laterOf(a: string, b: string): string {
  return compareSequenceNumbers(a, b) < 0 ? b : a;
}

function earlierOf(a: string, b: string): string {
  return compareSequenceNumbers(a, b) < 0 ? a : b;
}

/** How many ancestors of a shard are listed: parents are read before their children. */
function ancestors(shardId: string, shards: readonly ListedShard[] | undefined): number {
  const parent = shards?.find((shard) => shard.shardId === shardId)?.parentShardId;
  return parent === undefined ? 0 : 1 + ancestors(parent, shards);
}
