import { randomUUID } from 'node:crypto';
import { collect, type Kinds } from './collect';
import { type GivenUpMessage, type GivenUpRecord, type Group, Inventory, type Lane, messagesOf, openOf } from './inventory';
import { findMappings, type MappingOf } from './mappings';
import type { BatchMessage } from './message';
import type { RedriveOptions } from './options';
import type { ReportLine } from './outcome';
import { readPointers } from './pointers';
import type { FunctionFacts, Ports } from './ports';
import { type Finding, readBatches } from './ranges';
import { RedriveRefused } from './refusals';
import { FunctionThrottled, sendGroup } from './send';
import { Settlement, type Tally } from './settlement';
import { judge, readItems } from './superseded';
import { STREAM_RETENTION } from '../stream/shard';

/** What a redrive has found, before anything is sent. */
export interface Overview {
  readonly kinds: Kinds;
  readonly messages: number;
  /** How many messages are left at the source because of the limit. */
  readonly left: number;
  readonly records: number;
  readonly items: number;
  /** How many records may be sent. */
  readonly sendable: number;
  /** How many records only the range of a batch is known of, and how many are gone. */
  readonly inexact: number;
  readonly lost: number;
  /** How many records have an item that has changed since. */
  readonly superseded: number;
  /** What goes to which function from which table. */
  readonly ways: readonly { readonly functionArn: string; readonly tableArn: string; readonly records: number }[];
  /** Hours until the stream drops the first record that only it has. Undefined: there is none. */
  readonly hoursLeft: number | undefined;
  /** What a person should know. */
  readonly remarks: readonly string[];
}

/** What became of everything. */
export interface Result {
  readonly tally: Tally;
  readonly removed: number;
  readonly givenBack: number;
  /** How many messages are left at the source because of the limit. */
  readonly left: number;
  /** Why it stopped before everything was tried. */
  readonly stopped: string | undefined;
}

/** Who watches a redrive. */
export interface Observer {
  readonly report?: (line: ReportLine) => void;
  /** Others have so many messages, which are waited for. */
  readonly waiting?: (others: number) => void;
  /** Everything has been read. Nothing is sent where it answers false. */
  readonly found?: (overview: Overview) => Promise<boolean> | boolean;
  /** So many records have been settled, of those that may be sent. */
  readonly progress?: (settled: number, of: number) => void;
}

/**
 * Brings back what is on a failure destination: collects all messages, reads their records, sends those that may be sent to their function,
 * deletes the messages that are done, and gives all others back, whatever happens.
 *
 * @param stop nothing further is sent; invocations that are under way are waited for
 * @throws RedriveRefused, MessagesInFlight: nothing was invoked
 */
export async function redrive(ports: Ports, options: RedriveOptions, stop: AbortSignal, observer: Observer = {}): Promise<Result> {
  const inventory = new Inventory(ports.spool, options.functionArn);
  const settlement = new Settlement(ports, inventory, options, observer.report);
  const failure = new AbortController();
  settlement.startKeeping((error) => failure.abort(error));
  const ending = AbortSignal.any([stop, failure.signal]);
  let result: Result | undefined;
  try {
    result = await new Redrive(ports, options, ending, observer, inventory, settlement).run();
  } finally {
    await settlement.giveBack();
  }
  failure.signal.throwIfAborted();
  return result;
}

class Redrive {
  private readonly lost: { readonly message: GivenUpMessage; readonly count: number; readonly text: string }[] = [];
  private readonly remarks: string[] = [];
  private mappingOf!: MappingOf;

  constructor(
    private readonly ports: Ports, private readonly options: RedriveOptions, private readonly stop: AbortSignal, private readonly observer: Observer,
    private readonly inventory: Inventory, private readonly settlement: Settlement,
  ) {}

  async run(): Promise<Result> {
    const { inventory, settlement, options } = this;
    const collected = await collect(this.ports, inventory, options, this.stop, (others) => this.observer.waiting?.(others));
    if (this.stop.aborted) {
      return this.result(collected.left, STOPPED);
    }
    try {
      await this.read();
    } catch (error) {
      if (this.stop.aborted && error === this.stop.reason) {
        return this.result(collected.left, STOPPED);
      }
      throw error;
    }
    const functions = await this.functions();
    const overview = await this.overview(collected);
    const isWanted = await this.observer.found?.(overview) ?? true;
    this.lost.forEach(({ message, count, text }) => settlement.lose(message, count, text));
    settlement.lookAtAll();
    let stopped: string | undefined;
    if (isWanted && !options.dryRun) {
      await settlement.flush();
      stopped = await this.send(functions, overview.sendable);
    }
    this.settleTheRest();
    return this.result(collected.left, stopped ?? (this.stop.aborted ? STOPPED : isWanted ? undefined : 'nobody wanted it'));
  }

  private result(left: number, stopped: string | undefined): Result {
    const { settlement: { tally, removed }, inventory } = this;
    return { tally, removed, givenBack: inventory.messages.length - removed, left, stopped };
  }

  /** Reads from the streams what the messages only point at. */
  private async read(): Promise<void> {
    this.mappingOf = await findMappings(this.ports.functions, this.inventory, this.options);
    await readBatches(this.ports, this.inventory, this.mappingOf, this.stop, (batch, message, finding) => this.found(batch, message, finding));
    await readPointers(this.ports, this.inventory, ({ sequenceNumber }, message, found) => {
      if (found === 'lost') {
        this.lose(message, 1, `the record ${sequenceNumber} of message ${this.inventory.textsOf(message).id} is lost: it was too large to be parked`);
      }
      message.isInexact ||= found === 'altered';
    });
    this.inventory.settle();
    this.holdInexact();
  }

