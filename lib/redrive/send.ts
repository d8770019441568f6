import { readAnswer } from './answer';
import { groupedBy } from './grouped-by';
import { type GivenUpRecord, type Group, type Inventory, inOrder, isOfOneEvent, type Lane, messagesOf, openOf } from './inventory';
import { Line } from './line';
import type { MappingOf } from './mappings';
import type { RedriveOptions } from './options';
import type { FunctionLimits, Invoked, Ports } from './ports';
import type { RecordOutcome } from './record-outcome';
import { refreshed } from './refreshed';
import type { Settlement } from './settlement';
import { stoppable } from './stoppable';
import { canBeJudged, changedBetween, judgeSuperseded, readItems, type Seen } from './superseded';
import type { Redriven, SupersededPolicy } from '../stream/boundary';
import { EVENT_BYTES, type StreamRecord } from '../stream/record';

/** What sending needs beside the records. */
export interface Sending {
  readonly ports: Ports;
  readonly inventory: Inventory;
  readonly settlement: Settlement;
  readonly options: RedriveOptions;
  readonly mappingOf: MappingOf;
  /** Names this redrive to the function. */
  readonly run: string;
  /** Aborts when nothing more may be sent. */
  readonly stop: AbortSignal;
  /** Called when records have been settled. */
  readonly progress: () => void;
}

/** A record on its way to the function. */
interface Outgoing {
  readonly lane: Lane;
  /** The given up records that are done with it. */
  readonly settles: readonly GivenUpRecord[];
  readonly text: string;
  readonly bytes: number;
  readonly eventId: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly sequenceNumber: string;
  readonly isSuperseded: boolean;
  /** Its item's newest record in this redrive, and its item before the call. */
  readonly newest: StreamRecord;
  readonly seen: Seen;
  /** It was made from the present state of its item. */
  readonly isAnew: boolean;
}

/** Of an event, so that there is room for what is around the records. */
const PORTION_BYTES = 5.5 * 1024 * 1024;

/** How often a record is made again because its item has changed meanwhile. */
const MOST_REFRESHES = 20;

/** After this many refusals in a row, which take about a minute, the function is not tried again. */
const MOST_THROTTLES = 15;
/** Milliseconds. */
const SHORTEST_WAIT = 200;
const LONGEST_WAIT = 20_000;

/** A function that is throttled for so long that further tries are useless. */
export class FunctionThrottled extends Error {}

/** Whether others won't get the messages before an invocation that begins now has ended. */
export function mayKeep({ source, clock }: Ports, timeout = 0): boolean {
  return clock.now() + timeout < (source.keptUntil?.() ?? Infinity);
}

/** Sends the records of a group in the order of the stream, several events at once, but never two with the same item. */
export async function sendGroup(sending: Sending, group: Group, facts: FunctionLimits | undefined): Promise<void> {
  const { options, stop } = sending;
  const line = new Line(group.lanes.values());
  const sender = new Sender(sending, group, facts?.timeout ?? 0);
  const portion = { records: options.batchSize, bytes: PORTION_BYTES };
  const running = new Set<Promise<void>>();
  try {
    for (;;) {
      const taken = stop.aborted || !mayKeep(sending.ports, facts?.timeout) ? [] : line.take(portion);
      if (taken.length > 0) {
        const lanes = groupedBy(taken, ({ lane }) => lane);
        const sent: Promise<void> = sender.send(lanes).finally(() => {
          running.delete(sent);
          line.release(lanes.keys());
        });
        running.add(sent);
      }
      if (running.size === 0) {
        return;
      }
      if (running.size >= options.concurrency || taken.length === 0) {
        await Promise.race(running);
      }
    }
  } finally {
    await Promise.allSettled(running);
  }
}

/** Sends records of a group, and settles them. */
class Sender {
  private refreshes = 0;

  constructor(private readonly sending: Sending, private readonly group: Group, private readonly timeout: number) {}

  async send(lanes: ReadonlyMap<Lane, GivenUpRecord[]>): Promise<void> {
    const { inventory, ports, settlement, progress, stop } = this.sending;
    const all = [...lanes];
    const newest = all.map(([lane]) => inventory.record(newestOf(lane)));
    const seen = await readItems(ports.tables, this.group.tableArn, newest);
    if (stop.aborted) {
      return;
    }
    let outgoing = all.flatMap(([lane, records], index) => this.prepare(lane, records, newest[index], seen[index]));
    for (let round = 1; outgoing.length > 0; round++) {
      outgoing = await this.invokeAndCheck(outgoing.sort(inOrder), round);
    }
    await settlement.flush();
    progress();
  }

