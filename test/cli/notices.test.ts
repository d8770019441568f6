import { PassThrough } from 'node:stream';
import { lines } from '../../lib/cli/output';
import type { LocalMapping } from '../../lib/local/assembly/app';
import { startMapping } from '../../lib/local/mapping-run';
import { settingsInTemplate } from '../../lib/rules/cloudformation';
import { validSettings } from '../../lib/rules/valid-settings';
import { TEMPLATE_WORDS } from '../../lib/rules/words';
import type { StreamEvent } from '../../lib/stream/record';
import { streamRecord } from '../../lib/testing';

/** The engine's own notices, printed: from a mapping at work to the lines of the command. */
async function printedFor(template: object, { poison, refused = false }: { poison: string; refused?: boolean }): Promise<string[]> {
  jest.useFakeTimers();
  try {
    const out = new PassThrough({ highWaterMark: 2 ** 20 });
    const output = lines(out as unknown as NodeJS.WriteStream);
    const mapping = {
      path: 'Shop/OrderEvents',
      settings: validSettings(settingsInTemplate({ StartingPosition: 'TRIM_HORIZON', ...template }), TEMPLATE_WORDS, fail),
      function: { name: 'on-order' },
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:on-order',
      executedVersion: '$LATEST',
      destinationArn: 'arn:aws:sqs:us-east-1:000000000000:failures',
    } as unknown as LocalMapping;
    const records = ['a', 'b', 'c'].map((id, n) => streamRecord({
      keys: { id }, newImage: { id }, sequenceNumber: `${n + 1}00000000000000000000000`, createdAt: new Date(),
    }));
    let reads = 0;
    const driver = startMapping(mapping, {
      uuid: 'mapping',
      stream: {
        streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-23T09:00:00.000',
        shards: async () => [{ shardId: 'shard' }],
        read: async () => ({ records: reads++ === 0 ? records : [], end: false }),
      },
      start: { startingPosition: 'TRIM_HORIZON', checkpoints: {} },
      functions: {
        of: () => ({
          invoke: async (event) => (event as StreamEvent).Records.some(({ dynamodb }) => dynamodb?.Keys?.id.S === poison)
            ? { type: 'error', requestId: 'r', errorType: 'Error', errorMessage: 'poison' }
            : { type: 'response', requestId: 'r', response: null },
        }),
      },
      destinations: {
        deliver: async () => {
          if (refused) {
            throw new Error('no such queue');
          }
        },
      },
      observer: output.happened,
      onCheckpoint: () => {},
      onFailure: (error) => {
        throw error;
      },
    });
    let isDrained = false;
    void driver.drained().then(() => isDrained = true);
    while (!isDrained) {
      await jest.advanceTimersByTimeAsync(1000);
    }
    driver.stop(new Error('The test is over.'));
    output.ended();
    return String(out.read()).trim().split('\n').map((line) => line.replace(/in \d+ ms/, 'in 0 ms'));
  } finally {
    jest.useRealTimers();
  }
}

test('retries, splits and what was given up are lines', async () => {
  expect(await printedFor({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 }, { poison: 'b' })).toMatchInlineSnapshot(`
[
  "on-order > 3 records in 0 ms, failed: Error: poison",
  "Shop/OrderEvents > split into 1 and 2 records",
  "on-order > 1 record in 0 ms, done",
  "on-order > 2 records in 0 ms, failed: Error: poison",
  "Shop/OrderEvents > split into 1 and 1 record",
  "on-order > 1 record in 0 ms, failed: Error: poison",
  "Shop/OrderEvents > retrying 1 record, attempt 2",
  "on-order > 1 record in 0 ms, failed: Error: poison",
  "Shop/OrderEvents > RetryAttemptsExhausted: 1 record on arn:aws:sqs:us-east-1:000000000000:failures",
  "on-order > 1 record in 0 ms, done",
]
`);
});

test('what the failure destination refuses is lost, and the line has the reason', async () => {
  expect(await printedFor({ MaximumRetryAttempts: 0 }, { poison: 'b', refused: true })).toMatchInlineSnapshot(`
[
  "on-order > 3 records in 0 ms, failed: Error: poison",
  "Shop/OrderEvents > RetryAttemptsExhausted: 3 records refused by arn:aws:sqs:us-east-1:000000000000:failures: no such queue",
  "Shop/OrderEvents > LOST 3 records: refused by the failure destination",
]
`);
});

test('what a filter drops is counted, and is not a line', async () => {
  expect(await printedFor({ FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"Keys":{"id":{"S":["a"]}}}}' }] } }, { poison: 'b' })).toMatchInlineSnapshot(`
[
  "on-order > 1 record in 0 ms, done",
]
`);
});

function fail(refusals: readonly string[]): never {
  throw new Error(refusals.join('\n'));
}
