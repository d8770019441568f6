import type { ChangeRecord } from './change-record';

/** A value as DynamoDB spells it: `{ S: 'text' }`. */
type Value = { readonly [type: string]: any };

/**
 * Whether a change of an item changed one of its attributes. Lambda's filters can't ask that: each condition is on one image alone.
 *
 * An attribute that was added or removed is changed, and so is every attribute of an item that is new or gone. Sets are compared without order.
 *
 * ```tsx
 * import { changed, streamHandler } from 'dynamo-stream-trigger/runtime';
 *
 * interface Customer { readonly address: { readonly city: string } }
 * declare function move(customer: Customer | undefined): Promise<void>;
 *
 * export const handler = streamHandler<Customer>(async (record) => {
 *   if (changed(record, 'address', 'city')) {
 *     await move(record.newImage);
 *   }
 * });
 * ```
 *
 * @param record as the handler got it
 * @param path the attribute's name, and the names and positions below it in maps and lists. None: the item itself
 * @throws TypeError if the stream's view type omits one of the images.
 */
export function changed(record: Pick<ChangeRecord, 'eventName' | 'raw'>, ...path: readonly (string | number)[]): boolean {
  const { OldImage: old, NewImage: current } = record.raw.dynamodb ?? {};
  const isNeeded = { OldImage: record.eventName !== 'INSERT', NewImage: record.eventName !== 'REMOVE' };
  if ((isNeeded.OldImage && !old) || (isNeeded.NewImage && !current)) {
    throw new TypeError(`changed got a record without its ${old ? 'new' : 'old'} image, but compares both. Set the stream's view type to NEW_AND_OLD_IMAGES.`);
  }
  return spelled(valueAt(old && { M: old }, path)) !== spelled(valueAt(current && { M: current }, path));
}

function valueAt(value: Value | undefined, [name, ...rest]: readonly (string | number)[]): Value | undefined {
  if (name === undefined || !value) {
    return value;
  }
  const inside = typeof name === 'number' ? value.L : value.M;
  return valueAt(inside && Object.hasOwn(inside, name) ? inside[name] : undefined, rest);
}

/** A text that is equal for equal values. */
function spelled(value: Value | undefined): string | undefined {
  return JSON.stringify(value, (type, inner) => {
    if (['SS', 'NS', 'BS'].includes(type) && Array.isArray(inner)) {
      return [...inner].sort();
    }
    return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1))
      : inner;
  });
}