  /** What is sent of a lane. The rest of it is settled without a call, or stays. */
  private prepare(lane: Lane, records: readonly GivenUpRecord[], newest: StreamRecord, seen: Seen): Outgoing[] {
    const reason = judgeSuperseded(newest, seen);
    switch (reason === undefined ? 'send' : this.policyFor(newest, seen)) {
      case 'send': return records.map((record) => this.outgoing(lane, record, newest, seen, reason !== undefined));
      case 'hold': this.close(lane, 'held', reason); return [];
      case 'skip': this.close(lane, 'skipped', reason); return [];
      case 'refresh': return this.refresh(lane, newest, seen, reason!);
    }
  }

  /** A file harms nobody. And only what the trigger has surely gone beyond may be skipped. */
  private policyFor(newest: StreamRecord, seen: Seen): SupersededPolicy {
    const { superseded, write } = this.sending.options;
    return write ? 'send' : superseded === 'skip' && !canBeJudged(newest, seen) ? 'hold' : superseded;
  }

  private outgoing(lane: Lane, record: GivenUpRecord, newest: StreamRecord, seen: Seen, isSuperseded: boolean): Outgoing {
    const text = this.sending.inventory.recordText(record);
    const eventId = isSuperseded ? JSON.parse(text).eventID ?? '' : '';
    const { bytes, functionArn, streamArn, sequenceNumber } = record;
    return { lane, settles: [record], text, bytes, eventId, functionArn, streamArn, sequenceNumber, isSuperseded, newest, seen, isAnew: false };
  }

  private refresh(lane: Lane, newest: StreamRecord, seen: Seen, reason: string): Outgoing[] {
    const made = this.madeAnew(lane, newest, seen);
    if (typeof made === 'string') {
      this.close(lane, 'held', `${reason}. ${made}`);
      return [];
    }
    return [made];
  }

  /** A record made from the item as it is. It stands for all records of the item that are left. Or why there is none. */
  private madeAnew(lane: Lane, newest: StreamRecord, seen: Seen): Outgoing | string {
    const { run, mappingOf } = this.sending;
    const record = 'problem' in seen ? undefined : refreshed(newest, seen.item, `refreshed-${run}-${++this.refreshes}`);
    if (record === undefined) {
      return 'No record can be made from it';
    }
    const { functionArn, streamArn, sequenceNumber } = newestOf(lane);
    if (![...this.group.origins].some((origin) => mappingOf({ functionArn: origin, streamArn }).passes(record))) {
      return 'In its present state, it does not pass the filter';
    }
    lane.isClosed = true;
    const text = JSON.stringify(record);
    const bytes = Buffer.byteLength(text);
    const eventId = record.eventID!;
    const settles = openOf(lane);
    return { lane, settles, text, bytes, eventId, functionArn, streamArn, sequenceNumber, isSuperseded: false, newest, seen, isAnew: true };
  }

  /** Answers what must be sent again, because it changed meanwhile. */
  private async invokeAndCheck(outgoing: readonly Outgoing[], round: number): Promise<Outgoing[]> {
    const done: Outgoing[] = [];
    for (const event of eventsOf(outgoing, this.sending.options.batchSize)) {
      // If an earlier event failed for an item, its later records are not sent.
      const sendable = event.filter(({ lane, isAnew }) => isAnew || !lane.isClosed);
      const sent = sendable.length > 0 && !this.sending.stop.aborted ? await this.invoke(sendable) : undefined;
      if (sent) {
        done.push(...sent);
      } else {
        // Those of a later round were sent, and have changed since.
        sendable.filter(({ isAnew }) => isAnew).forEach((one) => this.settleAll(one, round > 1 ? 'overtaken' : 'notTried'));
      }
    }
    if (this.sending.options.write) {
      done.forEach((one) => this.settleAll(one, 'written'));
      return [];
    }
    const byLane = [...groupedBy(done, ({ lane }) => lane).values()];
    const seen = await readItems(this.sending.ports.tables, this.group.tableArn, byLane.map(([{ newest }]) => newest));
    return byLane.flatMap((ofLane, index) => {
      const [{ lane, newest, seen: before }] = ofLane;
      const isChanged = changedBetween(before, seen[index]);
      const mayRefresh = this.sending.options.superseded === 'refresh' && round < MOST_REFRESHES && !this.sending.stop.aborted;
      const again = isChanged && mayRefresh && this.madeAnew(lane, newest, seen[index]);
      if (typeof again === 'object') {
        return [again];
      }
      ofLane.forEach((one) => this.settleAll(one, isChanged ? 'overtaken' : 'done'));
      return [];
    });
  }

