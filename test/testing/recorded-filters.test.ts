import { simulateTrigger, type StreamEvent, streamRecord } from '../../lib/testing';
import { recorded } from '../recorded';

/** Two puts on a table whose mapping has a filter, and what AWS delivered of them. */
interface RecordedFilter {
  readonly name: string;
  readonly put1: Record<string, object>;
  readonly put2: Record<string, object>;
  readonly pattern: object;
  readonly invocations: number;
  readonly delivered: readonly { dynamodb: { NewImage: object } }[];
}

const filters = recorded<{ cases: RecordedFilter[] }>('aws-recorded-stream-filters.json');

filters.test('a filter lets through what AWS delivered', async () => {
  for (const { name, put1, put2, pattern, invocations, delivered } of filters.data!.cases) {
    const sameItem = JSON.stringify(put1.id) === JSON.stringify(put2.id);
    const images: object[] = [];
    const run = await simulateTrigger({
      mapping: { batchSize: 1, filters: [pattern as Record<string, unknown>] },
      handler: async ({ Records }: StreamEvent) => void images.push(...Records.map(({ dynamodb }) => dynamodb!.NewImage!)),
      shards: [{
        records: [
          streamRecord({ keys: { id: put1.id }, newImage: put1 }),
          streamRecord({ keys: { id: put2.id }, newImage: put2, ...sameItem && { oldImage: put1 } }),
        ],
      }],
    });
    expect([name, images]).toEqual([name, delivered.map(({ dynamodb }) => dynamodb.NewImage)]);
    expect(run.invocations).toHaveLength(invocations);
  }
});

test('a case of our own: a filter lets through one change of two', async () => {
  const run = await simulateTrigger({
    mapping: { filters: [{ eventName: ['REMOVE'] }] },
    handler: async () => null,
    shards: [{ records: [streamRecord({ newImage: { id: 'a' } }), streamRecord({ oldImage: { id: 'a' } })] }],
  });
  expect(run.invocations.flatMap(({ event }) => event.Records.map(({ eventName }) => eventName))).toEqual(['REMOVE']);
});
