import { stoppable } from './stoppable';
import { type RangeReader, StreamReadError } from '../reader/stream-reader';

/** Where a range was read. */
interface RefusedAt {
  readonly reader: RangeReader;
  readonly shardId: string;
  readonly stop: AbortSignal;
}

/**
 * Returns if the shard refuses these numbers, and is there otherwise. DynamoDB Local answers numbers that a shard does not have yet as if it
 * were out of order itself, so it is asked for another record then.
 *
 * @throws the error, if the shard can't be read at all.
 */
export async function throwUnlessRefused(error: unknown, { reader, shardId, stop }: RefusedAt): Promise<void> {
  const reason = error instanceof StreamReadError && error.reason;
  if (reason === 'unavailable') {
    await stoppable(stop, reader.read(shardId, { type: 'TRIM_HORIZON' }, 1));
  } else if (reason !== 'invalid') {
    throw error;
  }
}
