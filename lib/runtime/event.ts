import { InvalidEventError } from './errors';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** One batch, checked: every record has keys and a sequence number, all are of one stream, and they are in order. */
export interface Batch {
  readonly records: readonly CheckedRecord[];
  /** Empty if the records don't say, or if there are none. */
  readonly streamArn: string;
}

/** A record that has what the runtime relies on. */
export interface CheckedRecord extends StreamRecord {
  readonly eventName: NonNullable<StreamRecord['eventName']>;
  readonly dynamodb: NonNullable<StreamRecord['dynamodb']> & {
    readonly Keys: NonNullable<NonNullable<StreamRecord['dynamodb']>['Keys']>;
    readonly SequenceNumber: string;
  };
}

const EVENT_NAMES = ['INSERT', 'MODIFY', 'REMOVE'];

/**
 * Reads the event of a mapping without a window.
 *
 * @throws InvalidEventError if it is anything else.
 */
export function readBatch(event: StreamEvent): Batch {
  if (isWindow(event)) {
    throw new InvalidEventError('The event belongs to a tumbling window, and streamHandler serves none: it would return no state. '
      + 'Use windowHandler, or take tumblingWindow off the mapping.');
  }
  return readRecords(event);
}

/**
 * Reads the event of a mapping with a tumbling window.
 *
 * @throws InvalidEventError if it is anything else.
 */
export function readWindow(event: WindowEvent): Batch {
  const batch = readRecords(event);
  if (!isWindow(event)) {
    throw new InvalidEventError('The event has no window, and windowHandler serves tumbling windows only. '
      + 'Use streamHandler, or set tumblingWindow on the mapping.');
  }
  return { ...batch, streamArn: batch.streamArn || event.eventSourceARN };
}

function isWindow(event: unknown): event is WindowEvent {
  return typeof event === 'object' && event !== null && 'window' in event;
}

function readRecords(event: StreamEvent): Batch {
  const records: unknown = (event as StreamEvent | undefined)?.Records;
  if (!Array.isArray(records)) {
    throw new InvalidEventError(`The function was invoked with ${describe(event)}, which is not the event of a DynamoDB stream: `
      + '{ "Records": [ … ] }. Only the stream\'s mapping (or a test event of its shape) may invoke it.');
  }
  let inOrder = true;
  for (let i = 0; i < records.length; i++) {
    checkRecord(records[i], i);
    if (i > 0) {
      checkStream(records[0], records[i], i);
      inOrder &&= compare(records[i - 1], records[i]) <= 0;
    }
  }
  return {
    // Lambda delivers in order; a hand-made event may not.
    records: inOrder ? records : [...records].sort(compare),
    streamArn: records[0]?.eventSourceARN ?? '',
  };
}

function checkRecord(record: StreamRecord | undefined, index: number): asserts record is CheckedRecord {
  const change = record?.dynamodb;
  if (!change) {
    throw new InvalidEventError(`Records[${index}] has no "dynamodb"${record?.eventSource ? ` but comes from ${record.eventSource}` : ''}: `
      + 'the handler serves DynamoDB streams only.');
  }
  if (!EVENT_NAMES.includes(record.eventName!)) {
    throw new InvalidEventError(`Records[${index}].eventName is ${describe(record.eventName)}; it has to be one of ${EVENT_NAMES.join(', ')}.`);
  }
  if (!hasKeys(change.Keys)) {
    throw new InvalidEventError(`Records[${index}].dynamodb.Keys is ${describe(change.Keys)}: without the item's key its order can't be kept.`);
  }
  if (typeof change.SequenceNumber !== 'string' || change.SequenceNumber === '') {
    throw new InvalidEventError(`Records[${index}].dynamodb.SequenceNumber is ${describe(change.SequenceNumber)}; `
      + 'it has to be a decimal string: without it a failure can\'t be reported.');
  }
}

function hasKeys(keys: unknown): boolean {
  return typeof keys === 'object' && keys !== null && Object.keys(keys).length > 0;
}

function checkStream(first: CheckedRecord, record: CheckedRecord, index: number): void {
  if (record.eventSourceARN !== first.eventSourceARN) {
    throw new InvalidEventError(`Records[0] is of ${first.eventSourceARN} and Records[${index}] of ${record.eventSourceARN}: `
      + 'a batch comes from one stream. Invoke the function once for each.');
  }
}

function compare(a: CheckedRecord, b: CheckedRecord): number {
  return compareSequenceNumbers(a.dynamodb.SequenceNumber, b.dynamodb.SequenceNumber);
}

/** What was given, without item data: a kind, or the names of the properties. */
function describe(given: unknown): string {
  if (typeof given === 'string') {
    return JSON.stringify(given);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return given === null ? 'null' : Array.isArray(given) ? 'an array' : `${typeof given}`;
  }
  return `an object with ${Object.keys(given).map((name) => JSON.stringify(name)).join(', ') || 'no properties'}`;
}
