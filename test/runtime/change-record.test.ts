import { inspect } from 'node:util';
import { record, STREAM_ARN } from './records';
import { type ChangeRecord, Decimal, type StreamHandlerOptions, streamHandler } from '../../lib/runtime';
import type { StreamRecord } from '../../lib/stream/record';

async function handled(raw: StreamRecord, options: Partial<StreamHandlerOptions> = {}): Promise<ChangeRecord> {
  let seen!: ChangeRecord;
  await streamHandler({
    ...options,
    onRecord: (change) => {
      seen = change;
    },
  })({ Records: [raw] });
  return seen;
}

/** With an attribute of each type that JSON can't hold. */
const hard: StreamRecord = {
  ...record(7, 'a', { newImage: { name: 'x', tags: new Set(['b', 'a']), bytes: new Uint8Array([1, 2, 255]) } }),
};
Object.assign(hard.dynamodb!.NewImage!, {
  whole: { N: '9007199254740993' },
  fraction: { N: '3.333333333333333333333333333' },
  list: { L: [{ NS: ['1', '9007199254740993'] }, { M: { ['__proto__']: { S: 'an attribute' } } }] },
});

const IMAGE = {
  name: 'x',
  tags: ['b', 'a'],
  bytes: 'AQL/',
  whole: '9007199254740993',
  fraction: '3.333333333333333333333333333',
  list: [[1, '9007199254740993'], JSON.parse('{ "__proto__": "an attribute" }')],
};

test('a record becomes JSON with all that is in it but raw, and nothing changed', async () => {
  const json = JSON.parse(JSON.stringify(await handled(hard)));
  expect(json).toEqual({
    eventName: 'MODIFY',
    keys: { pk: 'order', sk: 'a' },
    newImage: IMAGE,
    expired: false,
    sequenceNumber: '100000000000000000007',
    eventId: 'event-7',
    version: '2026-01-01T00:00:00.000/0000000000000000000100000000000000000007',
  });
  expect(Object.keys(json.newImage.list[1])).toEqual(['__proto__']);
});

test('a record becomes a plain object, to spread and to clone', async () => {
  const change = await handled(hard);
  const { newImage, ...rest } = { ...change.toObject() };
  expect(rest).toMatchObject({ eventName: 'MODIFY', keys: { pk: 'order', sk: 'a' }, eventId: 'event-7' });
  expect(newImage).toMatchObject({ tags: new Set(['b', 'a']), whole: 9007199254740993n });
  expect(structuredClone(change.toObject()).newImage!.tags).toEqual(new Set(['b', 'a']));
});

test('a record that was frozen can still be read', async () => {
  const change = Object.freeze(await handled(hard));
  expect([change.keys, change.newImage!.name, change.raw.eventID]).toEqual([{ pk: 'order', sk: 'a' }, 'x', 'event-7']);
});

test('a record that is printed shows what it holds', async () => {
  expect(inspect(await handled(hard), { depth: 5 })).toContain("name: 'x'");
});

test('the versions of an item grow as text, over all lengths of sequence numbers and over streams', async () => {
  const at = (SequenceNumber: string, label: string) => handled({
    ...record(0), eventSourceARN: STREAM_ARN.replace(/[^/]+$/, label), dynamodb: { ...record(0).dynamodb, SequenceNumber },
  });
  const [older, newer] = ['2026-01-01T00:00:00.000', '2026-02-01T00:00:00.000'];
  const versions = await Promise.all([at('999', older), at('1000', older), at('9'.repeat(40), older), at('1', newer)]);
  expect(versions.map(({ version }) => version)).toEqual(versions.map(({ version }) => version).sort());
});

test('a Decimal throws where it would be calculated with, compared or concatenated, and is its text elsewhere', async () => {
  const fraction: any = (await handled(hard)).newImage!.fraction;
  expect(fraction).toBeInstanceOf(Decimal);
  for (const use of [() => fraction + 1, () => 1 - fraction, () => fraction < 4, () => fraction == 3, () => `${fraction + ''}`, () => Number(fraction)]) {
    expect(use).toThrow('Pass its text to a decimal library');
  }
  expect([`${fraction}`, String(fraction), JSON.stringify(fraction), Number(fraction.text)]).toEqual([
    IMAGE.fraction, IMAGE.fraction, `"${IMAGE.fraction}"`, 3.3333333333333335,
  ]);
});

test('numbers: \'number\' makes every number a double', async () => {
  const { newImage } = await handled(hard, { numbers: 'number' });
  const list = [new Set([1, 9007199254740992]), expect.anything()];
  expect(newImage).toMatchObject({ whole: 9007199254740992, fraction: 3.3333333333333335, list });
});
