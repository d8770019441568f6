import type { AttributeMap, StreamRecord } from '../stream/record';

/**
 * A record made from the present state of an item: what a handler needs whose effect depends on the image alone.
 *
 * It is a MODIFY, or a REMOVE if the item is gone. It keeps the sequence number of the held record, so that a guarded handler refuses it
 * where it has something newer, and its eventID is another one, so that nothing takes it for the held record. Its old image is the last
 * one that the held record knows. Undefined: the stream has no new images.
 */
export function refreshed(held: StreamRecord, item: AttributeMap | undefined, mark: string): StreamRecord | undefined {
  const { userIdentity: _, dynamodb, ...rest } = held;
  const view = dynamodb!.StreamViewType;
  if (view !== 'NEW_IMAGE' && view !== 'NEW_AND_OLD_IMAGES') {
    return undefined;
  }
  const { NewImage, OldImage, ...change } = dynamodb!;
  const last = NewImage ?? OldImage;
  return {
    ...rest,
    eventID: `${held.eventID}-${mark}`,
    eventName: item ? 'MODIFY' : 'REMOVE',
    dynamodb: {
      ...change,
      ...(item && { NewImage: item }),
      ...(view === 'NEW_AND_OLD_IMAGES' && last && { OldImage: last }),
    },
  };
}
