import { existsSync, readFileSync } from 'node:fs';
import { itemKey } from '../../stream/item-key';
import type { AttributeMap, StreamRecord } from '../../stream/record';
import { STREAM_RETENTION } from '../../stream/shard';
import { writeWhole } from '../data-folder';

/** An expired item that the run itself removes. */
export interface Removal {
  readonly tableName: string;
  readonly keys: AttributeMap;
  /** The attribute with the time when it expired, and its value. */
  readonly attribute: string;
  readonly expired: string;
  /** When it was removed, in seconds since the epoch. */
  readonly at: number;
  /** Of the record of the removal, once it was met. */
  sequenceNumber?: string;
}

/** The items that the run removed because they had expired, to tell their records from those of other removed items. */
export class Removals {
  private known = new Map<string, Removal[]>();
  private readonly underWay = new Map<Removal, Promise<boolean>>();

  /** @param file keeps them for the next run; undefined if its tables are in memory */
  constructor(private readonly file?: string) {
    read(file).forEach((removal) => this.add(removal));
  }

  /**
   * Removes items.
   *
   * @param remove removes one; false if it has changed meanwhile
   */
  async perform(removals: readonly Removal[], remove: (removal: Removal) => Promise<boolean>): Promise<void> {
    removals.forEach((removal) => this.add(removal));
    // Before they are gone: a killed run could not write it afterwards.
    this.write();
    for (const removal of removals) {
      const isDone = remove(removal).catch(() => false);
      this.underWay.set(removal, isDone);
      if (!await isDone) {
        this.forget(removal);
      }
      this.underWay.delete(removal);
    }
  }

  /** Whether this is the record of one of them. */
  async has(tableName: string, { eventName, dynamodb: change = {} }: Pick<StreamRecord, 'eventName' | 'dynamodb'>): Promise<boolean> {
    if (eventName !== 'REMOVE' || this.known.size === 0) {
      return false;
    }
    for (const removal of this.known.get(placeOf(tableName, change.Keys ?? {})) ?? []) {
      const { attribute, expired, at, sequenceNumber } = removal;
      // DynamoDB Local knows the time of a record to the minute.
      const fits = sequenceNumber === undefined
        ? minuteOf(change.ApproximateCreationDateTime ?? at) >= minuteOf(at) && (change.OldImage?.[attribute]?.N ?? expired) === expired
        : sequenceNumber === change.SequenceNumber;
      if (fits && await (this.underWay.get(removal) ?? true)) {
        removal.sequenceNumber = change.SequenceNumber;
        return true;
      }
    }
    return false;
  }

  private add(removal: Removal): void {
    const place = placeOf(removal.tableName, removal.keys);
    this.known.set(place, [...this.known.get(place) ?? [], removal]);
  }

  private forget(removal: Removal): void {
    const place = placeOf(removal.tableName, removal.keys);
    this.known.set(place, this.known.get(place)!.filter((other) => other !== removal));
  }

  private write(): void {
    const kept = [...this.known.values()].flat().filter(({ at }) => at > Date.now() / 1000 - STREAM_RETENTION);
    this.known = new Map();
    kept.forEach((removal) => this.add(removal));
    if (this.file !== undefined) {
      writeWhole(this.file, JSON.stringify(kept));
    }
  }
}

function placeOf(tableName: string, keys: AttributeMap): string {
  return `${tableName} ${itemKey(keys)}`;
}

function minuteOf(seconds: number): number {
  return Math.floor(seconds / 60);
}

/** None if a killed run has left the file half written: at worst, a record lacks its `userIdentity`. */
function read(file: string | undefined): Removal[] {
  try {
    return file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  } catch {
    return [];
  }
}
