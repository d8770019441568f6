import type { ChangeRecord, InsertRecord, ItemKeys, ModifyRecord, Numbers, RemoveRecord } from './change-record';
import type { CallContext } from './context';
import type { Logger } from './logger';
import type { Observer } from './observer';
import type { OnPark } from './on-park';
import type { Order } from './order';
import type { RetryOptions } from './retry';
import type { StandardSchema } from './schema';
import type { Image } from '../stream/image';

/** Called with one record. The record is done when what it returns has settled; it failed if that rejects, or if it throws. */
export type OnRecord<Record> = (record: Record, context: CallContext) => unknown;

/**
 * Called with a chunk of records. Returns those that failed, each with its error; the others are done. If it throws, or rejects, it is
 * called again with each half of the chunk, until the records that make it fail are alone. After a transient error, all have failed.
 */
export type OnRecords<Record> = (records: readonly Record[], context: CallContext) => Refusals<Record> | Promise<Refusals<Record>>;

/** The records of a chunk that failed: none, or a list of them. */
export type Refusals<Record> = void | readonly {
  /** One of the chunk. */
  readonly record: Record;
  /** What it failed with. */
  readonly error: unknown;
}[];

/**
 * How a stream's records are handled: by `onRecord`, by any of `onInsert`, `onModify` and `onRemove`, or by `onRecords`, which takes many
 * at once.
 */
export interface StreamHandlerOptions<Item = Image, Keys = ItemKeys> {
  /** Called with every record. */
  readonly onRecord?: OnRecord<ChangeRecord<Item, Keys>>;
  /** Called with the records of new items. Without it they are done without a call; the same holds for the others. */
  readonly onInsert?: OnRecord<InsertRecord<Item, Keys>>;
  /** Called with the records of changed items. */
  readonly onModify?: OnRecord<ModifyRecord<Item, Keys>>;
  /** Called with the records of removed items, also of those whose time to live was over: they have `record.expired`. */
  readonly onRemove?: OnRecord<RemoveRecord<Item, Keys>>;
  /**
   * Called with many records at once, for sinks that take them so. No two are of one item, unless the order is the shard's. The
   * context's `attempt` is the highest of its records.
   */
  readonly onRecords?: OnRecords<ChangeRecord<Item, Keys>>;
  /**
   * The most records in a call of `onRecords`.
   *
   * @default 100
   */
  readonly chunkSize?: number;
  /**
   * Which records run one after another, in the order of the stream, and wait if one of them fails: those of an item, those of a
   * partition key, or all records of the shard.
   *
   * @default 'item'
   */
  readonly order?: Order;
  /**
   * The name of the table's partition key, for the order 'partitionKey': the records do not tell it.
   *
   * @default - records that share the value of either key attribute run one after another, also across others
   */
  readonly partitionKey?: string;
  /**
   * How many records may be processed at once, each of another item; with `onRecords`, how many chunks.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /** Checks the images, and gives them their type. A record that does not fit is poison; no function is called with it. */
  readonly schema?: StandardSchema<Item>;
  /** How a failed record is tried again before it waits for Lambda's own retry. */
  readonly retry?: RetryOptions;
  /**
   * Whether an error makes its record poison (true), or comes from elsewhere, so that the record is tried again as after a
   * `TransientError` (false). Undefined, or throwing: no opinion.
   *
   * @default - no opinion: what is known to be transient is, and of all else the evidence decides
   */
  readonly isPoison?: (error: unknown, record: ChangeRecord<Item, Keys>) => boolean | undefined;
  /**
   * For how long a failure that only some records have may hold up all others, in whole milliseconds. After that the records that
   * fail are parked. After a transient error it takes four times as long.
   *
   * @default 900000
   */
  readonly patience?: number;
  /**
   * Whether poison records are parked on the trigger's failure destination. Otherwise they are the checkpoint, and hold up the
   * shard until Lambda gives their batch up.
   *
   * @default true
   */
  readonly park?: boolean;
  /**
   * Takes data out of a record before it is parked: gets a copy, and answers it with images and error as they are to be parked. What
   * tells which record it is, keys included, stays. If it throws, or answers anything else, the record is parked without images and
   * without the text of its error.
   *
   * @default - poison records are parked whole
   */
  readonly onPark?: OnPark;
  /**
   * What numbers become: exact, as a `number`, `bigint` or `Decimal`, or always a `number`, which rounds to some 15 digits.
   *
   * @default 'exact'
   */
  readonly numbers?: Numbers;
  /** Gets what happens: for metrics and logs. The answer waits for it, while there is time. */
  readonly observer?: Observer;
  /**
   * Where failures are logged, one object each: the Logger of Powertools fits.
   *
   * @default - console
   */
  readonly logger?: Logger;
  /**
   * Whether the log has the messages and stacks of errors. They may quote the item.
   *
   * @default false
   */
  readonly logErrors?: boolean;
  /**
   * Whether the mapping reports batch item failures. Only needed on Lambda, for a mapping that no DynamoStreamTrigger made.
   *
   * @default - as the trigger is set; without a trigger a failure throws on Lambda, and Lambda sends the whole batch again
   */
  readonly reportBatchItemFailures?: boolean;
}
