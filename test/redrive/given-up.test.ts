import * as fc from 'fast-check';
import { World } from './world';
import { type SimulatedDelivery, simulateTrigger, type StreamEvent, type StreamRecord, streamRecord } from '../../lib/testing';
import { numberOf } from '../records';
import { runs } from '../runs';

const ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000';
const START = Date.parse('2025-01-01T00:00:00Z') / 1000;
const FILTER = { dynamodb: { NewImage: { kind: { S: ['kept'] } } } };

/** Values whose JSON is easily changed on the way. */
const ODD = [
  { B: 'AQID' }, { N: '1.50' }, { N: '12345678901234567890123456789012345678' }, { S: 'é\u2028"\\\n\ud83d\ude00' }, { NULL: true }, { BOOL: false },
  JSON.parse('{"L":[{"M":{"__proto__":{"S":"x"}}},{"L":[]}]}'), { SS: ['b', 'a'] }, { NS: ['2', '1.0'] }, { BS: ['AQ==', ''] }, { S: '' },
];

const plans = fc.record({
  batchSize: fc.integer({ min: 1, max: 12 }),
  parallelizationFactor: fc.constantFrom(1, 1, 2, 4, 10),
  bisectBatchOnError: fc.boolean(),
  isFiltered: fc.boolean(),
  pageSize: fc.integer({ min: 1, max: 30 }),
  envelope: fc.constantFrom<Envelope>('queue', 'topic', 'bucket', 'store', 'store by a topic'),
  hasChild: fc.boolean(),
  trimmed: fc.option(fc.nat({ max: 30 })),
  shards: fc.array(fc.array(fc.record({
    item: fc.nat({ max: 6 }),
    kept: fc.boolean(),
    odd: fc.nat({ max: ODD.length - 1 }),
    isPoison: fc.constantFrom(false, false, true),
    gap: fc.bigInt(1n, 5000n),
  }), { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 2 }),
});
type Envelope = 'queue' | 'topic' | 'bucket' | 'store' | 'store by a topic';

/** How a failed batch arrives. */
function deliver(world: World, envelope: Envelope, { message, objectKey, records }: SimulatedDelivery, at: number): void {
  const id = `m${at}`;
  const snsOf = (content: object) => ({ Type: 'Notification', MessageId: id, TopicArn: 'arn', Subject: null, Message: JSON.stringify(content) });
  // Documented as text, and recorded as an object.
  const object = { ...message, payload: at % 2 === 0 ? { Records: records } : JSON.stringify({ Records: records }) };
  const key = objectKey ?? `aws/lambda/a b+c/ü&=%2F/${at}`;
  const notification = {
    Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'failures' }, object: { key: formEncoded(key) } } }],
  };
  switch (envelope) {
    case 'queue': world.send(id, message); break;
    case 'topic': world.send(id, snsOf(message)); break;
    case 'bucket': world.send(id, object); break;
    case 'store': world.objects.set(`failures/${key}`, JSON.stringify(object)); world.send(id, notification); break;
    case 'store by a topic': world.objects.set(`failures/${key}`, JSON.stringify(object)); world.send(id, snsOf(notification)); break;
  }
}

const formEncoded = (key: string) => new URLSearchParams({ key }).toString().slice(4).replaceAll('%2F', '/');

test('what was given up is read as the function got it, byte for byte; what can\'t be known is inexact, and what is gone is lost', async () => {
  const seen = { exact: 0, inexact: 0, lost: 0 };
  await fc.assert(fc.asyncProperty(plans, async (plan) => {
    const { batchSize, parallelizationFactor, bisectBatchOnError, isFiltered, pageSize, envelope, hasChild } = plan;
    let number = 10n ** 20n;
    const shards = plan.shards.map((list, shard) => ({
      shardId: `shardId-${shard}`,
      ...(hasChild && shard === 1 && { parentShardId: 'shardId-0' }),
      records: list.map(({ item, kept, odd, isPoison, gap }) => {
        const record = streamRecord({ sequenceNumber: String(number += gap), createdAt: START, keys: { id: `${shard}-${item}` }, streamArn: ARN });
        record.dynamodb!.NewImage = {
          ...record.dynamodb!.Keys!, kind: { S: kept ? 'kept' : 'other' }, odd: ODD[odd], ...(isPoison && { poison: { BOOL: true } }),
        } as any;
        return record as StreamRecord;
      }),
    }));
    const handler = ({ Records }: StreamEvent) => {
      const poison = Records.find(({ dynamodb }) => dynamodb!.NewImage!.poison);
      return { batchItemFailures: poison ? [{ itemIdentifier: numberOf(poison) }] : [] };
    };
    const filters = isFiltered ? [FILTER] : [];
    const mapping = { batchSize, parallelizationFactor, bisectBatchOnError, filters, retryAttempts: 0, onFailure: 's3' as const };
    const run = await simulateTrigger({ mapping, handler, shards });
    const delivered = new Map(run.invocations.flatMap(({ event }) => event.Records).map((record) => [numberOf(record), JSON.stringify(record)]));

    const world = new World();
    const all = shards.flatMap(({ records }) => records.map(numberOf));
    const trimmedBefore = plan.trimmed === null ? undefined : all[Math.min(plan.trimmed, all.length - 1)];
    world.streams.set(ARN, { shards, pageSize, trimmedBefore });
    const functionArn = run.failed[0]?.requestContext.functionArn ?? 'none';
    world.mappings = [{ streamArn: ARN, functionArn, filters: filters.map((filter) => JSON.stringify(filter)), parallelizationFactor }];
    const deliveries = run.deliveries.map(({ message: { payload: _, ...message }, ...rest }) => ({ ...rest, message }));
    deliveries.forEach((delivery, at) => deliver(world, envelope, delivery as SimulatedDelivery, at));
    const { tally, removed } = await world.redrive({ superseded: 'send', write: (event) => world.written.push(JSON.parse(event)) });

    const written: StreamRecord[] = world.written.flatMap(({ Records }) => Records);
    written.forEach((record) => expect(JSON.stringify(record)).toBe(delivered.get(numberOf(record))));
    expect(new Set(written.map(numberOf)).size).toBe(written.length);
    expect(removed).toBe(0);
    // An object holds its records: the stream is not asked.
    const hasPayload = envelope !== 'queue' && envelope !== 'topic';
    const givenUp = deliveries.flatMap(({ records }) => records.map(numberOf));
    const gone = hasPayload ? [] : givenUp.filter((one) => trimmedBefore !== undefined && one < trimmedBefore);
    const there = givenUp.filter((one) => !gone.includes(one));
    const sent = written.map(numberOf);
    expect(tally.lost >= gone.length || tally.inexact > 0).toBe(true);
    if (hasPayload || parallelizationFactor === 1) {
      expect(sent.sort()).toEqual(there.sort());
      expect([tally.lost, tally.inexact, tally.unknown]).toEqual([gone.length, 0, 0]);
      seen.exact += sent.length;
    } else {
      // Nothing is sent that was not given up, and nothing of it is forgotten.
      expect(there).toEqual(expect.arrayContaining(sent));
      expect(there.length).toBeLessThanOrEqual(sent.length + tally.inexact);
      seen.inexact += tally.inexact;
    }
    seen.lost += tally.lost;
  }), runs(40, 1));
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});
