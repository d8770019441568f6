import type { ExactNumber } from '../stream/exact-number';
import { type Image, defineProperty, unmarshall } from '../stream/image';
import { type EventName, isExpiry, type StreamRecord } from '../stream/record';

/** The primary key of an item, unmarshalled. */
export interface ItemKeys {
  [name: string]: string | ExactNumber | Uint8Array;
}

/**
 * One change of one item, as a handler gets it.
 *
 * `Item` is the type of the images, by the caller's word or by the schema's check; `Keys` that of the primary key.
 * Images and keys are unmarshalled when they are first read; `exactNumber` and `unmarshall` say into what.
 */
export interface ChangeRecord<Item = Image, Keys = ItemKeys> {
  readonly eventName: EventName;
  readonly keys: Keys;
  /** The item after the change. Absent for a REMOVE, and where the stream's view type leaves it out. */
  readonly newImage?: Item;
  /** The item before the change. Absent for an INSERT, and where the stream's view type leaves it out. */
  readonly oldImage?: Item;
  /** Whether DynamoDB itself removed the item, because its time to live was over. */
  readonly expired: boolean;
  /** The record's position in its shard, a decimal string. Grows from change to change of one item. */
  readonly sequenceNumber: string;
  /** The same at every delivery of the record: the key for idempotency. Empty if the record came without one. */
  readonly eventId: string;
  /** The record as Lambda delivered it. */
  readonly raw: StreamRecord;
}

/** A record of an item that was new. */
export interface InsertRecord<Item = Image, Keys = ItemKeys> extends ChangeRecord<Item, Keys> {
  readonly eventName: 'INSERT';
  readonly oldImage?: never;
}

/** A record of an item that was there before. */
export interface ModifyRecord<Item = Image, Keys = ItemKeys> extends ChangeRecord<Item, Keys> {
  readonly eventName: 'MODIFY';
}

/** A record of an item that is gone. */
export interface RemoveRecord<Item = Image, Keys = ItemKeys> extends ChangeRecord<Item, Keys> {
  readonly eventName: 'REMOVE';
  readonly newImage?: never;
}

/** Wraps a record as Lambda delivered it. Costs nothing but the wrapper until an image is read. */
export function changeRecord(raw: StreamRecord): ChangeRecord {
  return new LazyRecord(raw);
}

class LazyRecord implements ChangeRecord {
  constructor(readonly raw: StreamRecord) {}

  get eventName(): EventName {
    return this.raw.eventName!;
  }

  get keys(): ItemKeys {
    return read(this, 'keys', 'Keys') as ItemKeys;
  }

  get newImage(): Image | undefined {
    return read(this, 'newImage', 'NewImage');
  }

  get oldImage(): Image | undefined {
    return read(this, 'oldImage', 'OldImage');
  }

  get expired(): boolean {
    return isExpiry(this.raw);
  }

  get sequenceNumber(): string {
    return this.raw.dynamodb!.SequenceNumber!;
  }

  get eventId(): string {
    return this.raw.eventID ?? '';
  }
}

/** Unmarshalls a part of the record, which takes the place of its getter. */
function read(record: LazyRecord, name: keyof ChangeRecord, part: 'Keys' | 'NewImage' | 'OldImage'): Image | undefined {
  const attributes = record.raw.dynamodb![part];
  return defineProperty(record, name, attributes && unmarshall(attributes));
}
