import { createHash } from 'node:crypto';
import type { BatchMessage, ObjectName, Origin, PointerMessage } from './message';
import type { Outcome } from './outcome';
import type { Place, Spool } from './ports';
import { itemKey } from '../stream/item-key';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A message. Texts are in the spool: there may be 100,000 of them. */
export interface GivenUpMessage extends Place {
  /** How many of its records are neither done nor skipped. */
  open: number;
  /** How many of its records were not found: they are gone, or it is not known which they were. */
  missing: number;
  /** Those that are missing are gone. */
  isLost: boolean;
  /** More records were found than the batch had, or fewer. */
  isInexact: boolean;
  /** It can't be read. */
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
export interface GivenUpRecord extends Place {
  readonly lane: Lane;
  readonly streamArn: string;
  readonly sequenceNumber: string;
  messages: GivenUpMessage | GivenUpMessage[];
  outcome: Outcome | undefined;
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

/** What is redriven to one function from one table. */
export interface Group {
  readonly functionArn: string;
  readonly tableArn: string;
  /** The functions that gave it up. */
  readonly origins: Set<string>;
  readonly lanes: Map<string, Lane>;
}

/** A batch or a record that is to be read from the stream. */
export interface Request<M extends BatchMessage | PointerMessage> {
  readonly message: GivenUpMessage;
  readonly wanted: M;
  /** What to take if the stream does not have it any more: the record without an image. */
  readonly instead?: StreamRecord;
}

/** What was given up: messages, their records, and what of it is still to be read from a stream. */
export class Inventory {
  readonly messages: GivenUpMessage[] = [];
  readonly groups = new Map<string, Group>();
  batches: Request<BatchMessage>[] = [];
  pointers: Request<PointerMessage>[] = [];
  private readonly streamArns = new Set<string>();

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

  textsOf(message: GivenUpMessage): MessageTexts {
    return JSON.parse(this.spool.read(message));
  }

  addRecord(messages: GivenUpMessage[], { functionArn, streamArn }: Origin, record: StreamRecord): void {
    const { at, bytes } = this.spool.append(JSON.stringify(record));
    const lane = this.laneOf(functionArn, streamArn, record);
    const sequenceNumber = record.dynamodb!.SequenceNumber!;
    lane.records.push({ at, bytes, lane, streamArn, sequenceNumber, messages: messages.length === 1 ? messages[0] : messages, outcome: undefined });
    messages.forEach((message) => message.open++);
  }

  recordText(record: Place): string {
    return this.spool.read(record);
  }

  record(record: Place): StreamRecord {
    return JSON.parse(this.spool.read(record));
  }

  /** The streams of everything in it. */
  streams(): Set<string> {
    const requests = [...this.batches, ...this.pointers].map(({ wanted }) => wanted.streamArn);
    return new Set([...requests, ...this.streamArns]);
  }

  /** All lanes, each with its records in order and each record once. */
  settle(): void {
    for (const { lanes } of this.groups.values()) {
      for (const lane of lanes.values()) {
        if (lane.records.length > 1) {
          lane.records = merged(lane.records.sort(inOrder));
        }
      }
    }
  }

  private laneOf(origin: string, streamArn: string, record: StreamRecord): Lane {
    const [functionArn, tableArn] = [this.functionArn ?? origin, tableOf(streamArn)];
    const group = found(this.groups, `${functionArn} ${tableArn}`, () => ({ functionArn, tableArn, origins: new Set<string>(), lanes: new Map() }));
    group.origins.add(origin);
    this.streamArns.add(streamArn);
    return found(group.lanes, shortKey(record), () => ({ group, records: [], isBusy: false, isClosed: false }));
  }
}

/** The order of the records of a table. A stream's name begins with the time when it was switched on. */
export function inOrder(a: Pick<GivenUpRecord, 'streamArn' | 'sequenceNumber'>, b: Pick<GivenUpRecord, 'streamArn' | 'sequenceNumber'>): number {
  return a.streamArn === b.streamArn ? compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) : a.streamArn < b.streamArn ? -1 : 1;
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

/** Of records that came several times, one that all messages wait for. */
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

/** Keys may take 3 kB, and there may be as many as messages. */
function shortKey(record: StreamRecord): string {
  const key = itemKey(record.dynamodb!.Keys!);
  return key.length <= 24 ? key : createHash('sha256').update(key).digest('base64').slice(0, 32);
}

function found<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
