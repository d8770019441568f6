import { InvalidEventError } from './errors';
import type { EventBatch } from './event';
import { itemKey } from '../stream/item-key';

/** Which records run one after another: those of an item, those of a partition key, or all of the batch. */
export type Order = 'item' | 'partitionKey' | 'shard';

/**
 * The lane of each record of a batch.
 *
 * A record does not say which attribute of its key is the partition key. Unless it is named, records that share the value of either
 * attribute are in one lane, directly or by others: the records of a partition key are always among them.
 *
 * @throws InvalidEventError if the keys have no attribute of that name.
 */
export function lanesOf({ changes, items }: EventBatch, order: Order | undefined, partitionKey: string | undefined): readonly string[] {
  if (order === 'shard') {
    return items.map(() => '');
  }
  if (order !== 'partitionKey') {
    return items;
  }
  const values = changes.map(({ Keys = {} }) => (partitionKey ? [partitionKey] : Object.keys(Keys)).map((name) => {
    if (!Keys[name]) {
      throw new InvalidEventError(`partitionKey is ${name}, but the keys of the table are ${Object.keys(Keys).join(', ')}: name one of them`);
    }
    return name + itemKey({ [name]: Keys[name] });
  }));
  const lanes = new Map<string, string>();
  function laneOf(value: string): string {
    let lane = value;
    for (let next = lanes.get(lane); next !== undefined; next = lanes.get(lane)) {
      // Shortens the way for those who come after.
      lanes.set(lane, lanes.get(next) ?? next);
      lane = next;
    }
    return lane;
  }
  for (const [first, second = first] of values) {
    const [one, other] = [laneOf(first), laneOf(second)];
    if (one !== other) {
      lanes.set(other, one);
    }
  }
  return values.map(([value]) => laneOf(value));
}
