import { createHash } from 'node:crypto';
import { groupedBy } from './grouped-by';
import { type BatchMessage, type ObjectName, type Origin, type PointerMessage, unqualified } from './message';
import type { SpoolPlace, Spool } from './ports';
import type { RecordOutcome } from './record-outcome';
import { itemKey } from '../stream/item-key';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A message. Texts are in the spool: there may be 100,000 of them. */
export interface GivenUpMessage extends SpoolPlace {
  /** How many of its records are neither done nor skipped. */
  open: number;
  /** How many of its records were not found: they are gone, or it is not known which they were. */
  missing: number;
  /** Whether its missing records are gone for good. */
  isLost: boolean;
  /** Whether more records were found than the batch had, or fewer. */
  isInexact: boolean;
  /** Why it can't be read. Undefined: it can. */
  unknown: string | undefined;
  isRemoved: boolean;
  /** A function may still be at work with its records until then, in milliseconds since the epoch. */
  restsUntil: number;
}

/** What the spool keeps of a message. */
export interface MessageTexts {
  readonly id: string;
  readonly handle: string;
  readonly objects?: readonly ObjectName[];
}

/** A record, with the messages that wait for it. */
export interface GivenUpRecord extends SpoolPlace {
  readonly lane: Lane;
  /** What is invoked with it. */
  readonly functionArn: string;
  readonly streamArn: string;
  readonly sequenceNumber: string;
  messages: GivenUpMessage | GivenUpMessage[];
  outcome: RecordOutcome | undefined;
}

/** The records of an item. */
export interface Lane {
  readonly group: Group;
  records: GivenUpRecord[];
  /** Some of its records are in an invocation. */
  isBusy: boolean;
  /** No further record of it is sent. */
  isClosed: boolean;
}

/**
 * What is redriven to one function from one table. Its messages may name several aliases and versions of it: these write to the same place, so
 * the records of an item go out in one order.
 */
export interface Group {
  readonly tableArn: string;
  /** The functions that gave it up. */
  readonly origins: Set<string>;
  readonly lanes: Map<string, Lane>;
}

/** A batch or a record that must be read from the stream. */
export interface Request<M extends BatchMessage | PointerMessage> {
  readonly message: GivenUpMessage;
  readonly wanted: M;
  /** What to take if the stream no longer has it: the record without an image. */
  readonly instead?: StreamRecord;
  /** The sequence numbers of those records of a batch that the message holds itself. */
  readonly held?: ReadonlySet<string>;
}

/** What was given up: messages, their records, and what must still be read from a stream. */
export class Inventory {
  readonly messages: GivenUpMessage[] = [];
  readonly groups = new Map<string, Group>();
  batches: Request<BatchMessage>[] = [];
  pointers: Request<PointerMessage>[] = [];
  private readonly streamArns = new Set<string>();
  /** Each text once that many messages have in common. */
  private readonly texts = new Map<string, string>();

  /** @param functionArn stands for every function that a message names */
  constructor(private readonly spool: Spool, private readonly functionArn?: string) {}

  addMessage(texts: MessageTexts): GivenUpMessage {
    const { at, bytes } = this.spool.append(JSON.stringify(texts));
    const message: GivenUpMessage = {
      at, bytes, open: 0, missing: 0, isLost: false, isInexact: false, unknown: undefined, isRemoved: false, restsUntil: 0,
    };
    this.messages.push(message);
    return message;
  }

  /** The message stays. Records that no other message is about are not sent. */
  setUnknown(message: GivenUpMessage, reason: string): void {
    message.unknown = reason;
  }

  /** A message came again. That is rare, so it is looked for. */
  setHandle(id: string, handle: string): void {
    for (const message of this.messages) {
      const texts = this.textsOf(message);
      if (texts.id === id) {
        Object.assign(message, this.spool.append(JSON.stringify({ ...texts, handle })));
        return;
      }
    }
  }

  textsOf(message: GivenUpMessage): MessageTexts {
    return JSON.parse(this.spool.read(message));
  }

  addRecord(messages: GivenUpMessage[], { functionArn, streamArn }: Origin, record: StreamRecord): void {
    const { at, bytes } = this.spool.append(JSON.stringify(record));
    const invoked = this.functionArn ?? functionArn;
    const group = this.groupOf(invoked, functionArn, streamArn);
    const key = shortKey(record);
    const lane = group.lanes.get(key) ?? { group, records: [], isBusy: false, isClosed: false };
    const added: GivenUpRecord = {
      at, bytes, lane, functionArn: this.shared(invoked), streamArn: this.shared(streamArn), sequenceNumber: record.dynamodb!.SequenceNumber!,
      messages: messages.length === 1 ? messages[0] : messages, outcome: undefined,
    };
    if (lane.records.length > 0) {
      lane.records.push(added);
    } else {
      // A list that is made with its element has room for no more: most items have one record.
      lane.records = [added];
      group.lanes.set(key, lane);
    }
    messages.forEach((message) => message.open++);
  }

  /** Adds a batch whose records must be read from the stream. */
  addBatch(message: GivenUpMessage, batch: BatchMessage, held: ReadonlySet<string>): void {
    const { kind, first, last, size, firstWritten, lastWritten, givenUp } = batch;
    const [functionArn, streamArn, shardId] = [batch.functionArn, batch.streamArn, batch.shardId].map((text) => this.shared(text));
    // Property by property: a copy that is spread takes twice the memory.
    const wanted = { kind, functionArn, streamArn, shardId, first, last, size, firstWritten, lastWritten, givenUp };
    this.batches.push({ message, wanted, held: held.size > 0 ? held : undefined });
  }

