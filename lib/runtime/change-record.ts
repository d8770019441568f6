import { type EventBatch, delivered } from './event';
import type { Redriven } from '../stream/boundary';
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
 * `Item` is the type of the images, as the caller states or the schema checks; `Keys` that of the primary key.
 * Images and keys are unmarshalled when they are first read: bytes into `Uint8Array`, sets into `Set`, numbers into `ExactNumber`.
 */
export interface ChangeRecord<Item = Image, Keys = ItemKeys> {
  /** What happened to the item. */
  readonly eventName: EventName;
  /** The item's primary key, unmarshalled. */
  readonly keys: Keys;
  /** The item after the change. Absent for a REMOVE, and where the stream's view type omits it. */
  readonly newImage?: Item;
  /** The item before the change. Absent for an INSERT, and where the stream's view type omits it. */
  readonly oldImage?: Item;
  /** Whether DynamoDB itself removed the item, because its time to live was over. */
  readonly expired: boolean;
  /** The record's position in its shard, a decimal string. Grows from change to change of one item. */
  readonly sequenceNumber: string;
  /** The same at every delivery of the record: the key for idempotency. Empty if the record came without one. */
  readonly eventId: string;
  /**
   * The stream's label and the sequence number, such as `2026-01-01T00:00:00.000/0000000000000000000100000000000000000042`. Of two
   * changes of an item the newer one has the greater text: write only what is newer than what is there.
   */
  readonly version: string;
  /** The record as Lambda delivered it. Frozen, because it may be parked. */
  readonly raw: StreamRecord;
  /** Present if a redrive brought the record back. */
  readonly redriven?: {
    /** Whether the item has changed since. */
    readonly superseded: boolean;
  };
  /** The record as JSON can hold it: sets are arrays, bytes base64, and numbers that a double can't hold text. `JSON.stringify` calls it. */
  toJSON(): object;
  /** The record as a plain object, without `raw`: to spread, or to clone. */
  toObject(): PlainRecord<Item, Keys>;
}

/** A record as a plain object. */
export type PlainRecord<Item = Image, Keys = ItemKeys> = Omit<ChangeRecord<Item, Keys>, 'raw' | 'toJSON' | 'toObject'>;

/** A record of an item that was new. */
export interface InsertRecord<Item = Image, Keys = ItemKeys> extends ChangeRecord<Item, Keys> {
  /** The item is new. */
  readonly eventName: 'INSERT';
  /** Never there. */
  readonly oldImage?: never;
}

/** A record of an item that was there before. */
export interface ModifyRecord<Item = Image, Keys = ItemKeys> extends ChangeRecord<Item, Keys> {
  /** An existing item changed. */
  readonly eventName: 'MODIFY';
}

/** A record of an item that is gone. */
export interface RemoveRecord<Item = Image, Keys = ItemKeys> extends ChangeRecord<Item, Keys> {
  /** The item is gone. */
  readonly eventName: 'REMOVE';
  /** Never there. */
  readonly newImage?: never;
}

/** What numbers become: exact, whatever type that takes, or always a double, which holds 15 digits. */
export type Numbers = 'exact' | 'number';

/** Wraps a record of a batch. Costs nothing but the wrapper until an image is read. */
export function changeRecord(batch: EventBatch, step: number, numbers?: Numbers, redriven?: Redriven): ChangeRecord {
  const record = new LazyRecord(batch, step, numbers);
  return redriven ? Object.assign(record, { redriven: { superseded: redriven.superseded.includes(record.eventId) } }) : record;
}

class LazyRecord implements ChangeRecord {
  readonly #batch: EventBatch;
  readonly #step: number;
  readonly #numbers: Numbers | undefined;
  declare readonly redriven?: { readonly superseded: boolean };

  constructor(batch: EventBatch, step: number, numbers: Numbers | undefined) {
    this.#batch = batch;
    this.#step = step;
    this.#numbers = numbers;
  }

  get eventName(): EventName {
    return this.#batch.eventNames[this.#step];
  }

  get keys(): ItemKeys {
    return this.#read('keys', 'Keys') as ItemKeys;
  }

  get newImage(): Image | undefined {
    return this.#read('newImage', 'NewImage');
  }

  get oldImage(): Image | undefined {
    return this.#read('oldImage', 'OldImage');
  }

  get expired(): boolean {
    return isExpiry(this.#batch.records[this.#step]);
  }

  get sequenceNumber(): string {
    return this.#batch.sequenceNumbers[this.#step];
  }

  get eventId(): string {
    return this.#batch.eventIds[this.#step] ?? '';
  }

  get version(): string {
    const [, label = ''] = this.#batch.streamArn.split('/stream/');
    return `${label}/${this.sequenceNumber.padStart(VERSION_DIGITS, '0')}`;
  }

  get raw(): StreamRecord {
    return defineProperty(this, 'raw', frozen(delivered(this.#batch, this.#step)), false);
  }

  toObject(): PlainRecord {
    return Object.fromEntries(PLAIN.flatMap((name) => this[name] === undefined ? [] : [[name, this[name]]])) as unknown as PlainRecord;
  }

  toJSON(): object {
    return json(this.toObject()) as object;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): PlainRecord {
    return this.toObject();
  }

  /** Unmarshalls a part of the record, which replaces its getter. */
  #read(name: keyof ChangeRecord, part: 'Keys' | 'NewImage' | 'OldImage'): Image | undefined {
    const attributes = this.#batch.changes[this.#step][part];
    return defineProperty(this, name, attributes && unmarshall(attributes, this.#numbers === 'number' ? Number : undefined));
  }
}

const PLAIN = ['eventName', 'keys', 'newImage', 'oldImage', 'expired', 'sequenceNumber', 'eventId', 'version', 'redriven'] as const;

/** More digits than any sequence number has. */
const VERSION_DIGITS = 40;

/** Freezes a record with all that is in it: it may be parked, and then must be what Lambda delivered. Bytes of a hand-made event can't be frozen. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.values(Object.freeze(value)).forEach(frozen);
  }
  return value;
}

/** What JSON can hold of a value: sets as arrays, bytes as base64, numbers that a double can't hold as text. */
function json(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return String(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString('base64');
  }
  if (value instanceof Set || Array.isArray(value)) {
    return Array.from(value, json);
  }
  if (value !== Object(value) || typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return value;
  }
  const object = {};
  for (const [name, member] of Object.entries(value as object)) {
    defineProperty(object, name, json(member));
  }
  return object;
}
