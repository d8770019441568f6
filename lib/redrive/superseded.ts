import type { Tables } from './ports';
import { isSameItem } from './same-item';
import { failureOf } from '../reader/stream-read-error';
import type { AttributeMap, StreamRecord } from '../stream/record';

/** An item as it was when the table was read. */
export type Seen =
  | { readonly item: AttributeMap | undefined }
  /** The table could not be read. */
  | { readonly problem: string };

/** Why the records of an item must not be sent without further thought; undefined: nothing has changed since the newest of them. */
export type Judgement = string | undefined;

/** DynamoDB reads at most this many items at once. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MOST_KEYS = 100;

/** Reads items, each as it is now. Those of a stream of keys are not needed. */
export async function readItems(tables: Tables, tableArn: string, newest: readonly StreamRecord[]): Promise<Seen[]> {
  const seen: Seen[] = newest.map(() => ({ item: undefined }));
  const toRead = newest.map((_, index) => index).filter((index) => hasImages(newest[index]));
  for (let from = 0; from < toRead.length; from += MOST_KEYS) {
    await readSome(toRead.slice(from, from + MOST_KEYS));
  }
  return seen;

  async function readSome(indexes: readonly number[]): Promise<void> {
    try {
      const items = await tables.read(tableArn, indexes.map((index) => newest[index].dynamodb!.Keys!));
      indexes.forEach((index, at) => seen[index] = { item: items[at] });
    } catch (error) {
      if (indexes.length > 1 && failureOf(error) === 'invalid') {
        // One key that is none of the table must not keep the others from being judged.
        const middle = Math.ceil(indexes.length / 2);
        await readSome(indexes.slice(0, middle));
        await readSome(indexes.slice(middle));
        return;
      }
      const problem = `the table can't be read: ${(error as Error).message}`;
      indexes.forEach((index) => seen[index] = { problem });
    }
  }
}

/**
 * Whether an item has changed after its newest record.
 *
 * - With KEYS_ONLY a handler reads the item itself, so nothing is superseded.
 * - With OLD_IMAGE, what an item was changed to is not known. Only whether one that was removed is there again is.
 * - What can't be judged counts as superseded.
 */
export function judgeSuperseded(newest: StreamRecord, seen: Seen): Judgement {
  const { eventName, dynamodb } = newest;
  if (!hasImages(newest)) {
    return undefined;
  }
  if ('problem' in seen) {
    return seen.problem;
  }
  if (eventName === 'REMOVE') {
    return seen.item && 'the item exists again';
  }
  if (dynamodb!.StreamViewType === 'OLD_IMAGE') {
    return 'a stream of old images does not say what the item was changed to';
  }
  if (!dynamodb!.NewImage) {
    return 'the record has no new image to compare the item with';
  }
  if (!seen.item) {
    return 'the item is gone';
  }
  return isSameItem(seen.item, dynamodb!.NewImage) ? undefined : 'the item has changed since';
}

/** Whether it can be known if the item has changed since. */
export function canBeJudged({ eventName, dynamodb }: StreamRecord, seen: Seen): boolean {
  return !('problem' in seen) && (eventName === 'REMOVE' || (dynamodb!.StreamViewType !== 'OLD_IMAGE' && dynamodb!.NewImage !== undefined));
}

/** Whether an item changed between two reads. What was not read both times may have. */
export function changedBetween(before: Seen, after: Seen): boolean {
  if ('problem' in before || 'problem' in after) {
    return !('problem' in before);
  }
  return before.item && after.item ? !isSameItem(before.item, after.item) : before.item !== after.item;
}

function hasImages({ dynamodb }: StreamRecord): boolean {
  return dynamodb!.StreamViewType !== 'KEYS_ONLY';
}
