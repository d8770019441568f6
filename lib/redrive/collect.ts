import type { Aside } from './aside';
import { type GivenUpMessage, type Inventory, tableOf } from './inventory';
import { type BatchMessage, type Message, type ObjectName, type Origin, type ParkedMessage, readMessage, unqualified } from './message';
import type { GivenUpBy, RedriveOptions } from './options';
import type { Ports, Received } from './ports';
import { stoppable } from './stoppable';
import { CALLS_AT_ONCE, together } from './together';

/** How many messages there are of each kind. */
export interface Kinds {
  batches: number;
  records: number;
  /** How many of these only the stream has. */
  pointers: number;
  unknown: number;
  /** Messages that need nothing, or whose object is gone. */
  empty: number;
}

export interface Collected {
  readonly kinds: Kinds;
  /** How many messages are left at the source because of the limit. */
  readonly left: number;
  /** When the first record that only the stream has was written, in milliseconds since the epoch. Infinity: there is none. */
  readonly oldest: number;
}

/** What collecting needs beside the messages. */
interface Collecting {
  readonly stop: AbortSignal;
  readonly aside: Aside;
  /** Called with how many messages others have, while it waits for these. */
  readonly waiting: (others: number) => void;
  /** Gives back everything that is in the inventory. */
  readonly release: () => Promise<void>;
}

/**
 * Takes all messages into the inventory. All, because a queue has no order: what is sent must be in the order of the stream.
 *
 * @throws MessagesInFlight, RedriveRefused
 */
export async function collect(
  { source, buckets, clock }: Ports, inventory: Inventory, { limit, wait, patience, only }: RedriveOptions,
  { stop, aside, waiting, release }: Collecting,
): Promise<Collected> {
  let collector = new Collector(inventory, only, clock.now());
  const discard = async () => {
    await release();
    inventory.clear();
    collector = new Collector(inventory, only, clock.now());
  };
  const { left } = await source.collect({ limit, wait, patience, waiting, stop, discard, take: (received) => collector.take(received) });
  await together(CALLS_AT_ONCE, collector.toRead, async ({ message, objects }) => {
    for (const { bucket, key } of objects) {
      try {
        collector.takeObject(message, key, await stoppable(stop, buckets.read(bucket, key)));
      } catch (error) {
        if (stop.aborted) {
          return;
        }
        collector.kinds.unknown++;
        aside.set([message], error);
      }
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

  constructor(private readonly inventory: Inventory, private readonly only: GivenUpBy | undefined, private readonly now: number) {}

  take({ id, handle, isAgain, text = '', object }: Received): void {
    if (isAgain) {
      this.inventory.setHandle(id, handle);
      return;
    }
    const content: Message = object ? { kind: 'objects', objects: [object] } : readMessage(text, this.now);
    if (content.kind === 'objects') {
      this.toRead.push({ message: this.inventory.addMessage({ id, handle, objects: content.objects }), objects: content.objects });
    } else {
      this.add(this.inventory.addMessage({ id, handle }), content);
    }
  }

  /** @param text undefined: somebody has removed it, so it is done */
  takeObject(message: GivenUpMessage, key: string, text: string | undefined): void {
    const content: Message = text === undefined ? { kind: 'empty' } : readMessage(text, this.now);
    if (content.kind === 'objects' || (content.kind === 'empty' && text !== undefined)) {
      this.add(message, { kind: 'unknown', reason: `The object ${key} is neither a failed batch nor a parked record` });
    } else {
      this.add(message, content.kind === 'unknown' ? { ...content, reason: `${content.reason} (the object ${key})` } : content);
    }
  }

  private add(message: GivenUpMessage, content: Exclude<Message, { kind: 'objects' }>): void {
    const { inventory, kinds } = this;
    if ('streamArn' in content && !this.isWanted(content)) {
      this.add(message, { kind: 'unknown', reason: `It belongs to the function ${content.functionArn} and the stream ${content.streamArn}` });
      return;
    }
    switch (content.kind) {
      case 'empty': kinds.empty++; break;
      case 'unknown':
        kinds.unknown++;
        this.inventory.setUnknown(message, content.reason);
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
        this.addBatch(message, content);
    }
  }

  /** An object may hold fewer records than the batch had. The stream may have the others. */
  private addBatch(message: GivenUpMessage, { records = [], ...wanted }: BatchMessage): void {
    const held = new Set(records.map(({ dynamodb }) => dynamodb!.SequenceNumber!));
    records.forEach((record) => this.inventory.addRecord([message], wanted, record));
    if (held.size !== wanted.size) {
      this.inventory.addBatch(message, wanted, held);
      this.pointsAt(wanted.firstWritten);
    }
  }

  private isWanted({ functionArn, streamArn }: Origin): boolean {
    const { only } = this;
    return only === undefined || (unqualified(functionArn) === unqualified(only.functionArn) && tableOf(streamArn) === only.tableArn);
  }

  /** One that is not whole is looked up in the stream, while that has it. */
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
