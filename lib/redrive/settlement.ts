import { type GivenUpMessage, type GivenUpRecord, type Inventory, messagesOf } from './inventory';
import type { RedriveOptions } from './options';
import type { Ports } from './ports';
import { isSettled, type RecordOutcome, RECORD_OUTCOMES, type ReportLine } from './record-outcome';
import { CALLS_AT_ONCE, together } from './together';

/** How many records have which outcome. */
export type OutcomeCounts = Record<RecordOutcome, number> & { lost: number; unknown: number };

/** SQS takes this many messages in a call. */
const MESSAGES_AT_ONCE = 1000;

/** Keeps account of each record, deletes messages as soon as they are done, and gives all others back. */
export class Settlement {
  readonly tally = { ...Object.fromEntries(RECORD_OUTCOMES.map((outcome) => [outcome, 0])), lost: 0, unknown: 0 } as OutcomeCounts;
  /** How many messages were deleted. */
  removed = 0;
  private done: GivenUpMessage[] = [];
  private stopKeeping: () => void;
  private keeping: Promise<void> = Promise.resolve();

  /** @param report takes a line for each record */
  constructor(
    private readonly ports: Ports, private readonly inventory: Inventory, private readonly options: RedriveOptions,
    private readonly report?: (line: ReportLine) => void,
  ) {
    this.stopKeeping = () => {};
  }

  /** Keeps the messages from others, until they are given back. */
  startKeeping(onError: (error: Error) => void): void {
    const { source, clock } = this.ports;
    if (source.keepEvery !== undefined) {
      this.stopKeeping = clock.every(source.keepEvery, () => {
        this.keeping = this.keeping.then(async () => this.each(this.here(), (handles) => source.keep(handles))).catch(onError);
      });
    }
  }

  /** Notes what became of a record. */
  settle(record: GivenUpRecord, outcome: RecordOutcome, error?: string): void {
    record.outcome = outcome;
    this.tally[outcome]++;
    // The record must be read for its eventID.
    this.report?.({ eventId: this.inventory.record(record).eventID, sequenceNumber: record.sequenceNumber, outcome, ...(error && { error }) });
    if (isSettled(outcome)) {
      for (const message of messagesOf(record)) {
        message.open--;
        this.look(message);
      }
    }
  }

  /** Records that are gone. They have no eventID that anybody knows. */
  lose(message: GivenUpMessage, count: number, error: string): void {
    this.tally.lost += count;
    this.report?.({ message: this.inventory.textsOf(message).id, outcome: 'lost', error });
  }

  /** Marks the messages that are already done, and counts those that are unknown. */
  lookAtAll(): void {
    for (const message of this.inventory.messages) {
      if (message.unknown) {
        this.tally.unknown++;
        this.report?.({ message: this.inventory.textsOf(message).id, outcome: 'unknown', error: message.unknown });
      }
      this.look(message);
    }
  }

  private look(message: GivenUpMessage): void {
    const { open, missing, isLost, unknown, isRemoved } = message;
    const isMissing = missing > 0 && !(isLost && this.options.forgetLost);
    if (open === 0 && !isMissing && !unknown && !isRemoved && !this.options.dryRun && !this.options.write) {
      message.isRemoved = true;
      this.done.push(message);
    }
  }

  /** Deletes the messages that are done, each with its objects. */
  async flush(): Promise<void> {
    const done = this.done;
    this.done = [];
    try {
      // The object first: a message whose object is gone is done, and an object without a message would be forgotten.
      await together(CALLS_AT_ONCE, done, async (message) => {
        for (const { bucket, key } of this.inventory.textsOf(message).objects ?? []) {
          await this.ports.buckets.remove(bucket, key);
        }
      });
      // A renewal that is under way may name them, and SQS refuses those that are deleted.
      await this.keeping;
      await this.each(done, (handles) => this.ports.source.remove(handles));
      this.removed += done.length;
    } catch (error) {
      this.stays(done);
      throw error;
    }
  }

  /** Gives back everything, because it will be collected again. */
  async release(): Promise<void> {
    this.keeping = this.keeping.then(() => this.each(this.here(), (handles) => this.ports.source.giveBack(handles, 0)));
    await this.keeping;
  }

  /** Gives back everything that is not done. Returns why that failed, if it did: the messages then come back by themselves after a while. */
  async giveBack(): Promise<string | undefined> {
    this.stopKeeping();
    await this.keeping;
    this.stays(this.done);
    const now = this.ports.clock.now();
    const [atOnce, later] = [this.here().filter(({ restsUntil }) => restsUntil <= now), this.here().filter(({ restsUntil }) => restsUntil > now)];
    const rest = Math.max(0, ...later.map(({ restsUntil }) => Math.ceil((restsUntil - now) / 1000)));
    let problem: string | undefined;
    const failed = (error: Error) => problem = error.message;
    await this.each(atOnce, (handles) => this.ports.source.giveBack(handles, 0)).catch(failed);
    await this.each(later, (handles) => this.ports.source.giveBack(handles, rest)).catch(failed);
    return problem;
  }

  /** Takes back that these are removed: deleting them failed. */
  private stays(done: readonly GivenUpMessage[]): void {
    done.forEach((message) => message.isRemoved = false);
  }

  private here(): GivenUpMessage[] {
    return this.inventory.messages.filter(({ isRemoved }) => !isRemoved);
  }

  private async each(messages: readonly GivenUpMessage[], call: (handles: readonly string[]) => Promise<void>): Promise<void> {
    for (let from = 0; from < messages.length; from += MESSAGES_AT_ONCE) {
      await call(messages.slice(from, from + MESSAGES_AT_ONCE).map((message) => this.inventory.textsOf(message).handle));
    }
  }
}
