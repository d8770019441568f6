import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ParkedRecord, type RecordPointer, withImages } from '../stream/parked-record';

/** A parked record as the text of a message: the first of its forms that takes at most so many bytes, or the last one. */
export async function parkedText(parked: ParkedRecord, maxBytes: number): Promise<string> {
  const whole = json(parked);
  const size = Buffer.byteLength(whole);
  if (size <= maxBytes) {
    return whole;
  }
  const { record, ...rest } = parked;
  const gzipped = json({ ...rest, gzip: (await promisify(gzip)(JSON.stringify(record))).toString('base64') });
  if (Buffer.byteLength(gzipped) <= maxBytes) {
    return gzipped;
  }
  const { NewImage, OldImage } = record.dynamodb!;
  return OldImage
    ? parkedText(withImages(parked, { NewImage }), maxBytes)
    : json(pointer(parked, `the record takes ${size} bytes, but the destination takes at most ${maxBytes}`));
}

/** Characters of an error that a pointer has room for. */
const MAX_CHARACTERS = 256;

function pointer({ record, altered: _, error, ...rest }: ParkedRecord, reason: string): RecordPointer {
  const { eventID: eventId = '', eventName, dynamodb } = record;
  const { Keys: keys, SequenceNumber: sequenceNumber } = dynamodb!;
  const [name, message] = [error.name, error.message].map((text) => text.slice(0, MAX_CHARACTERS));
  return { ...rest, keys: keys!, eventId, eventName: eventName!, sequenceNumber: sequenceNumber!, error: { name, message }, reason };
}

/** Without the two characters that SQS refuses. */
function json(value: object): string {
  return JSON.stringify(value).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');
}
