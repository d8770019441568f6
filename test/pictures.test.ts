import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { streamHandler } from '../lib/runtime';
import { simulateTrigger, streamRecord } from '../lib/testing';
import { PICTURES } from '../projenrc/pictures';
import { incidentPicture, INCIDENTS } from './view/incidents';
import { TRIES } from '../projenrc/pictures/bisect';
import { type TextBox, WIDTH } from '../projenrc/pictures/drawing';
import { BATCH } from '../projenrc/pictures/lanes';

const FOLDER = join(__dirname, '..', 'docs', 'pictures');
const MARGIN = 8;

test('docs/pictures has no others', () => {
  expect(readdirSync(FOLDER).sort()).toEqual([...Object.keys(PICTURES), ...Object.keys(INCIDENTS)].sort());
});

describe.each(Object.entries(PICTURES))('%s', (name, draw) => {
  const drawing = draw();

  test('is what is drawn (UPDATE_DOCS=1 writes it)', () => {
    const file = join(FOLDER, name);
    if (process.env.UPDATE_DOCS) {
      writeFileSync(file, drawing.svg());
    }

    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(drawing.svg());
  });

  test('has no text that touches another one, or the edge', () => {
    const touching = drawing.texts.flatMap((one, at) => drawing.texts.slice(at + 1)
      .filter((other) => touch(one, other)).map((other) => [one.text, other.text]));
    const outside = drawing.texts.filter(({ left, right, bottom }) => left < MARGIN || right > WIDTH - MARGIN || bottom > drawing.height - MARGIN);

    expect(touching).toEqual([]);
    expect(outside.map(({ text }) => text)).toEqual([]);
  });
});

test.each(Object.entries(INCIDENTS))('%s is the view of its simulation (UPDATE_DOCS=1 writes it)', async (name, incident) => {
  const file = join(FOLDER, name);
  const svg = await incidentPicture(incident);
  if (process.env.UPDATE_DOCS) {
    writeFileSync(file, svg);
  }

  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(svg);
});

test('the tries of bisect.svg are those of the engine', async () => {
  const run = await simulateTrigger({
    mapping: { batchSize: 8, bisectBatchOnError: true, reportBatchItemFailures: false, retryAttempts: 0 },
    handler: async ({ Records }: { Records: { dynamodb?: { NewImage?: Record<string, { N?: string }> } }[] }) => {
      if (Records.some(({ dynamodb }) => dynamodb?.NewImage?.number.N === '6')) {
        throw new Error('6 always fails');
      }
    },
    shards: [{ records: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => ({ number })) }],
  });

  const tries = run.invocations.map(({ event: { Records }, error }) => [
    Number(Records[0].dynamodb!.NewImage!.number.N), Number(Records.at(-1)!.dynamodb!.NewImage!.number.N), error ? 'failed' : 'done',
  ]);
  expect(tries).toEqual(TRIES.map(([first, last, , kind]) => [first, last, kind]));
});

test('the answer of lanes.svg is that of the runtime', async () => {
  const calls: number[] = [];
  const run = await simulateTrigger({
    mapping: { batchSize: BATCH.length, retryAttempts: 0 },
    handler: streamHandler<{ number: number }>({
      retry: { maxAttempts: 1 },
      onRecord: async ({ newImage }) => {
        calls.push(newImage!.number);
        if (newImage!.number === 5) {
          throw new Error('5 fails');
        }
      },
    }),
    shards: [{ records: BATCH.map(([item], at) => streamRecord({ newImage: { item, number: at + 1 } })) }],
  });

  const [{ event: { Records }, response }] = run.invocations;
  const [{ itemIdentifier }] = (response as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures;
  expect(Records.findIndex(({ dynamodb }) => dynamodb!.SequenceNumber === itemIdentifier)).toBe(BATCH.findIndex(([, kind]) => kind === 'failed'));
  expect(calls.slice(0, BATCH.length - 1).sort()).toEqual(BATCH.flatMap(([, kind], at) => kind === 'waiting' ? [] : [at + 1]));
});

function touch(one: TextBox, other: TextBox): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
