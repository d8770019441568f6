import type { HeldShard } from './streams';
import { itemKey } from '../../lib/stream/item-key';
import type { AttributeMap, StreamRecord, StreamViewType } from '../../lib/stream/record';
import { streamRecord } from '../../lib/testing';

export const TABLE = 'arn:aws:dynamodb:us-east-1:123456789012:table/Table';
export const STREAM = `${TABLE}/stream/2025-01-01T00:00:00.000`;
export const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:on-change';

/** A table with its stream, and what a live trigger makes of it. */
export class History {
  /** The items by key, as the table has them and as an unguarded handler has written them. */
  readonly table = new Map<string, AttributeMap>();
  readonly projection = new Map<string, AttributeMap>();
  readonly records: StreamRecord[] = [];
  private number = 10n ** 20n;

  constructor(private readonly viewType: StreamViewType = 'NEW_AND_OLD_IMAGES', private readonly shardCount = 1) {}

  /** Changes an item to a value, or removes it, and answers the record. Undefined: nothing changes. */
  write(item: number, value: number | undefined): StreamRecord | undefined {
    const Keys = { id: { S: `item-${item}` } };
    const key = itemKey(Keys);
    const before = this.table.get(key);
    const after = value === undefined ? undefined : { ...Keys, value: { N: String(value) } };
    if (JSON.stringify(before) === JSON.stringify(after)) {
      return undefined;
    }
    const record = streamRecord({
      eventName: after ? before ? 'MODIFY' : 'INSERT' : 'REMOVE', keys: { id: `item-${item}` }, viewType: this.viewType, streamArn: STREAM,
      sequenceNumber: String(this.number += 7n), createdAt: new Date('2025-01-01T11:00:00Z'),
    }) as StreamRecord;
    const hasNew = this.viewType.startsWith('NEW') && after;
    const hasOld = this.viewType.includes('OLD') && before;
    const { NewImage: _, OldImage: __, ...change } = record.dynamodb!;
    record.dynamodb = { ...change, ...(hasNew && { NewImage: after }), ...(hasOld && { OldImage: before }) };
    if (after) {
      this.table.set(key, after);
    } else {
      this.table.delete(key);
    }
    this.records.push(record);
    return record;
  }

  /** What an unguarded handler does with a record. */
  project({ eventName, dynamodb }: StreamRecord): void {
    const key = itemKey(dynamodb!.Keys!);
    if (eventName === 'REMOVE') {
      this.projection.delete(key);
    } else {
      this.projection.set(key, dynamodb!.NewImage!);
    }
  }

  shardOf({ dynamodb }: StreamRecord): string {
    return `shard-${Number(dynamodb!.Keys!.id.S!.slice(5)) % this.shardCount}`;
  }

  shards(): HeldShard[] {
    return Array.from({ length: this.shardCount }, (_, n) => `shard-${n}`)
      .map((shardId) => ({ shardId, records: this.records.filter((record) => this.shardOf(record) === shardId) }));
  }

  /** Whether the projection has the item as the table has it. */
  isRight(key: string): boolean {
    return JSON.stringify(this.table.get(key)) === JSON.stringify(this.projection.get(key));
  }

  /** A message about a batch from one record to another. */
  batch(first: StreamRecord, last: StreamRecord, batchSize: number): object {
    return {
      requestContext: { requestId: 'r', functionArn: FUNCTION, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
      version: '1.0',
      timestamp: '2025-01-01T11:30:00.000Z',
      DDBStreamBatchInfo: {
        shardId: this.shardOf(first),
        startSequenceNumber: first.dynamodb!.SequenceNumber,
        endSequenceNumber: last.dynamodb!.SequenceNumber,
        approximateArrivalOfFirstRecord: '2025-01-01T11:00:00Z',
        approximateArrivalOfLastRecord: '2025-01-01T11:00:00Z',
        batchSize,
        streamArn: STREAM,
      },
    };
  }
}

/** A parked record. */
export function parked(record: StreamRecord, more: object = {}): object {
  return {
    kind: 'dynamo-stream-trigger/parked-record', version: '1.0', record, streamArn: STREAM, functionArn: FUNCTION, requestId: 'r',
    error: { name: 'E', message: 'm' }, tries: 1, firstTriedAt: '2025-01-01T11:00:00.000Z', lastTriedAt: '2025-01-01T11:00:00.000Z', ...more,
  };
}

/** A parked record of which only the stream has more. */
export function pointer(record: StreamRecord): object {
  const { record: _, ...rest } = parked(record) as { record: unknown };
  const { eventID: eventId, eventName, dynamodb } = record;
  return { ...rest, keys: dynamodb!.Keys, eventId, eventName, sequenceNumber: dynamodb!.SequenceNumber, reason: 'too large' };
}
