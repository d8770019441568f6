import type { Item } from './records/attribute-value';
import { DEFAULT_CREATION, isStreamRecord, streamRecord } from './records/stream-record';
import type { SimulatedShard } from './stream';
import { itemKey } from '../stream/item-key';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A shard of the simulated stream. */
export interface ShardInput {
  /**
   * What is in it, oldest first: stream records as Lambda delivers them, or items, each of which stands for its own insertion. An
   * item's first attribute is taken for its key.
   */
  readonly records: readonly (StreamRecord | Item)[];
  /** @default - a name made from its place in the list */
  readonly shardId?: string;
  /** The shard that this one is a part of: it is closed, and read before. */
  readonly parentShardId?: string;
}

/** A shard is split in two: from then on the records of each of its items are in one of its children. */
export interface Reshard {
  /** In seconds after the start. */
  readonly at: number;
  /** @default - every shard that is open then */
  readonly shardId?: string;
}

type Draft = { -readonly [name in keyof SimulatedShard]: SimulatedShard[name] };

/**
 * The shards of the simulated stream, from what the caller gave.
 *
 * @throws TypeError if they are no shards, or a shard's sequence numbers don't rise.
 */
export function toShards(inputs: readonly ShardInput[], streamArn: string): SimulatedShard[] {
  const shards = inputs.map((input, index) => toShard(input, index, streamArn));
  judgeNames(shards);
  return shards;
}

/** When the first record of all can be read. */
export function startOf(shards: readonly SimulatedShard[]): number {
  const first = shards.reduce((earliest, shard) => Math.min(earliest, shard.readableAt[0] ?? Infinity), Infinity);
  return first === Infinity ? DEFAULT_CREATION * 1000 : first;
}

/**
 * Splits shards when it is time to, and lets parents close before their children open.
 *
 * @throws TypeError if there is no such shard to split, or shards are each other's parents.
 */
export function withLineage(given: readonly SimulatedShard[], reshards: readonly Reshard[], start: number): SimulatedShard[] {
  const shards: Draft[] = given.map((shard) => ({ ...shard }));
  for (const reshard of [...reshards].sort((a, b) => a.at - b.at)) {
    split(shards, reshard, start + reshard.at * 1000);
  }
  connect(shards, start);
  return shards;
}

function toShard({ records, shardId, parentShardId }: ShardInput, index: number, streamArn: string): Draft {
  const name = shardId ?? `shardId-${String(index).padStart(20, '0')}`;
  const complete = records.map((record, place) => (isStreamRecord(record) ? record : insertion(record, `shards[${index}].records[${place}]`, streamArn)));
  judgeOrder(complete, index);
  return { shardId: name, parentShardId, records: complete, readableAt: readableAt(complete), openedAt: -Infinity };
}

function insertion(item: Item, name: string, streamArn: string): StreamRecord {
  try {
    return streamRecord({ newImage: item, streamArn });
  } catch (error) {
    throw new TypeError(`${name} is neither a stream record nor an item. ${(error as Error).message}`);
  }
}

function judgeOrder(records: readonly StreamRecord[], shard: number): void {
  let before: string | undefined;
  for (const [place, record] of records.entries()) {
    const number = record.dynamodb?.SequenceNumber;
    if (typeof number !== 'string' || !/^\d+$/.test(number)) {
      throw new TypeError(`shards[${shard}].records[${place}] has the SequenceNumber ${JSON.stringify(number)}, but it has to be a string of `
        + 'digits. streamRecord() makes one.');
    }
    if (before !== undefined && compareSequenceNumbers(before, number) >= 0) {
      throw new TypeError(`shards[${shard}].records[${place}] has the SequenceNumber ${number}, which does not come after ${before} before it. `
        + 'Give the records of a shard in the order of the stream.');
    }
    before = number;
  }
}

/** A record is readable when it was created, and never before the one that precedes it. */
function readableAt(records: readonly StreamRecord[]): number[] {
  let latest = (records.find(createdIn)?.dynamodb?.ApproximateCreationDateTime ?? DEFAULT_CREATION) * 1000;
  return records.map((record) => latest = Math.max(latest, (createdIn(record) ?? 0) * 1000));
}

function createdIn(record: StreamRecord): number | undefined {
  return record.dynamodb?.ApproximateCreationDateTime;
}

function judgeNames(shards: readonly SimulatedShard[]): void {
  const names = shards.map((shard) => shard.shardId);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new TypeError(`There are two shards named ${twice}. Each has to have a shardId of its own; without any they are numbered.`);
  }
}

/** Gives the records from `time` on to two children, by item. */
function split(shards: Draft[], { shardId }: Reshard, time: number): void {
  const parents = new Set(shards.map((shard) => shard.parentShardId));
  const open = shards.filter((shard) => !parents.has(shard.shardId) && (shardId === undefined || shard.shardId === shardId));
  if (open.length === 0) {
    throw new TypeError(`There is no open shard ${shardId} to split. There are ${shards.map((shard) => shard.shardId).join(', ')}.`);
  }
  for (const parent of open) {
    const place = parent.readableAt.findIndex((readable) => readable >= time);
    const first = place === -1 ? parent.records.length : place;
    const later = parent.records.slice(first);
    const keys = [...new Set(later.map(keyOf))];
    const side = new Map(keys.map((key, index) => [key, index % 2]));
    shards.push(...[0, 1].map((child) => {
      const records = later.filter((record) => side.get(keyOf(record)) === child);
      return {
        shardId: `${parent.shardId}-${child}`, parentShardId: parent.shardId, records, readableAt: readableAt(records), openedAt: time,
      };
    }));
    parent.records = parent.records.slice(0, first);
    parent.readableAt = parent.readableAt.slice(0, first);
    parent.closedAt = time;
  }
}

function keyOf(record: StreamRecord): string {
  return itemKey(record.dynamodb?.Keys ?? {});
}

/** A parent closes with its last record, unless told when; its children open then. */
function connect(shards: readonly Draft[], start: number): void {
  const byId = new Map(shards.map((shard) => [shard.shardId, shard]));
  const visit = (shard: Draft, seen: readonly string[]): Draft => {
    const parent = shard.parentShardId === undefined ? undefined : byId.get(shard.parentShardId);
    if (seen.includes(shard.shardId)) {
      throw new TypeError(`The shards ${seen.join(', ')} are each other's parents. A shard's parent is older than the shard.`);
    }
    if (parent) {
      const { readableAt: times, openedAt } = visit(parent, [...seen, shard.shardId]);
      parent.closedAt ??= Math.max(start, openedAt, times[times.length - 1] ?? -Infinity);
      shard.openedAt = Math.max(shard.openedAt, parent.closedAt);
      shard.readableAt = shard.readableAt.map((time) => Math.max(time, shard.openedAt));
    }
    return shard;
  };
  shards.forEach((shard) => visit(shard, []));
}
