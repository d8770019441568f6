// eslint-disable-next-line no-restricted-imports -- The only module of the room that a browser can't load: it has no zlib.
import { gunzipSync } from 'node:zlib';
import { type GzippedRecord, type ParkedRecord, PARKED_RECORD_KIND, type RecordPointer } from './parked-record';

/** A record is smaller than that as JSON, whatever is in its images. A message that grows to more is not one. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads a parked record, in each of its forms, from the text of a message or an object.
 *
 * Answers undefined for what is something else, such as Lambda's own message about a failed batch, which goes to the same destination.
 */
export function readParkedRecord(text: string): ParkedRecord | RecordPointer | undefined {
  const parked = parse(text);
  if (parked?.kind !== PARKED_RECORD_KIND || !/^1\.\d+$/.test(parked.version)) {
    return undefined;
  }
  if (!('gzip' in parked)) {
    return parked;
  }
  const { gzip, ...rest } = parked;
  // eslint-disable-next-line no-restricted-globals -- As above.
  return { ...rest, record: JSON.parse(gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: MOST_BYTES }).toString()) };
}

function parse(text: string): ParkedRecord | GzippedRecord | RecordPointer | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
