import type { StreamReader } from '../reader/stream-reader';
import { arnParts } from '../stream/arn';
import { type StreamRecord, TTL_IDENTITY } from '../stream/record';

/**
 * A stream of DynamoDB Local as AWS would show it: the records have the table's region and ARN, and plausible creation times.
 * DynamoDB Local does not limit a read to 1 MB; the engine takes a larger one as several.
 *
 * @param streamArn the ARN under which the function knows the stream
 * @param now milliseconds since the epoch
 */
export function localStream(reader: StreamReader, streamArn: string, now: () => number): StreamReader {
  const { region } = arnParts(streamArn);
  return {
    streamArn,
    shards: () => reader.shards(),
    read: async (shardId, from, limit) => {
      const { records, end } = await reader.read(shardId, from, limit);
      const arrived = Math.floor(now() / 1000);
      return { records: records.map((record) => corrected(record, streamArn, region, arrived)), end };
    },
  };
}

function corrected(record: StreamRecord, streamArn: string, region: string, arrived: number): StreamRecord {
  const removedByTimeToLive = (record.eventName as string) === 'UNKNOWN_TO_SDK_VERSION';
  return {
    ...record,
    // 32 hexadecimal digits, as on AWS.
    eventID: record.eventID?.replaceAll('-', ''),
    ...(removedByTimeToLive && { eventName: 'REMOVE' }),
    awsRegion: region,
    dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: createdAt(record, arrived) },
    ...(removedByTimeToLive && { userIdentity: TTL_IDENTITY }),
    eventSourceARN: streamArn,
  };
}

/**
 * DynamoDB Local cuts the creation time to the minute. The shard is polled several times a second, so a record that arrives within its
 * minute was written just now. One that arrives later had to wait for a slow function: it counts as written at the end of its minute.
 */
function createdAt(record: StreamRecord, arrived: number): number {
  const minute = record.dynamodb?.ApproximateCreationDateTime ?? arrived;
  return Math.min(arrived, minute + 59);
}