  private found({ size, shardId }: BatchMessage, message: GivenUpMessage, finding: Finding): void {
    if (finding.type === 'lost') {
      const { lost, from, to } = finding;
      this.lose(message, lost, `${lost} of ${size} records of message ${this.inventory.textsOf(message).id} are lost (numbers ${from} to ${to} of ${shardId})`);
    }
    message.isInexact ||= finding.type === 'inexact' || (finding.type === 'lost' && finding.isInexact);
    if (finding.type === 'inexact' && finding.found < size) {
      message.missing += size - finding.found;
      this.remarks.push(`Message ${this.inventory.textsOf(message).id} is about ${size} records, but only ${finding.found} of its range pass the filter. `
        + 'The filter was another one: give it with --filter.');
    }
  }

  private lose(message: GivenUpMessage, count: number, text: string): void {
    message.missing += count;
    message.isLost = true;
    this.lost.push({ message, count, text });
  }

  /** Records that no exact message names. */
  private holdInexact(): void {
    if (this.options.inexact === 'send') {
      return;
    }
    for (const record of this.records()) {
      if (messagesOf(record).every(({ isInexact }) => isInexact)) {
        this.settlement.settle(record, 'inexact', 'the range of its batch holds other records, too');
      }
    }
  }

  /** What of the functions is needed, if they are invoked. */
  private async functions(): Promise<Map<Group, FunctionFacts>> {
    const facts = new Map<Group, FunctionFacts>();
    if (this.options.write) {
      return facts;
    }
    for (const group of this.inventory.groups.values()) {
      facts.set(group, await this.ports.functions.describe(group.functionArn));
      for (const streamArn of this.inventory.streams()) {
        if ([...group.origins, group.functionArn].some((functionArn) => this.mappingOf({ functionArn, streamArn }).hasWindow)) {
          throw new RedriveRefused(`The function ${group.functionArn} has a tumbling window on ${streamArn}. The state of a window can't be made again, `
            + 'so its records are not sent. Write them to a file with --to-file.');
        }
      }
    }
    return facts;
  }

  private async overview({ kinds, left, oldest }: Awaited<ReturnType<typeof collect>>): Promise<Overview> {
    const groups = [...this.inventory.groups.values()];
    const all = [...this.records()];
    const { inexact } = this.settlement.tally;
    const keptFor = oldest + STREAM_RETENTION * 1000 - this.ports.clock.now();
    return {
      kinds,
      messages: this.inventory.messages.length,
      left,
      records: all.length,
      items: groups.reduce((sum, { lanes }) => sum + lanes.size, 0),
      sendable: all.length - inexact,
      inexact,
      lost: this.lost.reduce((sum, { count }) => sum + count, 0),
      superseded: await this.countSuperseded(),
      ways: groups.map(({ functionArn, tableArn, lanes }) => ({
        functionArn, tableArn, records: [...lanes.values()].reduce((sum, { records }) => sum + records.length, 0),
      })),
      hoursLeft: Number.isFinite(keptFor) ? Math.max(0, keptFor / 3_600_000) : undefined,
      remarks: this.remarks,
    };
  }

  private async countSuperseded(): Promise<number> {
    let count = 0;
    for (const { tableArn, lanes } of this.inventory.groups.values()) {
      const open = [...lanes.values()].filter((lane) => openOf(lane).length > 0);
      for (let from = 0; from < open.length && !this.stop.aborted; from += ITEMS_AT_ONCE) {
        const some = open.slice(from, from + ITEMS_AT_ONCE);
        const newest = some.map((lane) => this.inventory.record(openOf(lane).at(-1)!));
        const seen = await readItems(this.ports.tables, tableArn, newest);
        some.forEach((lane, index) => count += judge(newest[index], seen[index]) === undefined ? 0 : openOf(lane).length);
      }
    }
    return count;
  }

  /** Answers why it stopped early, if it did. */
  private async send(functions: ReadonlyMap<Group, FunctionFacts>, of: number): Promise<string | undefined> {
    const { ports, inventory, settlement, options, mappingOf, stop } = this;
    const settled = () => Object.values(settlement.tally).reduce((sum, count) => sum + count, 0);
    const before = settled();
    const run = randomUUID().slice(0, 8);
    const progress = () => this.observer.progress?.(settled() - before, of);
    try {
      for (const group of inventory.groups.values()) {
        await sendGroup({ ports, inventory, settlement, options, mappingOf, run, stop, progress }, group, functions.get(group));
      }
    } catch (error) {
      if (!(error instanceof FunctionThrottled)) {
        throw error;
      }
      return error.message;
    } finally {
      await settlement.flush();
    }
    return undefined;
  }

  /** Records that were not sent. */
  private settleTheRest(): void {
    for (const record of this.records()) {
      if (record.outcome === undefined) {
        const { isClosed } = record.lane;
        this.settlement.settle(record, isClosed ? 'failed' : 'notTried', isClosed ? 'NotTried: an earlier record of its item is not done' : undefined);
      }
    }
  }

  private* records(): Generator<GivenUpRecord> {
    for (const { lanes } of this.inventory.groups.values()) {
      for (const { records } of lanes.values() as Iterable<Lane>) {
        yield* records;
      }
    }
  }
}

const ITEMS_AT_ONCE = 100;

const STOPPED = 'it was asked to stop';
