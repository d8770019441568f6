import { randomUUID } from 'node:crypto';
import { Aside } from './aside';
import { collect, type Collected, type Kinds } from './collect';
import { byFunction, type GivenUpMessage, type Group, Inventory, messagesOf, openOf, streamsOf } from './inventory';
import { findMappings, type MappingOf } from './mappings';
import type { BatchMessage } from './message';
import type { RedriveOptions } from './options';
import { readPointers } from './pointers';
import type { FunctionLimits, Ports } from './ports';
import { type Finding, readBatches } from './ranges';
import type { ReportLine } from './record-outcome';
import { RedriveRefused } from './refusals';
import { FunctionThrottled, mayKeep, sendGroup } from './send';
import { Settlement, type OutcomeCounts } from './settlement';
import { stoppable } from './stoppable';
import { judgeSuperseded, readItems } from './superseded';
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
  /** Messages whose records are not those that it is about: these stay. */
  readonly remarks: readonly string[];
  /** What else a person should know. Absent: nothing. */
  readonly notes?: readonly string[];
}

/** What became of everything. */
export interface Result {
  readonly tally: OutcomeCounts;
  readonly removed: number;
  readonly givenBack: number;
  /** How many messages are left at the source because of the limit. */
  readonly left: number;
  /** Why it stopped before everything was tried. */
  readonly stopped: string | undefined;
  /** Why messages could not be given back. Others get them when the visibility timeout is over. Absent: all were. */
  readonly notGivenBack?: string;
}

/** Who watches a redrive. */
export interface RedriveObserver {
  readonly report?: (line: ReportLine) => void;
  /** Called with how many messages others have, while it waits for these. */
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
 * @param stop nothing more is sent; invocations that are under way are waited for
 * @throws RedriveRefused, MessagesInFlight: nothing was invoked
 */
export async function redrive(ports: Ports, options: RedriveOptions, stop: AbortSignal, observer: RedriveObserver = {}): Promise<Result> {
  const inventory = new Inventory(ports.spool, options.functionArn);
  const settlement = new Settlement(ports, inventory, options, observer.report);
  const failure = new AbortController();
  settlement.startKeeping((error) => failure.abort(error));
  const ending = AbortSignal.any([stop, failure.signal]);
  let result: Result;
  let notGivenBack: string | undefined;
  try {
    result = await new Redrive(ports, options, ending, observer, inventory, settlement).run();
  } finally {
    notGivenBack = await settlement.giveBack();
  }
  failure.signal.throwIfAborted();
  return { ...result, ...(notGivenBack !== undefined && { notGivenBack }) };
}

class Redrive {
  private readonly lost: { readonly message: GivenUpMessage; readonly count: number; readonly text: string }[] = [];
  private readonly remarks: string[] = [];
  private readonly aside: Aside;
  private mappingOf!: MappingOf;

  constructor(
    private readonly ports: Ports, private readonly options: RedriveOptions, private readonly stop: AbortSignal,
    private readonly observer: RedriveObserver,
    private readonly inventory: Inventory, private readonly settlement: Settlement,
  ) {
    this.aside = new Aside(inventory, stop);
  }

  async run(): Promise<Result> {
    const { inventory, settlement, options, stop, aside } = this;
    const waiting = (others: number) => this.observer.waiting?.(others);
    const collected = await collect(this.ports, inventory, options, { stop, aside, waiting, release: () => settlement.release() });
    const prepared = await this.prepare(collected);
    if (prepared === undefined) {
      return this.result(collected.left, STOPPED);
    }
    const { overview, functions } = prepared;
    const isWanted = await this.observer.found?.(overview) ?? true;
    this.lost.forEach(({ message, count, text }) => settlement.lose(message, count, text));
    settlement.lookAtAll();
    let stopped: string | undefined;
    if (isWanted && !options.dryRun) {
      await settlement.flush();
      stopped = await this.send(functions, overview.sendable);
    }
    this.settleTheRest();
    return this.result(collected.left, stopped ?? (stop.aborted ? STOPPED : isWanted ? undefined : 'nobody wanted it'));
  }