  recordText(record: SpoolPlace): string {
    return this.spool.read(record);
  }

  record(record: SpoolPlace): StreamRecord {
    return JSON.parse(this.spool.read(record));
  }

  /** The streams of everything in it. */
  streams(): Set<string> {
    const requests = [...this.batches, ...this.pointers].map(({ wanted }) => wanted.streamArn);
    return new Set([...requests, ...this.streamArns]);
  }

  /** The messages that are about records of a stream. */
  * messagesOfStream(streamArn: string): Generator<GivenUpMessage> {
    for (const { message, wanted } of [...this.batches, ...this.pointers]) {
      if (wanted.streamArn === streamArn) {
        yield message;
      }
    }
    for (const record of this.records()) {
      if (record.streamArn === streamArn) {
        yield* messagesOf(record);
      }
    }
  }

  * records(): Generator<GivenUpRecord> {
    for (const group of this.groups.values()) {
      yield* recordsOf(group);
    }
  }

  /** All lanes, each with its records in order and each record once, without those that only unknown messages are about. */
  settle(): void {
    for (const [name, { lanes }] of this.groups) {
      for (const [key, lane] of lanes) {
        lane.records = merged(lane.records.filter((record) => !isOfUnknown(record)).sort(inOrder));
        if (lane.records.length === 0) {
          lanes.delete(key);
        }
      }
      if (lanes.size === 0) {
        this.groups.delete(name);
      }
    }
  }

  /** Everything has been given back, and comes again. */
  clear(): void {
    this.messages.length = 0;
    this.groups.clear();
    this.batches = [];
    this.pointers = [];
    this.streamArns.clear();
    this.spool.clear();
  }

  private groupOf(functionArn: string, origin: string, streamArn: string): Group {
    const tableArn = tableOf(streamArn);
    const name = `${unqualified(functionArn)} ${tableArn}`;
    const group = this.groups.get(name) ?? { tableArn, origins: new Set<string>(), lanes: new Map() };
    this.groups.set(name, group);
    group.origins.add(origin);
    this.streamArns.add(streamArn);
    return group;
  }

  private shared(text: string): string {
    const shared = this.texts.get(text) ?? text;
    this.texts.set(shared, shared);
    return shared;
  }
}

/** The order of the records of a table. A stream's name begins with the time when it was switched on. */
export function inOrder(a: Pick<GivenUpRecord, 'streamArn' | 'sequenceNumber'>, b: Pick<GivenUpRecord, 'streamArn' | 'sequenceNumber'>): number {
  return a.streamArn === b.streamArn ? compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) : a.streamArn < b.streamArn ? -1 : 1;
}

/** An event has records of one stream, and goes to one function. */
export function isOfOneEvent(a: Pick<GivenUpRecord, 'functionArn' | 'streamArn'>, b: Pick<GivenUpRecord, 'functionArn' | 'streamArn'>): boolean {
  return a.streamArn === b.streamArn && a.functionArn === b.functionArn;
}

function* recordsOf({ lanes }: Group): Generator<GivenUpRecord> {
  for (const { records } of lanes.values()) {
    yield* records;
  }
}

/** A group's records by the function, alias or version that is invoked with them. */
export function byFunction(group: Group): Map<string, GivenUpRecord[]> {
  return groupedBy([...recordsOf(group)], ({ functionArn }) => functionArn);
}

/** The streams that a group's records are from. */
export function streamsOf(group: Group): Set<string> {
  return new Set([...recordsOf(group)].map(({ streamArn }) => streamArn));
}

export function tableOf(streamArn: string): string {
  return streamArn.replace(/\/stream\/.*/, '');
}

export function messagesOf({ messages }: GivenUpRecord): readonly GivenUpMessage[] {
  return Array.isArray(messages) ? messages : [messages];
}

/** The records of a lane that have no outcome yet. */
export function openOf(lane: Lane): GivenUpRecord[] {
  return lane.records.filter(({ outcome }) => outcome === undefined);
}

/** Each record once, also if it came several times. All of its messages wait for that one. */
function merged(records: readonly GivenUpRecord[]): GivenUpRecord[] {
  const kept: GivenUpRecord[] = [];
  for (const record of records) {
    const last = kept.at(-1);
    if (last === undefined || inOrder(last, record) !== 0) {
      kept.push(record);
      continue;
    }
    const waiting = new Set(messagesOf(last));
    for (const message of messagesOf(record)) {
      // One that names the record twice waits for it once.
      message.open -= Number(waiting.has(message));
      waiting.add(message);
    }
    last.messages = [...waiting];
  }
  return kept;
}

function isOfUnknown(record: GivenUpRecord): boolean {
  return messagesOf(record).every(({ unknown }) => unknown !== undefined);
}

/** Keys may take 3 kB, and there may be as many as messages. */
function shortKey(record: StreamRecord): string {
  const key = itemKey(record.dynamodb!.Keys!);
  return key.length <= 16 ? key : createHash('sha256').update(key).digest().toString('latin1', 0, 16);
}
