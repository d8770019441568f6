import { refuseUnlessGone, streamIsGone } from './gone-stream';
import { groupedBy } from './grouped-by';
import type { GivenUpMessage, Inventory } from './inventory';
import type { PointerMessage } from './message';
import type { Ports } from './ports';
import { throwUnlessRefused } from './refused-range';
import { stoppable, untilStopped } from './stoppable';
import type { ListedShard, RangeReader } from '../reader/stream-reader';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** What became of a pointer. */
export type PointerFinding = 'whole' | 'altered' | 'lost' | { readonly error: unknown };

/**
 * Looks up records that were too large to be parked. A function does not learn the shard of a record, so they are looked for in each shard
 * whose numbers hold theirs.
 *
 * @param tell called for each: whether it was found, or only without an image, or why that is not known
 */
export async function readPointers(
  ports: Ports, inventory: Inventory, stop: AbortSignal, tell: (pointer: PointerMessage, message: GivenUpMessage, found: PointerFinding) => void,
): Promise<void> {
  for (const [streamArn, requests] of groupedBy(inventory.pointers, ({ wanted }) => wanted.streamArn)) {
    const reader = ports.streams(streamArn);
    let shards: readonly ListedShard[] | undefined;
    try {
      shards = await stoppable(stop, reader.shards()).catch((error) => refuseUnlessGone(error, streamArn));
      if (shards === undefined) {
        const written = Math.max(...requests.map(({ wanted }) => wanted.arrived).filter((time) => !Number.isNaN(time)), -Infinity);
        streamIsGone(streamArn, written, ports.clock.now());
      }
    } catch (error) {
      requests.forEach(({ message, wanted }) => tell(wanted, message, { error }));
      continue;
    }
    for (const { message, wanted, instead } of requests) {
      try {
        const found = shards && await lookUp(reader, shards, wanted, stop);
        const record = found ?? instead;
        if (record) {
          inventory.addRecord([message], wanted, record);
        }
        tell(wanted, message, found ? 'whole' : record ? 'altered' : 'lost');
      } catch (error) {
        tell(wanted, message, { error });
      }
    }
  }
  inventory.pointers = [];
}

async function lookUp(
  reader: RangeReader, shards: readonly ListedShard[], { sequenceNumber, eventId, streamArn }: PointerMessage, stop: AbortSignal,
): Promise<StreamRecord | undefined> {
  for (const { shardId } of shards.filter((shard) => mayHold(shard, sequenceNumber))) {
    try {
      for await (const { records } of untilStopped(stop, reader.ranges(shardId, [{ first: sequenceNumber, last: sequenceNumber }]))) {
        const record = records.find(({ eventID }) => eventID === eventId);
        if (record) {
          return record;
        }
      }
    } catch (error) {
      stop.throwIfAborted();
      await throwUnlessRefused(error, { reader, shardId, stop }).catch((thrown) => refuseUnlessGone(thrown, streamArn));
      // It is not a number of this shard.
    }
  }
  return undefined;
}

function mayHold({ first, last }: ListedShard, number: string): boolean {
  return (first === undefined || compareSequenceNumbers(first, number) <= 0) && (last === undefined || compareSequenceNumbers(last, number) >= 0);
}
