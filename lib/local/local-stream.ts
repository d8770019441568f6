import type { ReadPosition, ShardRead, StreamReader } from '../reader/stream-reader';
import type { StreamRecord } from '../stream/record';

/** What one GetRecords call brings at most on AWS, in bytes. Source: API reference of GetRecords. DynamoDB Local has no such limit. */
const READ_LIMIT = 1024 * 1024;

/**
 * A stream of DynamoDB Local as AWS would show it: its records under the table's region and ARN, created when they were, and no
 * more than 1 MB at once.
 *
 * @param streamArn the ARN under which the function knows the stream
 * @param now milliseconds since the epoch
 */
export function localStream(reader: StreamReader, streamArn: string, now: () => number): Pick<StreamReader, 'shards' | 'read'> {
  const [, , , region] = streamArn.split(':');
  /** Read already, but too large for one answer. */
  const waiting = new Map<string, ShardRead>();

  return {
    shards: () => reader.shards(),
    read: async (shardId: string, from: ReadPosition, limit?: number) => {
      const found = waiting.get(shardId) ?? await readOn(shardId, from, limit);
      waiting.delete(shardId);
      const count = countWithin(found.records, limit);
      if (count < found.records.length) {
        waiting.set(shardId, { records: found.records.slice(count), end: found.end });
        return { records: found.records.slice(0, count), end: false };
      }
      return found;
    },
  };

  async function readOn(shardId: string, from: ReadPosition, limit?: number): Promise<ShardRead> {
    const { records, end } = await reader.read(shardId, from, limit);
    const arrived = Math.floor(now() / 1000);
    return { records: records.map((record) => corrected(record, streamArn, region, arrived)), end };
  }
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
    ...(removedByTimeToLive && { userIdentity: { principalId: 'dynamodb.amazonaws.com', type: 'Service' } }),
    eventSourceARN: streamArn,
  };
}

/**
 * DynamoDB Local cuts the time to the minute. A record that arrives within its minute was written just now, because the shard is
 * polled several times a second; one that waited longer, for a function slower than the writes, in its minute's last second.
 */
function createdAt(record: StreamRecord, arrived: number): number {
  const minute = record.dynamodb?.ApproximateCreationDateTime ?? arrived;
  return Math.min(arrived, minute + 59);
}

/** How many of the records fit into one read; always at least one. */
function countWithin(records: readonly StreamRecord[], limit = Infinity): number {
  let bytes = 0;
  let count = 0;
  while (count < records.length && count < limit) {
    bytes += records[count].dynamodb?.SizeBytes ?? 0;
    if (bytes > READ_LIMIT && count > 0) {
      break;
    }
    count++;
  }
  return count;
}
