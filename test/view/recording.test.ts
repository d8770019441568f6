import { createRecording } from '../../lib/view/recording';

const engine = (notice: object) => ({ type: 'notice', at: 1, notice: { shardId: 'a', ...notice } });

/** Each kind of line that is drawn, with all that it must have. */
const LINES: readonly { readonly type: string; readonly [name: string]: unknown }[] = [
  { type: 'shards', at: 1 },
  { type: 'invocationStarted', at: 1, invocation: 1, shardId: 'a', records: 1 },
  { type: 'invocationEnded', at: 1, invocation: 1, shardId: 'a', records: 1, outcome: { type: 'success' } },
  { type: 'invocationEnded', at: 1, invocation: 1, shardId: 'a', records: 1, outcome: { type: 'error', errorType: 'Error', errorMessage: '' } },
  { type: 'checkpoint', at: 1, shardId: 'a', sequenceNumber: '1' },
  { type: 'delivered', at: 1, records: 1, accepted: true, message: { requestContext: { condition: 'c' }, DDBStreamBatchInfo: { shardId: 'a' } } },
  { type: 'parked', at: 1 },
  engine({ type: 'count', name: 'n', value: 1 }),
  engine({ type: 'retrying', records: 1, attempt: 2, at: 1 }),
  engine({ type: 'split', first: 1, second: 1 }),
  engine({ type: 'dropped', records: 1, reason: 'r' }),
  engine({ type: 'tooLarge', records: 1 }),
  engine({ type: 'trimmed' }),
];

/** What a line may have too. */
const MORE: readonly [type: string, more: object, wrong: object][] = [
  ...(['trigger', 'functionName', 'first', 'last', 'reason', 'shardId', 'record', 'error'] as const)
    .map((name): [string, object, object] => ['parked', { [name]: 'a' }, { [name]: 1 }]),
  ...(['environment', 'iteratorAgeMs', 'deadline'] as const).map((name): [string, object, object] => ['parked', { [name]: 1 }, { [name]: 'a' }]),
  ['shards', { lineage: [{ shardId: 'a' }, { shardId: 'b', parentShardId: 'a' }] }, { lineage: 'a' }],
  ['shards', { lineage: [] }, { lineage: [{}] }],
  ['shards', { lineage: [{ shardId: 'b', parentShardId: 'a' }] }, { lineage: [{ shardId: 'b', parentShardId: 1 }] }],
  ['notice', { notice: { type: 'trimmed', shardId: 'a', after: '1' } }, { notice: { type: 'trimmed', shardId: 'a', after: 1 } }],
];

function counts(...lines: object[]) {
  const recording = createRecording();
  lines.forEach((line) => recording.add(JSON.stringify(line)));
  const { drawn, known, unknown } = recording;
  return { drawn, known, unknown };
}

/** Copies of an object in which one value, at any depth, is of another type. */
function withOneWrong(value: { readonly [name: string]: unknown }): object[] {
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(typeof inner === 'string' && name === 'type' ? [] : [{ ...value, [name]: typeof inner === 'string' ? 1 : 'a' }, { ...value, [name]: null }]),
    ...(typeof inner === 'object' ? withOneWrong(inner as typeof value).map((wrong) => ({ ...value, [name]: wrong })) : []),
  ]);
}

test.each(LINES)('%j is drawn, and not with a value of another type', (line) => {
  expect(counts(line)).toEqual({ drawn: 1, known: 1, unknown: 0 });
  const wrong = withOneWrong(line);
  expect(wrong.length).toBeGreaterThan(1);
  for (const one of wrong) {
    expect([one, counts(one)]).toEqual([one, { drawn: 0, known: 1, unknown: 0 }]);
  }
});

test.each(MORE)('a line of %s may have %j, but not %j', (type, more, wrong) => {
  const line = LINES.find((one) => one.type === type)!;

  expect(counts({ ...line, ...more }).drawn).toBe(1);
  expect(counts({ ...line, ...wrong })).toEqual({ drawn: 0, known: 1, unknown: 0 });
});

test('a notice of a kind that no version knows is not drawn', () => {
  expect(counts(engine({ type: 'toString' }), { type: 'toString', at: 1 })).toEqual({ drawn: 0, known: 1, unknown: 1 });
});

test.each(['starting', 'ready', 'status', 'summary', 'error', 'log', 'warning', 'app', 'used'])('a line of %s is one of a recording, and is not drawn', (type) => {
  expect(counts({ type })).toEqual({ drawn: 0, known: 1, unknown: 0 });
});
