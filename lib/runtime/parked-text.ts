import { type ParkedRecord, type RecordPointer, withImages } from '../stream/parked-record';

/**
 * A parked record as the text of a message: the first of its forms that takes at most this many bytes, or the last one. What the error
 * says at length goes before anything of the record does.
 */
export async function parkedText(parked: ParkedRecord, maxBytes: number): Promise<string> {
  const whole = json(parked);
  const size = Buffer.byteLength(whole);
  if (size <= maxBytes) {
    return whole;
  }
  const { record, error, ...rest } = parked;
  const gzipped = json({ ...rest, error, gzip: await gzip(JSON.stringify(record)) });
  if (Buffer.byteLength(gzipped) <= maxBytes) {
    return gzipped;
  }
  if (error.stack ?? error.issues ?? error.message[MOST_ERROR_TEXT]) {
    return parkedText({ ...parked, error: { name: cut(error.name), message: cut(error.message) } }, maxBytes);
  }
  const { NewImage, OldImage } = record.dynamodb!;
  return OldImage
    ? parkedText(withImages(parked, { NewImage }), maxBytes)
    : json(pointer(parked, `the record takes ${size} bytes, but the destination takes at most ${maxBytes}`));
}

/** On a thread of its own, as base64: a record of 1 MB would hold up all other calls for 20 ms and more. */
async function gzip(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Takes longer to load than all the rest, and is hardly ever needed.
    process.getBuiltinModule('node:zlib').gzip(text, (error, bytes) => error ? reject(error) : resolve(bytes.toString('base64')));
  });
}

const MOST_ERROR_TEXT = 256;

/** Of a text of an error, what there is always room for. */
function cut(text: string): string {
  return text.slice(0, MOST_ERROR_TEXT);
}

function pointer({ record, altered: _, ...rest }: ParkedRecord, reason: string): RecordPointer {
  const { eventID: eventId = '', eventName, dynamodb } = record;
  const { Keys: keys, SequenceNumber: sequenceNumber } = dynamodb!;
  return { ...rest, keys: keys!, eventId, eventName: eventName!, sequenceNumber: sequenceNumber!, reason };
}

/** Without the two characters that SQS refuses. */
function json(value: object): string {
  return JSON.stringify(value).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');
}
