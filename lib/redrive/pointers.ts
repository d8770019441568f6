import { refuseUnlessGone, streamIsGone } from './gone-stream';
import { groupedBy } from './grouped-by';
import type { GivenUpMessage, Inventory } from './inventory';
import type { PointerMessage } from './message';
import type { Ports } from './ports';
import { type ListedShard, type RangeReader, StreamReadError } from '../reader/stream-reader';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/**
 * Looks up records that were too large to be parked. A function is not told the shard of a record, so they are looked for in each shard
 * whose numbers hold theirs.
 *
 * @param tell called for each: whether it was found, or only without an image
 */
export async function readPointers(
  ports: Ports, inventory: Inventory, tell: (pointer: PointerMessage, message: GivenUpMessage, found: 'whole' | 'altered' | 'lost') => void,
): Promise<void> {
  for (const [streamArn, requests] of groupedBy(inventory.pointers, ({ wanted }) => wanted.streamArn)) {
    const reader = ports.streams(streamArn);
    const shards = await reader.shards().catch((error) => refuseUnlessGone(error, streamArn));
    if (shards === undefined) {
      const written = Math.max(...requests.map(({ wanted }) => wanted.arrived).filter((time) => !Number.isNaN(time)), -Infinity);
      streamIsGone(streamArn, written, ports.clock.now());
    }
    for (const { message, wanted, instead } of requests) {
      const found = shards && await lookUp(reader, shards, wanted, streamArn);
      const record = found ?? instead;
      if (record) {
        inventory.addRecord([message], wanted, record);
      }
      tell(wanted, message, found ? 'whole' : record ? 'altered' : 'lost');
    }
  }
  inventory.pointers = [];
}

async function lookUp(
  reader: RangeReader, shards: readonly ListedShard[], { sequenceNumber, eventId }: PointerMessage, streamArn: string,
): Promise<StreamRecord | undefined> {
  for (const { shardId } of shards.filter((shard) => mayHold(shard, sequenceNumber))) {
    try {
      for await (const { records } of reader.ranges(shardId, [{ first: sequenceNumber, last: sequenceNumber }])) {
        const record = records.find(({ eventID }) => eventId === '' || eventID === eventId);
        if (record) {
          return record;
        }
      }
    } catch (error) {
      if (!(error instanceof StreamReadError && error.reason === 'invalid')) {
        refuseUnlessGone(error, streamArn);
      }
      // It is not a number of this shard.
    }
  }
  return undefined;
}

function mayHold({ first, last }: ListedShard, number: string): boolean {
  return (first === undefined || compareSequenceNumbers(first, number) <= 0) && (last === undefined || compareSequenceNumbers(last, number) >= 0);
}
