import { buildSync } from 'esbuild';
import * as v from 'valibot';
import { z } from 'zod';
import { record } from './records';
import { type StandardSchema, streamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import type { ParkedRecord } from '../../lib/stream/parked-record';

interface Order {
  total: number;
}

/** arktype is an ES module, and jest runs CommonJS. */
function arktype(): typeof import('arktype', { with: { 'resolution-mode': 'import' } }) {
  const { outputFiles: [{ text }] } = buildSync({
    stdin: { contents: "export * from 'arktype'", resolveDir: __dirname }, bundle: true, format: 'cjs', write: false,
  });
  const module = { exports: {} };
  new Function('module', 'exports', text)(module, module.exports);
  return module.exports as any;
}

const schemas: [string, StandardSchema<Order>][] = [
  ['zod', z.object({ total: z.number() })],
  ['valibot', v.object({ total: v.number() })],
  ['arktype', arktype().type({ total: 'number' })],
];

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe.each(schemas)('%s', (_, schema) => {
  test('images that fit reach the handler, those of an INSERT too, absent ones absent', async () => {
    const seen: unknown[] = [];
    const handler = streamHandler({
      schema, onRecord: ({ newImage, oldImage }) => {
        seen.push([newImage?.total, oldImage?.total]);
      },
    });
    await handler({
      Records: [
        record(0, 'a', { eventName: 'INSERT', newImage: { total: 1 } }),
        record(1, 'a', { newImage: { total: 2 }, oldImage: { total: 1 } }),
        record(2, 'a', { eventName: 'REMOVE', oldImage: { total: 2 } }),
        record(3, 'a'),
      ],
    });
    expect(seen).toEqual([[1, undefined], [2, 1], [undefined, 2], [undefined, undefined]]);
  });

  test.each(['newImage', 'oldImage'])('a record whose %s alone does not fit is poison', async (image) => {
    const parked: ParkedRecord[] = [];
    let calls = 0;
    const context = {
      [HOST]: {
        park: async (poison: ParkedRecord) => {
          parked.push(poison);
        },
      },
    } as any;
    const images = { newImage: { total: 1 }, oldImage: { total: 1 }, [image]: { total: 'one' } };
    await streamHandler({
      schema, onRecord: () => {
        calls++;
      },
    })({ Records: [record(0, 'a', images)] }, context);
    expect([calls, parked.length]).toEqual([0, 1]);
  });

  test('a record that does not fit is parked with the issues, without a call', async () => {
    const parked: ParkedRecord[] = [];
    let calls = 0;
    const context = {
      [HOST]: {
        park: async (poison: ParkedRecord) => {
          parked.push(poison);
        },
      },
    } as any;
    await streamHandler({
      schema, onRecord: () => {
        calls++;
      },
    })({ Records: [record(0, 'a', { newImage: { total: 'secret' } })] }, context);
    expect(calls).toBe(0);
    expect(parked[0].error.name).toBe('PoisonRecordError');
    expect(JSON.parse(JSON.stringify(parked[0].error.issues))).toEqual([{ message: expect.any(String), path: ['total'] }]);
    expect(parked[0].tries).toBe(1);
    expect(JSON.stringify((console.error as jest.Mock).mock.calls)).not.toContain('secret');
  });
});

test('a record whose check leaves no time for its call is not begun, and is not poison', async () => {
  let left = 10_000;
  const validate = async (value: any) => {
    left = 400; return { value };
  };
  const parked: ParkedRecord[] = [];
  const context = {
    getRemainingTimeInMillis: () => left, [HOST]: {
      park: async (poison: ParkedRecord) => {
        parked.push(poison);
      },
    },
  } as any;
  let calls = 0;
  const handler = streamHandler({
    schema: { '~standard': { version: 1, vendor: 'test', validate } }, retry: { maxAttempts: 1 }, onRecord: () => {
      calls++;
    },
  });
  const { batchItemFailures } = await handler({ Records: [record(0, 'a', { newImage: { total: 1 } })] }, context);
  expect(batchItemFailures).toHaveLength(1);
  expect(calls).toBe(0);
  expect(parked).toEqual([]);
});

test('the schema gives the images their type, and may change them', async () => {
  const schema = z.object({ at: z.string().transform((text) => new Date(text)) });
  const seen: (number | undefined)[] = [];
  await streamHandler({
    schema, onInsert: (change) => {
      seen.push(change.newImage?.at.getTime());
    },
  })({
    Records: [record(0, 'a', { eventName: 'INSERT', newImage: { at: '1970-01-01T00:00:01Z' } })],
  });
  expect(seen).toEqual([1_000]);
});
