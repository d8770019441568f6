import { RedriveRefused } from './refusals';
import { StreamReadError } from '../reader/stream-reader';
import { STREAM_RETENTION } from '../stream/shard';

/**
 * Undefined: the stream is gone.
 *
 * @throws RedriveRefused where reading is not allowed, and every other error as it is.
 */
export function refuseUnlessGone(error: unknown, streamArn: string): undefined {
  const reason = error instanceof StreamReadError ? error.reason : undefined;
  if (reason === 'gone') {
    return undefined;
  }
  if (reason === 'denied' || reason === 'expired') {
    const needed = `dynamodb:DescribeStream, dynamodb:GetShardIterator and dynamodb:GetRecords on ${streamArn}`;
    throw new RedriveRefused(`The stream can't be read: ${(error as Error).message}. Needed: ${needed}.`);
  }
  throw error;
}

/**
 * Records that were written so long ago are gone, with their stream or before it.
 *
 * @throws RedriveRefused if the stream should be there.
 */
export function streamIsGone(streamArn: string, written: number, now: number): void {
  if (now - written < STREAM_RETENTION * 1000) {
    throw new RedriveRefused(`The stream ${streamArn} does not exist here, but its records were written less than 24 hours ago. `
      + 'Give the Region and the credentials of the account that the table is in.');
  }
}
