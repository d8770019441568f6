import { describeThrown } from './failure';
import { unmarshall } from '../stream/image';
import { type ParkedRecord, withImages } from '../stream/parked-record';

/** Takes data out of a record before it is parked. */
export type OnPark = (record: ParkedRecord) => ParkedRecord;

/**
 * A parked record with the images and the error that `onPark` answers. The rest, which tells what record it is, stays as it is.
 *
 * Where `onPark` throws, or answers anything but a parked record, the record goes without images and without the text of the error:
 * what should be taken out must not be parked, and must not hold up the shard.
 */
export function afterOnPark(parked: ParkedRecord, onPark: OnPark, failed: (error: unknown) => void): ParkedRecord {
  try {
    const answer = onPark(copy(parked));
    // An asynchronous answer is none. Where it fails, it must not end the process.
    Promise.resolve(answer).catch(() => {});
    const { record: { dynamodb }, error } = copy(answer);
    const { NewImage, OldImage } = dynamodb!;
    // Throws unless both are in DynamoDB's notation.
    [NewImage, OldImage].forEach((image) => image && unmarshall(image));
    return { ...withImages(parked, { NewImage, OldImage }), error: describeThrown(error ?? {}) };
  } catch (error) {
    failed(error);
    return { ...withImages(parked, {}), error: { name: 'Error', message: 'onPark failed' } };
  }
}

function copy(parked: ParkedRecord): ParkedRecord {
  return JSON.parse(JSON.stringify(parked));
}