  /** Reads and looks up everything that is needed before anything is sent. Undefined: it was asked to stop. */
  private async prepare(collected: Collected): Promise<{ overview: Overview; functions: ReadonlyMap<Group, FunctionLimits> } | undefined> {
    const { stop, inventory, aside } = this;
    try {
      stop.throwIfAborted();
      await this.read();
      const functions = await this.functions();
      if (aside.problem !== undefined && inventory.groups.size === 0 && this.lost.length === 0) {
        throw aside.problem;
      }
      this.holdInexact();
      const overview = await this.overview(collected);
      stop.throwIfAborted();
      return { overview, functions };
    } catch (error) {
      if (stop.aborted) {
        return undefined;
      }
      throw error;
    }
  }

  private result(left: number, stopped: string | undefined): Result {
    const { settlement: { tally, removed }, inventory } = this;
    return { tally, removed, givenBack: inventory.messages.length - removed, left, stopped };
  }

  /** Reads from the streams what the messages only point at. */
  private async read(): Promise<void> {
    const { ports, inventory, options, stop, aside } = this;
    this.mappingOf = await findMappings(ports.functions, inventory, options, aside, stop);
    await readBatches(ports, inventory, this.mappingOf, stop, (batch, message, finding) => this.found(batch, message, finding));
    await readPointers(ports, inventory, stop, ({ sequenceNumber }, message, found) => {
      if (typeof found === 'object') {
        aside.set([message], found.error);
      } else if (found === 'lost') {
        this.lose(message, 1, `the record ${sequenceNumber} of message ${inventory.textsOf(message).id} is lost: it was too large to be parked`);
      }
      message.isInexact ||= found === 'altered';
    });
    inventory.settle();
  }

  private found({ size, shardId }: BatchMessage, message: GivenUpMessage, finding: Finding): void {
    const idOf = () => this.inventory.textsOf(message).id;
    switch (finding.type) {
      case 'exact': return;
      case 'unreadable': this.aside.set([message], finding.error); return;
      case 'lost':
        this.lose(message, finding.lost, `${finding.lost} of ${size} records of message ${idOf()} are lost (numbers ${finding.from} to ${finding.to} of ${shardId})`);
        message.isInexact ||= finding.isInexact;
        return;
      case 'inexact':
        message.isInexact = true;
        if (finding.found < size) {
          message.missing += size - finding.found;
          this.remarks.push(`Message ${idOf()} is about ${size} records, but only ${finding.found} of its range pass the filter. `
            + 'The mapping had another filter then: give that one with --filter.');
        }
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
    for (const record of this.inventory.records()) {
      if (messagesOf(record).every(({ isInexact }) => isInexact)) {
        this.settlement.settle(record, 'inexact', 'the range of its batch holds other records, too');
      }
    }
  }

  /** The limits of the functions that are invoked. The records for one that can't be invoked are set aside. */
  private async functions(): Promise<Map<Group, FunctionLimits>> {
    const { ports, inventory, aside, stop } = this;
    const facts = new Map<Group, FunctionLimits>();
    if (this.options.write) {
      return facts;
    }
    for (const group of inventory.groups.values()) {
      for (const [functionArn, records] of byFunction(group)) {
        this.refuseWindow(group, functionArn);
        try {
          const { timeout } = await stoppable(stop, ports.functions.describe(functionArn));
          facts.set(group, { timeout: Math.max(timeout, facts.get(group)?.timeout ?? 0) });
        } catch (error) {
          aside.set(records.flatMap(messagesOf), error);
        }
      }
    }
    inventory.settle();
    return facts;
  }

  private refuseWindow(group: Group, functionArn: string): void {
    for (const streamArn of streamsOf(group)) {
      if ([...group.origins, functionArn].some((one) => this.mappingOf({ functionArn: one, streamArn }).hasWindow)) {
        throw new RedriveRefused(`The function ${functionArn} has a tumbling window on ${streamArn}. The state of a window can't be made again, `
          + 'so its records are not sent. Write them to a file with --to-file.');
      }
    }
  }

  private async overview({ kinds, left, oldest }: Collected): Promise<Overview> {
    const groups = [...this.inventory.groups.values()];
    const all = [...this.inventory.records()];
    const notes = this.notes();
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
      ways: groups.flatMap((group) => [...byFunction(group)].map(([functionArn, records]) => (
        { functionArn, tableArn: group.tableArn, records: records.length }
      ))),
      hoursLeft: Number.isFinite(keptFor) ? Math.max(0, keptFor / 3_600_000) : undefined,
      remarks: this.remarks,
      ...(notes.length > 0 && { notes }),
    };
  }

