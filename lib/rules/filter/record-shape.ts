/** What a stream record has at one place, as far as a filter can look at it. */
export type RecordPlace =
  /** An object whose fields are known. */
  | { readonly type: 'object'; readonly fields: { readonly [name: string]: RecordPlace } }
  /** An item or its key: attribute names, which are the user's, and their values. */
  | { readonly type: 'attributes' }
  /** An attribute's value: an object with one type descriptor. */
  | { readonly type: 'value' }
  /** What filters compare. */
  | { readonly type: 'text' | 'number' | 'boolean' };

const TEXT: RecordPlace = { type: 'text' };
const NUMBER: RecordPlace = { type: 'number' };
const ATTRIBUTES: RecordPlace = { type: 'attributes' };
const VALUE: RecordPlace = { type: 'value' };

/** A whole record. */
export const RECORD: RecordPlace = {
  type: 'object',
  fields: {
    eventID: TEXT,
    eventName: TEXT,
    eventVersion: TEXT,
    eventSource: TEXT,
    awsRegion: TEXT,
    eventSourceARN: TEXT,
    userIdentity: { type: 'object', fields: { type: TEXT, principalId: TEXT } },
    dynamodb: {
      type: 'object',
      fields: {
        ApproximateCreationDateTime: NUMBER,
        Keys: ATTRIBUTES,
        NewImage: ATTRIBUTES,
        OldImage: ATTRIBUTES,
        SequenceNumber: TEXT,
        SizeBytes: NUMBER,
        StreamViewType: TEXT,
      },
    },
  },
};

/** What is under a type descriptor. Numbers are text. A condition on a list is a condition on one of its elements. */
const DESCRIPTORS: { readonly [descriptor: string]: RecordPlace } = {
  S: TEXT, N: TEXT, B: TEXT, SS: TEXT, NS: TEXT, BS: TEXT, BOOL: { type: 'boolean' }, NULL: { type: 'boolean' }, L: VALUE, M: ATTRIBUTES,
};

/** The names of the fields at a place; undefined if they are the user's. */
export function knownFields(place: RecordPlace): readonly string[] | undefined {
  switch (place.type) {
    case 'object': return Object.keys(place.fields);
    case 'value': return Object.keys(DESCRIPTORS);
    case 'attributes': return undefined;
    default: return [];
  }
}

/** What a field at a place holds; undefined if no record has the field. */
export function fieldOf(place: RecordPlace, name: string): RecordPlace | undefined {
  if (place.type === 'attributes') {
    return VALUE;
  }
  const fields = place.type === 'object' ? place.fields : place.type === 'value' ? DESCRIPTORS : {};
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The path to the field of this name in a record, such as `dynamodb.NewImage`; undefined if no record has one. */
export function pathOfField(name: string, within: RecordPlace = RECORD): string | undefined {
  if (within.type !== 'object') {
    return undefined;
  }
  if (Object.hasOwn(within.fields, name)) {
    return name;
  }
  const [path] = Object.entries(within.fields).flatMap(([field, place]) => {
    const rest = pathOfField(name, place);
    return rest === undefined ? [] : [`${field}.${rest}`];
  });
  return path;
}
