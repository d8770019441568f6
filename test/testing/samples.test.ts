import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { type SimulationOptions, type SimulationRun, simulateTrigger, streamRecord } from '../../lib/testing';
import { START } from '../records';

const records = Array.from({ length: 4 }, (_, at) => streamRecord({ keys: { id: `item-${at}` }, createdAt: START + at }));

const run = async (options: Partial<SimulationOptions>) => simulateTrigger({ handler: async () => undefined, shards: [{ records }], ...options });
/** The values of a metric, with the seconds after the start. */
const valuesOf = ({ samples, startedAt }: SimulationRun, metric: string) => samples.filter(({ name }) => name === metric)
  .map(({ at, value }) => [(at - startedAt) / 1000, value]);
const sumOf = (simulation: SimulationRun, metric: string) => valuesOf(simulation, metric).reduce((sum, [, value]) => sum + value, 0);

test('an invocation is counted when it has ended, and its records\' age is that of the last one when it started', async () => {
  const simulation = await run({ faults: { latency: 1_500 } });

  const { invocations, startedAt } = simulation;
  const ends = invocations.map(({ at, durationMs }) => (at + durationMs - startedAt) / 1000);

  expect(ends.slice(0, 2)).toEqual([1.5, 3]);
  expect(valuesOf(simulation, 'Invocations')).toEqual(ends.map((end) => [end, 1]));
  expect(valuesOf(simulation, 'Duration')).toEqual(ends.map((end) => [end, 1_500]));
  expect(valuesOf(simulation, 'IteratorAge')).toEqual(invocations.map(({ at, iteratorAgeMs }) => [(at - startedAt) / 1000, iteratorAgeMs]));
  expect(valuesOf(simulation, 'IteratorAge')[1]).toEqual([1.5, 500]);
  expect(sumOf(simulation, 'Errors')).toBe(0);
});

test('the mapping\'s counts add up to the metrics of the run', async () => {
  const simulation = await run({
    mapping: { retryAttempts: 1, onFailure: 'none', filters: [{ dynamodb: { Keys: { id: { S: [{ 'anything-but': ['item-0'] }] } } } }] },
    handler: async () => {
      throw new Error('always');
    },
  });

  expect(simulation.metrics.DroppedEventCount).toBe(3);
  for (const [name, sum] of Object.entries(simulation.metrics)) {
    expect([name, sumOf(simulation, name)]).toEqual([name, sum]);
  }
  expect(sumOf(simulation, 'Errors')).toBe(simulation.invocations.length);
});

test('throttles, refused deliveries, and how many invocations ran at once are among them', async () => {
  const simulation = await simulateTrigger({
    mapping: { retryAttempts: 0 }, shards: [{ records }, { records: records.map((record) => ({ ...record, eventID: `other-${record.eventID}` })) }],
    handler: async () => {
      throw new Error('always');
    },
    faults: { throttle: 0.5, refuse: 1, latency: 100 },
  });

  expect(sumOf(simulation, 'Throttles')).toBe(simulation.faults.throttle);
  expect(sumOf(simulation, 'DestinationDeliveryFailures')).toBe(simulation.faults.refuse);
  expect(Math.max(...valuesOf(simulation, 'ConcurrentExecutions').map(([, value]) => value))).toBe(2);
});

test('what the runtime counts is among them, and nothing is printed', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const simulation = await run({
    handler: streamHandler(() => {
      throw new PoisonRecordError('bad');
    }),
  });
  const written = write.mock.calls.length;
  write.mockRestore();

  expect(written).toBe(0);
  expect(sumOf(simulation, 'ParkedRecords')).toBe(4);
  expect(new Set(simulation.samples.map(({ namespace }) => namespace))).toEqual(new Set(['AWS/Lambda', 'DynamoStreamTrigger']));
});

test('they are in order of time', async () => {
  const { samples } = await run({ faults: { latency: 700 }, mapping: { batchSize: 1 } });

  expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).sort((a, b) => a - b));
});