  /** Answers what is done. All else is settled. Undefined: it was not sent, because it was asked to stop. */
  private async invoke(event: readonly Outgoing[]): Promise<Outgoing[] | undefined> {
    const { options } = this.sending;
    const text = this.eventText(event);
    if (options.write) {
      options.write(text);
      return [...event];
    }
    if (Buffer.byteLength(text) > EVENT_BYTES) {
      this.fail(event, 'tooLarge', 'its event is larger than the 6 MB that Lambda takes');
      return [];
    }
    const invoked = await this.invokePersistently(event[0].functionArn, text);
    switch (invoked?.type) {
      case undefined: return undefined;
      case 'answer': {
        const answers = readAnswer(invoked.response, event);
        event.forEach((one, index) => answers[index] && this.fail([one], 'failed', `${answers[index].name}: ${answers[index].message}`));
        return event.filter((_, index) => answers[index] === undefined);
      }
      case 'error': this.fail(event, 'failed', `${invoked.name}: ${invoked.message}`); return [];
      case 'tooLarge': this.fail(event, 'tooLarge', 'its event is larger than the 6 MB that Lambda takes'); return [];
      case 'noAnswer': {
        const until = this.sending.ports.clock.now() + this.timeout;
        event.flatMap(({ settles }) => settles).flatMap(messagesOf).forEach((message) => message.restsUntil = until);
        this.fail(event, 'failed', `no answer, so it may still be running: ${invoked.message}`);
        return [];
      }
    }
  }

  private eventText(event: readonly Outgoing[]): string {
    const records = `"Records":[${event.map(({ text }) => text).join(',')}]`;
    if (this.sending.options.write) {
      return `{${records}}`;
    }
    const superseded = event.filter(({ isSuperseded }) => isSuperseded).map(({ eventId }) => eventId);
    const redriven: Redriven = { v: 1, run: this.sending.run, superseded };
    return `{${records},"redriven":${JSON.stringify(redriven)}}`;
  }

  /** A refusal does not count as an attempt. Undefined: it was not invoked before it was asked to stop. */
  private async invokePersistently(functionArn: string, event: string): Promise<Exclude<Invoked, { type: 'throttled' }> | undefined> {
    const { ports: { functions, clock }, stop } = this.sending;
    for (let refusals = 1; ; refusals++) {
      const invoked = await functions.invoke(functionArn, event, this.timeout);
      if (invoked.type !== 'throttled') {
        return invoked;
      }
      if (refusals === MOST_THROTTLES) {
        throw new FunctionThrottled(`The function ${functionArn} was not invoked, ${refusals} times in a row: ${invoked.message.replace(/\.$/, '')}. `
          + (invoked.isReserved ? 'Its reserved concurrency is used up, or is 0: raise it, or wait' : 'The concurrency of the account is used up: wait'));
      }
      await stoppable(stop, clock.wait(clock.random() * Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** refusals))).catch(() => {});
      if (stop.aborted) {
        return undefined;
      }
    }
  }

  private settleAll({ settles }: Outgoing, outcome: RecordOutcome): void {
    settles.filter((record) => !record.outcome).forEach((record) => this.sending.settlement.settle(record, outcome));
  }

  /** What comes after a record that is not done is not tried. */
  private fail(event: readonly Outgoing[], outcome: RecordOutcome, error: string): void {
    for (const { lane, settles } of event) {
      settles.filter((record) => !record.outcome).forEach((record) => this.sending.settlement.settle(record, outcome, error));
      lane.isClosed = true;
    }
  }

  /** All that is left of a lane has this outcome. */
  private close(lane: Lane, outcome: RecordOutcome, reason: string | undefined): void {
    lane.isClosed = true;
    openOf(lane).forEach((record) => this.sending.settlement.settle(record, outcome, reason));
  }
}

/** The newest record of a lane that may be sent. */
function newestOf(lane: Lane): GivenUpRecord {
  return openOf(lane).at(-1)!;
}

/** As many records in each as go into an event. */
function eventsOf(outgoing: readonly Outgoing[], most: number): Outgoing[][] {
  const events: Outgoing[][] = [];
  let bytes = Infinity;
  for (const one of outgoing) {
    const event = events.at(-1);
    if (bytes + one.bytes > PORTION_BYTES || event!.length === most || !isOfOneEvent(event![0], one)) {
      events.push([]);
      bytes = 0;
    }
    events.at(-1)!.push(one);
    bytes += one.bytes + 1;
  }
  return events;
}