  private notes(): string[] {
    const reasons = [...this.aside.reasons].map(([reason, count]) => `${count} ${count === 1 ? 'message is' : 'messages are'} set aside as unknown. ${reason}`);
    const gaps = new Set<string>();
    for (const group of this.inventory.groups.values()) {
      for (const streamArn of streamsOf(group)) {
        for (const functionArn of group.origins) {
          const { gap } = this.mappingOf({ functionArn, streamArn });
          gaps.add(gap ? this.gapText(gap, `${functionArn} on ${streamArn}`) : '');
        }
      }
    }
    return [...reasons, ...gaps].filter((note) => note !== '');
  }

  private gapText(gap: 'mapping' | 'filter', of: string): string {
    if (gap === 'filter') {
      return `The filter of ${of} is encrypted, so it is not known. Give it with --filter.`;
    }
    return this.options.filters
      ? `There is no mapping of ${of}, so it is not known whether it had a window.`
      : `There is no mapping of ${of}, so it is not known whether it had a filter or a window. If it had a filter, give it with --filter.`;
  }

  private async countSuperseded(): Promise<number> {
    let count = 0;
    for (const { tableArn, lanes } of this.inventory.groups.values()) {
      const open = [...lanes.values()].filter((lane) => openOf(lane).length > 0);
      for (let from = 0; from < open.length && !this.stop.aborted; from += ITEMS_AT_ONCE) {
        const some = open.slice(from, from + ITEMS_AT_ONCE);
        const newest = some.map((lane) => this.inventory.record(openOf(lane).at(-1)!));
        const seen = await stoppable(this.stop, readItems(this.ports.tables, tableArn, newest));
        some.forEach((lane, index) => count += judgeSuperseded(newest[index], seen[index]) === undefined ? 0 : openOf(lane).length);
      }
    }
    return count;
  }

  /** Answers why it stopped early, if it did. */
  private async send(functions: ReadonlyMap<Group, FunctionLimits>, of: number): Promise<string | undefined> {
    const { ports, inventory, settlement, options, mappingOf, stop } = this;
    const settled = () => Object.values(settlement.tally).reduce((sum, count) => sum + count, 0);
    const before = settled();
    const run = randomUUID().slice(0, 8);
    const progress = () => stop.aborted || this.observer.progress?.(settled() - before, of);
    try {
      for (const group of inventory.groups.values()) {
        await sendGroup({ ports, inventory, settlement, options, mappingOf, run, stop, progress }, group, functions.get(group));
        if (!mayKeep(ports, functions.get(group)?.timeout)) {
          return TOO_LONG;
        }
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
    for (const record of this.inventory.records()) {
      if (record.outcome === undefined) {
        const { isClosed } = record.lane;
        this.settlement.settle(record, isClosed ? 'failed' : 'notTried', isClosed ? 'NotTried: an earlier record of its item is not done' : undefined);
      }
    }
  }
}

const ITEMS_AT_ONCE = 100;

const STOPPED = 'it was asked to stop';

const TOO_LONG = 'SQS hides messages from others for 12 hours at most, and this time is over. Run it again';
