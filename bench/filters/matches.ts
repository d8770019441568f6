import { matchesEventPattern, parseEventPattern } from '../../lib/event-pattern';
import { median } from '../median';

/**
 * How many matches of a compiled pattern on a stream record one core does in a second: the median of several rounds. Counted in
 * processor time, so that a busy machine measures the same.
 */
const ROUNDS = 9;
const MATCHES = 200_000;

const record = {
  eventID: 'c4ca4238a0b923820dcc509a6f75849b',
  eventName: 'MODIFY',
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'us-east-1',
  dynamodb: {
    ApproximateCreationDateTime: 1723439725,
    Keys: { pk: { S: 'customer#1234' }, sk: { S: 'order#2026-11-23' } },
    NewImage: {
      pk: { S: 'customer#1234' }, sk: { S: 'order#2026-11-23' }, status: { S: 'SHIPPED' }, total: { N: '129.95' },
      tags: { SS: ['gift', 'express', 'fragile'] }, address: { M: { city: { S: 'Utrecht' }, country: { S: 'NL' } } },
      lines: { L: [{ M: { sku: { S: 'A-1' }, quantity: { N: '2' } } }, { M: { sku: { S: 'B-7' }, quantity: { N: '1' } } }] },
    },
    OldImage: { pk: { S: 'customer#1234' }, sk: { S: 'order#2026-11-23' }, status: { S: 'PACKED' }, total: { N: '129.95' } },
    SequenceNumber: '400000000024465870661',
    SizeBytes: 412,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
  eventSourceARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2026-01-01T00:00:00.000',
};
const patterns: Record<string, object> = {
  'event name': { eventName: ['INSERT', 'MODIFY'] },
  'changed to shipped': {
    eventName: ['MODIFY'], dynamodb: { NewImage: { status: { S: ['SHIPPED'] } }, OldImage: { status: { S: [{ 'anything-but': ['SHIPPED'] }] } } },
  },
  'a tag and a prefix': { dynamodb: { Keys: { pk: { S: [{ prefix: 'customer#' }] } }, NewImage: { tags: { SS: ['express'] } } } },
  'one line of a list': { dynamodb: { NewImage: { lines: { L: { M: { sku: { S: ['B-7'] }, quantity: { N: ['1'] } } } } } } },
  'either of two fields': { $or: [{ eventName: ['REMOVE'] }, { dynamodb: { NewImage: { status: { S: ['SHIPPED'] } } } }] },
  'no match': { dynamodb: { NewImage: { status: { S: ['CANCELLED'] } } } },
};

for (const [name, pattern] of Object.entries(patterns)) {
  const parsed = parseEventPattern(JSON.stringify(pattern));
  if (!parsed.valid) {
    throw new Error(`${name}: ${parsed.problems[0].message}`);
  }
  const rates = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    for (let i = 0; i < MATCHES; i++) {
      matchesEventPattern(parsed.pattern, record);
    }
    const { user, system } = process.cpuUsage(start);
    return MATCHES / (user + system) * 1e6;
  });
  console.log(`${name.padEnd(24)}${Math.round(median(rates)).toLocaleString('en-US').padStart(12)} matches/s`);
}
