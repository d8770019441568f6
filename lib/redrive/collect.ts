import { type GivenUpMessage, type Inventory, tableOf } from './inventory';
import { unqualified } from './mappings';
import { type Message, type ObjectName, type Origin, type ParkedMessage, readMessage } from './message';
import type { GivenUpBy, RedriveOptions } from './options';
import type { Ports, Received } from './ports';
import { together } from './together';

/** How many messages there are of each kind. */
export interface Kinds {
  batches: number;
  records: number;
  /** Of them, those that only the stream has. */
  pointers: number;
  unknown: number;
  /** Messages that ask for nothing, or whose object is gone. */
  empty: number;
}

export interface Collected {
  readonly kinds: Kinds;
  /** How many messages are left at the source because of the limit. */
  readonly left: number;
  /** When the first record that only the stream has was written, in milliseconds since the epoch. Infinity: there is none. */
  readonly oldest: number;
}

/** How many objects are read at once. */
const OBJECTS_AT_ONCE = 8;

/**
 * Takes all messages into the inventory. All, because a queue has no order: what is sent must be in the order of the stream.
 *
 * @throws MessagesInFlight, RedriveRefused
 */
export async function collect(
  { source, buckets }: Ports, inventory: Inventory, { limit, wait, only }: RedriveOptions, stop: AbortSignal, waiting: (others: number) => void,
): Promise<Collected> {
  const collector = new Collector(inventory, only);
  const { left } = await source.collect({ limit, wait, waiting, stop, take: (received) => collector.take(received) });
  await together(OBJECTS_AT_ONCE, collector.toRead, async ({ message, objects }) => {
    for (const { bucket, key } of stop.aborted ? [] : objects) {
      collector.takeObject(message, key, await buckets.read(bucket, key));
    }
  });
  const { kinds, oldest } = collector;
  return { kinds, left, oldest };
}

/** Reads messages and objects into the inventory. */
class Collector {
  readonly kinds: Kinds = { batches: 0, records: 0, pointers: 0, unknown: 0, empty: 0 };
  readonly toRead: { readonly message: GivenUpMessage; readonly objects: readonly ObjectName[] }[] = [];
  oldest = Infinity;

  constructor(private readonly inventory: Inventory, private readonly only: GivenUpBy | undefined) {}

  take({ id, handle, text }: Received): void {
    const content = readMessage(text);
    if (content.kind === 'objects') {
      this.toRead.push({ message: this.inventory.addMessage({ id, handle, objects: content.objects }), objects: content.objects });
    } else {
      this.add(this.inventory.addMessage({ id, handle }), content);
    }
  }

  /** @param text undefined: somebody has removed it, so it is done */
  takeObject(message: GivenUpMessage, key: string, text: string | undefined): void {
    const content: Message = text === undefined ? { kind: 'empty' } : readMessage(text);
    this.add(message, content.kind === 'unknown' || content.kind === 'objects'
      ? { kind: 'unknown', reason: `The object ${key} is neither a failed batch nor a parked record` }
      : content);
  }

  private add(message: GivenUpMessage, content: Exclude<Message, { kind: 'objects' }>): void {
    const { inventory, kinds } = this;
    if ('streamArn' in content && !this.isWanted(content)) {
      this.add(message, { kind: 'unknown', reason: `It is of the function ${content.functionArn} and the stream ${content.streamArn}` });
      return;
    }
    switch (content.kind) {
      case 'empty': kinds.empty++; break;
      case 'unknown':
        kinds.unknown++;
        message.unknown = content.reason;
        break;
      case 'record':
        kinds.records++;
        this.addParked(message, content);
        break;
      case 'pointer':
        kinds.records++;
        inventory.pointers.push({ message, wanted: content });
        this.pointsAt(content.arrived);
        break;
      case 'batch':
        kinds.batches++;
        if (content.records) {
          content.records.forEach((record) => inventory.addRecord([message], content, record));
        } else {
          inventory.batches.push({ message, wanted: content });
          this.pointsAt(content.arrived[0]);
        }
    }
  }

  private isWanted({ functionArn, streamArn }: Origin): boolean {
    const { only } = this;
    return only === undefined || (unqualified(functionArn) === unqualified(only.functionArn) && tableOf(streamArn) === only.tableArn);
  }

  /** One that is not whole is looked up in the stream, as long as it is there. */
  private addParked(message: GivenUpMessage, { record, isWhole, functionArn, streamArn }: ParkedMessage): void {
    if (isWhole) {
      this.inventory.addRecord([message], { functionArn, streamArn }, record);
    } else {
      const { eventID: eventId = '', dynamodb } = record;
      const wanted = { kind: 'pointer', eventId, sequenceNumber: dynamodb!.SequenceNumber!, functionArn, streamArn, arrived: NaN } as const;
      this.inventory.pointers.push({ message, instead: record, wanted });
    }
  }

  private pointsAt(written: number): void {
    this.kinds.pointers++;
    this.oldest = Math.min(this.oldest, written || Infinity);
  }
}
