import type { Item } from './records/attribute-value';
import { DEFAULT_CREATION, isStreamRecord, streamRecord } from './records/stream-record';
import type { SimulatedShard } from './stream';
import { itemKey } from '../stream/item-key';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A shard of the simulated stream. */
export interface ShardInput {
  /**
   * Its records, oldest first: stream records as Lambda delivers them, or items. An item stands for its insertion, and its first
   * attribute is its key. A shard may have none, as a property test makes it; then nothing is invoked for it.
   */
  readonly records: readonly (StreamRecord | Item)[];
  /**
   * The name of the shard.
   *
   * @default - a name made from its place in the list
   */
  readonly shardId?: string;
  /** The shard that this one was split from. It is closed, and read to its end before this one. */
  readonly parentShardId?: string;
}

/** A shard is split in two: from then on, the records of an item are in one of the two children. */
export interface Reshard {
  /** In seconds after the start. */
  readonly at: number;
  /**
   * The shard that is split.
   *
   * @default - every shard that is open then
   */
  readonly shardId?: string;
}

type Draft = { -readonly [name in keyof SimulatedShard]: SimulatedShard[name] };

/**
 * The shards of the simulated stream, from the caller's input.
 *
 * @throws TypeError if a record is neither a stream record nor an item, or if the sequence numbers of a shard don't rise.
 */
export function toShards(inputs: readonly ShardInput[], streamArn: string): SimulatedShard[] {
  const shards = inputs.map((input, index) => toShard(input, index, streamArn));
  checkNames(shards);
  return shards;
}

/** When the first record can be read. */
export function startOf(shards: readonly SimulatedShard[]): number {
  const first = shards.reduce((earliest, shard) => Math.min(earliest, shard.readableAt[0] ?? Infinity), Infinity);
  return first === Infinity ? DEFAULT_CREATION * 1000 : first;
}

/**
 * Applies the splits, and lets parents close before their children open.
 *
 * @throws TypeError if there is no such shard to split, or if shards are each other's parents.
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
  checkOrder(complete, index);
  return { shardId: name, parentShardId, records: complete, readableAt: readableAt(complete), openedAt: -Infinity };
}

function insertion(item: Item, name: string, streamArn: string): StreamRecord {
  try {
    return streamRecord({ newImage: item, streamArn });
  } catch (error) {
    throw new TypeError(`${name} is neither a stream record nor an item. ${(error as Error).message}`);
  }
}

function checkOrder(records: readonly StreamRecord[], shard: number): void {
  let before: string | undefined;
  for (const [place, record] of records.entries()) {
    const number = record.dynamodb?.SequenceNumber;
    if (typeof number !== 'string' || !/^\d+$/.test(number)) {
      throw new TypeError(`shards[${shard}].records[${place}] has the SequenceNumber ${JSON.stringify(number)} but must have a string of `
        + 'digits. streamRecord() makes one.');
    }
    if (before !== undefined && compareSequenceNumbers(before, number) >= 0) {
      throw new TypeError(`shards[${shard}].records[${place}] has the SequenceNumber ${number}, which is not above ${before} of the record before it. `
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

function checkNames(shards: readonly SimulatedShard[]): void {
  const names = shards.map((shard) => shard.shardId);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new TypeError(`Two shards have the shardId ${twice}, but each must have its own. Omit shardId to have the shards numbered.`);
  }
}

/** Gives the records from `time` on to two children, by item. */
function split(shards: Draft[], { shardId }: Reshard, time: number): void {
  const parents = new Set(shards.map((shard) => shard.parentShardId));
  const open = shards.filter((shard) => !parents.has(shard.shardId) && (shardId === undefined || shard.shardId === shardId));
  if (open.length === 0) {
    throw new TypeError(`faults.reshards names the shard ${shardId}, but no open shard has this shardId. The shards are ${shards.map((shard) => shard.shardId).join(', ')}.`);
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

/** A parent closes at its split, or else with its last record. Its children open then. */
function connect(shards: readonly Draft[], start: number): void {
  const byId = new Map(shards.map((shard) => [shard.shardId, shard]));
  const visit = (shard: Draft, seen: readonly string[]): Draft => {
    const parent = shard.parentShardId === undefined ? undefined : byId.get(shard.parentShardId);
    if (seen.includes(shard.shardId)) {
      throw new TypeError(`The shards ${seen.join(', ')} are each other's parents, but a parent must be older than its children. Correct parentShardId.`);
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
