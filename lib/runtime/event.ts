import { InvalidEventError } from './errors';
import { expected } from './expected';
import { itemKey } from '../stream/item-key';
import { type EventName, EVENT_NAMES, type StreamChange, type StreamEvent, type StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** Whether the event belongs to a tumbling window. */
export function isWindow(event: unknown): boolean {
  return !!(event as { window?: unknown } | undefined)?.window;
}

/**
 * The records of one batch in their order, and of each what the answer is made of and what handlers get: nothing that a handler does to
 * the event changes it. Only the images are shared with the event.
 */
export interface EventBatch {
  readonly streamArn: string;
  readonly records: readonly StreamRecord[];
  readonly sequenceNumbers: readonly string[];
  readonly eventIds: readonly (string | undefined)[];
  readonly eventNames: readonly EventName[];
  readonly changes: readonly Pick<StreamChange, 'Keys' | 'NewImage' | 'OldImage'>[];
  /** All of the changes, as objects of the event. */
  readonly details: readonly StreamChange[];
  /** The full key of each record's item, as text. */
  readonly items: readonly string[];
}

/**
 * Reads an event: every record has keys and a sequence number, all are of one stream, and they are in order.
 *
 * @throws InvalidEventError if the event is anything else.
 */
export function readBatch(event: StreamEvent): EventBatch {
  const all: unknown = (event as StreamEvent | undefined)?.Records;
  if (!Array.isArray(all)) {
    throw new InvalidEventError(expected('The event', WHAT, event)
      + (Array.isArray(event) ? ', as Pipes deliver: see docs/guide/runtime.md' : ''));
  }
  const records = inOrder(all);
  const streamArn = records[0]?.eventSourceARN ?? '';
  const details = records.map(({ dynamodb }) => dynamodb!);
  return {
    streamArn,
    records,
    details,
    sequenceNumbers: details.map(({ SequenceNumber }) => SequenceNumber!),
    eventIds: records.map(({ eventID }) => eventID),
    eventNames: records.map(({ eventName }) => eventName!),
    changes: details.map(({ Keys, NewImage, OldImage }) => ({ Keys, NewImage, OldImage })),
    items: details.map(({ Keys }) => itemKey(Keys!)),
  };
}

/** A record as Lambda delivered it, but for what was done to its images: the event's own, unless something was changed in it. */
export function delivered({ records, sequenceNumbers, eventIds, eventNames, changes, details }: EventBatch, step: number): StreamRecord {
  const record = records[step];
  const own = { eventID: eventIds[step], eventName: eventNames[step] };
  const change = { ...changes[step], SequenceNumber: sequenceNumbers[step] };
  return record.dynamodb === details[step] && has(record, own) && has(details[step], change)
    ? record
    : { ...record, ...own, dynamodb: { ...details[step], ...change } };
}

function has<T extends object>(object: T, properties: Partial<T>): boolean {
  return Object.entries(properties).every(([name, value]) => object[name as keyof T] === value);
}

/** A copy of the list, in order: Lambda delivers so, but a hand-made event may not be. */
function inOrder(records: readonly StreamRecord[]): readonly StreamRecord[] {
  let sorted = true;
  let before: StreamRecord | undefined;
  for (const record of records) {
    const problem = problemOf(record, records[0]?.eventSourceARN);
    if (problem) {
      const [part, allowed, given] = problem;
      throw new InvalidEventError(expected(`Records[${records.indexOf(record)}]${part}`, allowed, given));
    }
    sorted &&= !before || compare(before, record) <= 0;
    before = record;
  }
  return sorted ? records.slice() : records.slice().sort(compare);
}

const WHAT = 'that of a DynamoDB stream, { Records: [] }';

/** Which part of a record is wrong, what is allowed, and what it is. */
function problemOf(record: StreamRecord | undefined, eventSourceARN: string | undefined): [string, string, unknown] | undefined {
  const change = record?.dynamodb;
  if (!change) {
    return ['', `of a DynamoDB stream (eventSource: ${record?.eventSource})`, record];
  }
  if (!EVENT_NAMES.includes(record.eventName!)) {
    return ['.eventName', EVENT_NAMES.join(), record.eventName];
  }
  if (isEmpty(change.Keys)) {
    return ['.dynamodb.Keys', "the item's key", change.Keys];
  }
  if (!isDecimal(change.SequenceNumber)) {
    return ['.dynamodb.SequenceNumber', 'a decimal string', change.SequenceNumber && typeof change.SequenceNumber];
  }
  if (record.eventSourceARN !== eventSourceARN) {
    return ['.eventSourceARN', `${eventSourceARN}: a batch is of one stream`, record.eventSourceARN];
  }
  return undefined;
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && /^\d+$/.test(value);
}

function isEmpty(keys: object | undefined): boolean {
  for (const _name in keys) {
    return false;
  }
  return true;
}

function compare(a: StreamRecord, b: StreamRecord): number {
  return compareSequenceNumbers(a.dynamodb!.SequenceNumber!, b.dynamodb!.SequenceNumber!);
}
