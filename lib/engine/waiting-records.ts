import type { Entry } from './batch';
import { payloadSize } from './payload-size';

/** Records that were read and wait for a batch, oldest first. They are measured only near a limit, which few batches reach. */
export class WaitingRecords {
  private entries: Entry[] = [];
  private most = 0;

  get count(): number {
    return this.entries.length;
  }

  get all(): readonly Entry[] {
    return this.entries;
  }

  get first(): Entry | undefined {
    return this.entries[0];
  }

  /** The most bytes that they can take in an event, commas included. */
  get mostBytes(): number {
    return this.most;
  }

  /** The bytes that they take in an event, commas included. */
  bytes(): number {
    this.measure(this.entries.length);
    return this.most;
  }

  /** Whether they take more bytes than these. */
  exceed(bytes: number): boolean {
    return this.mostBytes > bytes && this.bytes() > bytes;
  }

  push(entry: Entry): void {
    this.entries.push(entry);
    this.most += entry.size + 1;
  }

  /** Puts records back before all others. */
  putBack(entries: readonly Entry[]): void {
    this.entries = [...entries, ...this.entries];
    this.most += room(entries, entries.length);
  }

  /** Takes out what one event holds: at least one record, and as many of the next ones as belong to it and fit in these bytes. */
  take(most: number, bytes: number, belongs: (entry: Entry) => boolean): Entry[] {
    const taken = this.entries.splice(0, this.fitting(this.belonging(most, belongs), bytes));
    this.most -= room(taken, taken.length);
    return taken;
  }

  /** How many of the first entries belong to one event, at least one. */
  private belonging(most: number, belongs: (entry: Entry) => boolean): number {
    const end = Math.min(most, this.entries.length);
    let count = 1;
    while (count < end && belongs(this.entries[count])) {
      count++;
    }
    return count;
  }

  /** How many of the first `count` entries fit, at least one. */
  private fitting(count: number, bytes: number): number {
    // The last one has no comma after it.
    if (room(this.entries, count) - 1 <= bytes) {
      return count;
    }
    this.measure(count);
    let fitting = 1;
    for (let size = this.entries[0].size; fitting < count; fitting++) {
      size += this.entries[fitting].size + 1;
      if (size > bytes) {
        break;
      }
    }
    return fitting;
  }

  private measure(count: number): void {
    for (let index = 0; index < count; index++) {
      const entry = this.entries[index];
      if (!entry.measured) {
        const size = payloadSize(entry.record);
        this.most += size - entry.size;
        entry.size = size;
        entry.measured = true;
      }
    }
  }
}

/** The bytes of the first `count` entries, each with a comma. */
function room(entries: readonly Entry[], count: number): number {
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    bytes += entries[index].size + 1;
  }
  return bytes;
}
