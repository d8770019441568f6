import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { simulateTrigger, type SimulationRun, streamRecord } from '../../lib/testing';
import { createModel, type View } from '../../lib/view';

/** A poison record among others, and a record that fails once: what every part of the view is tried on. Item keys and errors are hostile. */
export async function knownRun(): Promise<SimulationRun> {
  const failed = new Set<number>();
  return simulateTrigger({
    mapping: { batchSize: 4, retryAttempts: 3 },
    handler: streamHandler<{ number: number }>({
      retry: { maxAttempts: 1 },
      onRecord: async ({ newImage }) => {
        const { number } = newImage!;
        if (number === 3) {
          throw new PoisonRecordError('</script><b onclick="x()">3 & \'bad\'</b>');
        }
        if (number === 6 && !failed.has(number)) {
          failed.add(number);
          throw new Error('not yet');
        }
      },
    }),
    shards: [{
      records: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => streamRecord({
        keys: { id: `<img src=x> ${number % 2}` }, newImage: { id: `<img src=x> ${number % 2}`, number }, createdAt: 1_735_689_600,
      })),
    }],
    faults: { latency: () => 50 },
  });
}

export function viewOf({ notices }: Pick<SimulationRun, 'notices'>): View {
  const model = createModel();
  notices.forEach((notice) => model.add(notice));
  return model.view;
}
