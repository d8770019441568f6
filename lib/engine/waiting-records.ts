import type { Entry } from './batch';

/** Records that were read and wait for a batch, oldest first. */
export class WaitingRecords {
  private entries: Entry[] = [];
  /** What they take in an event, commas included. */
  private bytes = 0;

  get count(): number {
    return this.entries.length;
  }

  get size(): number {
    return this.bytes;
  }

  get first(): Entry | undefined {
    return this.entries[0];
  }

  get last(): Entry | undefined {
    return this.entries[this.entries.length - 1];
  }

  push(entry: Entry): void {
    this.entries.push(entry);
    this.bytes += entry.size + 1;
  }

  /** Puts records back before all others. */
  putBack(entries: readonly Entry[]): void {
    this.entries = [...entries, ...this.entries];
    for (const entry of entries) {
      this.bytes += entry.size + 1;
    }
  }

  /** Takes out what one event holds: at least one record, and of the others as many as fit in these bytes and belong. */
  take(most: number, bytes: number, belongs: (entry: Entry) => boolean): Entry[] {
    const taken = this.entries.splice(0, this.fitting(most, bytes, belongs));
    for (const entry of taken) {
      this.bytes -= entry.size + 1;
    }
    return taken;
  }

  private fitting(most: number, bytes: number, belongs: (entry: Entry) => boolean): number {
    const end = Math.min(most, this.entries.length);
    let size = this.entries[0].size;
    let count = 1;
    while (count < end && belongs(this.entries[count])) {
      size += this.entries[count].size + 1;
      if (size > bytes) {
        break;
      }
      count++;
    }
    return count;
  }
}
