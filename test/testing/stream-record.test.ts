import { streamEvent, streamRecord } from '../../lib/testing';
import { recorded } from '../recorded';

const shape = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Object.keys(value) : typeof value);

test('a record made from nothing is well-formed', () => {
  expect(streamRecord()).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: 1735689600,
      Keys: { id: { S: expect.any(String) } },
      NewImage: { id: { S: expect.any(String) } },
      SequenceNumber: expect.stringMatching(/^\d{21,}$/),
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000',
  });
});

test.each([
  [{ newImage: { id: 'a' } }, 'INSERT'],
  [{ oldImage: { id: 'a' } }, 'REMOVE'],
  [{ newImage: { id: 'a' }, oldImage: { id: 'a' } }, 'MODIFY'],
  [{ eventName: 'MODIFY' as const, keys: { id: 'a' } }, 'MODIFY'],
])('the images of %j say what happened', (options, eventName) => {
  expect(streamRecord(options)).toMatchObject({ eventName, dynamodb: { Keys: { id: { S: 'a' } } } });
});

test.each([
  ['INSERT', { NewImage: { id: { S: 'a' } } }],
  ['MODIFY', { NewImage: { id: { S: 'a' } }, OldImage: { id: { S: 'a' } } }],
  ['REMOVE', { OldImage: { id: { S: 'a' } } }],
] as const)('without images, the item of %s is its key alone', (eventName, images) => {
  const { NewImage, OldImage } = streamRecord({ eventName, keys: { id: 'a' } }).dynamodb!;
  expect({ ...(NewImage && { NewImage }), ...(OldImage && { OldImage }) }).toEqual(images);
});

test.each([
  ['KEYS_ONLY', [], 3],
  ['NEW_IMAGE', ['NewImage'], 9],
  ['OLD_IMAGE', ['OldImage'], 6],
  ['NEW_AND_OLD_IMAGES', ['NewImage', 'OldImage'], 12],
] as const)('a stream of %s has the images %j', (viewType, images, size) => {
  const { eventName, dynamodb } = streamRecord({ viewType, newImage: { id: 'a', v: 1 }, oldImage: { id: 'a' } });
  expect(eventName).toBe('MODIFY');
  expect(Object.keys(dynamodb!).filter((name) => name.endsWith('Image'))).toEqual(images);
  expect(dynamodb).toMatchObject({ Keys: { id: { S: 'a' } }, StreamViewType: viewType, SizeBytes: size });
});

test('records come one after another', () => {
  const [first, second] = [streamRecord(), streamRecord()].map(({ dynamodb }) => BigInt(dynamodb!.SequenceNumber!));
  expect(second).toBe(first + 1n);
});

test('an expired item was removed by DynamoDB itself', () => {
  expect(streamRecord({ oldImage: { id: 'a' }, expired: true }))
    .toMatchObject({ eventName: 'REMOVE', userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } });
});

test('values of JavaScript take the notation of DynamoDB; what has it already stays as it is', () => {
  const { dynamodb } = streamRecord({
    keys: { id: 'a' },
    newImage: {
      id: 'a',
      n: 1.5,
      big: 2n ** 70n,
      yes: true,
      none: null,
      bytes: new Uint8Array([1, 2]),
      list: ['x', 1],
      map: { deep: { er: 1 } },
      tags: new Set(['a', 'b']),
      numbers: new Set([1, 2]),
      blobs: new Set([new Uint8Array([3])]),
      native: { NS: ['1'] },
    },
  });
  expect(dynamodb!.NewImage).toEqual({
    id: { S: 'a' },
    n: { N: '1.5' },
    big: { N: '1180591620717411303424' },
    yes: { BOOL: true },
    none: { NULL: true },
    bytes: { B: 'AQI=' },
    list: { L: [{ S: 'x' }, { N: '1' }] },
    map: { M: { deep: { M: { er: { N: '1' } } } } },
    tags: { SS: ['a', 'b'] },
    numbers: { NS: ['1', '2'] },
    blobs: { BS: ['Aw=='] },
    native: { NS: ['1'] },
  });
});

interface Order {
  readonly id: string;
  readonly total?: number;
  readonly lines: readonly { readonly name: string; readonly note: string | undefined }[];
}

test('an object of a domain interface is an item, without its undefined properties', () => {
  const order: Order = { id: 'a', total: undefined, lines: [{ name: 'pen', note: undefined }] };
  expect(streamRecord({ newImage: order, keys: { id: order.id } }).dynamodb!.NewImage).toEqual({ id: { S: 'a' }, lines: { L: [{ M: { name: { S: 'pen' } } }] } });
});

test.each([
  ['undefined', undefined],
  ['a Date', new Date(0)],
  ['a Map', new Map()],
  ['NaN', NaN],
  ['-Infinity', new Set([1, -Infinity])],
  ['an empty set', new Set()],
  ['a set of values of several types', new Set([1, 'a'])],
])('an attribute can not be %s', (what, value) => {
  expect(() => streamRecord({ newImage: { id: 'a', list: [value] } })).toThrow(`An attribute is ${what} but must be a string, a finite number, a boolean, null, bytes, a list, a map, or a set with elements of one type.`);
});

test.each([
  [{ newimage: { id: 'a' } }],
  [{ eventName: 'CREATE' }],
  [{ viewType: 'ALL' }],
  [{ newImage: 'a' }],
  [{ keys: ['a'] }],
  [{ newImage: {} }],
  [{ createdAt: 1_735_689_600_000 }],
  [{ createdAt: new Date('never') }],
  [{ sequenceNumber: 5 }],
  [{ sequenceNumber: '5a' }],
  [{ expired: 'yes' }],
  [null],
])('no record is made from %j', (options) => {
  expect(() => streamRecord(options as never)).toThrowErrorMatchingSnapshot();
});

test('an event takes records, and what records are made from', () => {
  const record = streamRecord();
  expect(streamEvent(record, { newImage: { id: 'b' } }).Records).toEqual([record, expect.objectContaining({ eventName: 'INSERT' })]);
  expect(streamEvent([record], []).Records).toEqual([record]);
});

const filters = recorded<{ cases: { name: string; delivered: any[] }[] }>('aws-recorded-stream-filters.json');
filters.test('has the fields and the size that were recorded on AWS', () => {
  for (const delivered of filters.data!.cases.flatMap((recording) => recording.delivered)) {
    const { Keys, NewImage, OldImage, SizeBytes } = delivered.dynamodb;
    const made = streamRecord({ keys: Keys, newImage: NewImage, oldImage: OldImage });
    expect(shape(made)).toEqual(shape(delivered));
    expect(shape(made.dynamodb)).toEqual(shape(delivered.dynamodb));
    expect(made.dynamodb!.SizeBytes).toBe(SizeBytes);
  }
});
