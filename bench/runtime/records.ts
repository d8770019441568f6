import type { AttributeMap, StreamRecord } from '../../build/stream/record';

/** Records of items of about 1 KB. */
export function records(length: number, keys = length): StreamRecord[] {
  return Array.from({ length }, (_, index) => record(index, index % keys));
}

function record(index: number, key: number): StreamRecord {
  return {
    eventID: `c4ca4238a0b923820dcc509a6f75${String(index).padStart(5, '0')}`,
    eventName: 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'eu-west-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000,
      Keys: { pk: { S: `customer#${key}` }, sk: { S: `order#${key}` } },
      NewImage: image(index),
      SequenceNumber: String(100000000000000000000n + BigInt(index)),
      SizeBytes: 1000,
      StreamViewType: 'NEW_IMAGE',
    },
    eventSourceARN: 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/stream/2026-01-01T00:00:00.000',
  };
}

export function image(index: number): AttributeMap {
  return {
    pk: { S: `customer#${index}` },
    sk: { S: `order#${index}` },
    status: { S: 'SHIPPED' },
    total: { N: '1249.95' },
    currency: { S: 'EUR' },
    createdAt: { S: '2026-01-01T10:00:00.000Z' },
    updatedAt: { S: '2026-01-02T11:30:00.000Z' },
    version: { N: '7' },
    gift: { BOOL: false },
    coupon: { NULL: true },
    tags: { SS: ['priority', 'europe'] },
    address: { M: { street: { S: 'Some Street 12' }, city: { S: 'Hamburg' }, zip: { S: '20095' }, country: { S: 'DE' } } },
    lines: {
      L: [1, 2, 3, 4].map((line) => ({
        M: { sku: { S: `SKU-${line}-${index}` }, quantity: { N: String(line) }, price: { N: '99.90' }, name: { S: 'A thing that is sold' } },
      })),
    },
  };
}
