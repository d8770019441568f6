import { type AttributeMap, type AttributeValue, EVENT_NAMES, type StreamRecord, type StreamViewType } from '../stream/record';

/**
 * Whether this is a record of the stream, as Lambda delivers it. A record that is not would make its whole event fail, with the records of
 * other messages in it.
 */
export function isRecordOf(streamArn: string, value: unknown): value is StreamRecord {
  if (!isObject(value) || !isObject(value.dynamodb)) {
    return false;
  }
  const { eventID, eventName, eventSourceARN, dynamodb: change } = value;
  const { Keys, NewImage, OldImage, SequenceNumber, StreamViewType: view, ApproximateCreationDateTime: time } = change;
  const hasImages = NewImage !== undefined || OldImage !== undefined;
  return isText(eventID) && EVENT_NAMES.includes(eventName as never) && eventSourceARN === streamArn
    && isKey(Keys) && isSequenceNumber(SequenceNumber)
    && [NewImage, OldImage].every((image) => image === undefined || isAttributeMap(image, 0))
    && (view === undefined || VIEW_TYPES.includes(view as never)) && !(view === 'KEYS_ONLY' && hasImages)
    && (time === undefined || (typeof time === 'number' && time >= 0 && time <= LATEST_TIME));
}

/** DynamoDB's are decimal numbers of 21 to 40 digits. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html */
export function isSequenceNumber(value: unknown): value is string {
  return typeof value === 'string' && /^\d{21,40}$/.test(value);
}

export function isStreamArn(value: unknown): value is string {
  return typeof value === 'string' && /^arn:[\w-]+:dynamodb:[a-z0-9-]+:\d{12}:table\/[\w.-]+\/stream\/[\w.:-]+$/.test(value);
}

/** Of a function, or of a version or an alias of it. */
export function isFunctionArn(value: unknown): value is string {
  return typeof value === 'string' && /^arn:[\w-]+:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:(\$LATEST|[\w-]+))?$/.test(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const VIEW_TYPES: readonly StreamViewType[] = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'];

/** Seconds since the epoch. A date can't be later. */
const LATEST_TIME = 8.64e12;

/** DynamoDB allows 32 levels. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MOST_LEVELS = 32;

/** The value of one attribute or two, each a text, a number or bytes. */
function isKey(value: unknown): value is AttributeMap {
  const attributes = isObject(value) ? Object.values(value) : [];
  return (attributes.length === 1 || attributes.length === 2)
    && attributes.every((attribute) => isAttributeValue(attribute, 0) && isText(attribute.S ?? attribute.N ?? attribute.B));
}

function isAttributeMap(value: unknown, level: number): value is AttributeMap {
  return isObject(value) && Object.values(value).every((attribute) => isAttributeValue(attribute, level));
}

function isAttributeValue(value: unknown, level: number): value is AttributeValue {
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length !== 1 || level > MOST_LEVELS) {
    return false;
  }
  const [[type, content]] = entries;
  switch (type) {
    case 'S': case 'N': case 'B': return typeof content === 'string';
    case 'BOOL': case 'NULL': return typeof content === 'boolean';
    case 'SS': case 'NS': case 'BS': return Array.isArray(content) && content.every((member) => typeof member === 'string');
    case 'L': return Array.isArray(content) && content.every((element) => isAttributeValue(element, level + 1));
    case 'M': return isAttributeMap(content, level + 1);
    default: return false;
  }
}
