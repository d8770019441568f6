import { isFunctionArn, isRecordOf, isSequenceNumber, isStreamArn } from '../../lib/redrive/well-formed';
import type { StreamRecord } from '../../lib/stream/record';
import { streamRecord } from '../../lib/testing';

const STREAM = 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000';
const RECORD = streamRecord({ newImage: { id: 'a' }, streamArn: STREAM }) as StreamRecord;

const recordWith = (change: object) => ({ ...RECORD, dynamodb: { ...RECORD.dynamodb, ...change } });
const withValue = (attribute: unknown) => recordWith({ NewImage: { attribute } });
const lists = (levels: number): object => levels === 0 ? { S: 'x' } : { L: [lists(levels - 1)] };
const maps = (levels: number): object => levels === 0 ? { S: 'x' } : { M: { a: maps(levels - 1) } };

test.each<[string, unknown[], unknown[]]>([
  [
    'values',
    [{ S: '' }, { N: '1' }, { B: 'AA==' }, { BOOL: false }, { NULL: true }, { SS: ['a'] }, { NS: ['1'] }, { BS: ['AA=='] }, { L: [] }, { M: {} }, lists(32), maps(32)].map(withValue),
    [
      null, 'a', {}, { S: 'a', N: '1' }, { X: 'a' }, { S: 1 }, { N: 1 }, { B: [0] }, { BOOL: 'true' }, { NULL: 'true' }, { SS: 'a' }, { SS: [1] }, { NS: [1] }, { BS: [null] },
      { L: {} }, { L: ['a'] }, { M: [] }, { M: { a: 'b' } }, lists(33), maps(33),
    ].map(withValue),
  ],
  [
    'keys',
    [{ a: { S: 'a' } }, { a: { N: '1' }, b: { B: 'AA==' } }].map((Keys) => recordWith({ Keys })),
    [undefined, {}, { a: { S: 'a' }, b: { S: 'b' }, c: { S: 'c' } }, { a: { S: '' } }, { a: { BOOL: true } }, { a: { L: [{ S: 'a' }] } }].map((Keys) => recordWith({ Keys })),
  ],
  [
    'images',
    [
      ...[undefined, 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'].map((StreamViewType) => recordWith({ StreamViewType })),
      recordWith({ StreamViewType: 'KEYS_ONLY', NewImage: undefined }), recordWith({ OldImage: { a: { S: 'a' } } }),
    ],
    [recordWith({ StreamViewType: 'ALL' }), recordWith({ StreamViewType: 'KEYS_ONLY' }), recordWith({ OldImage: [] }), recordWith({ OldImage: { a: 'a' } })],
  ],
  [
    'times',
    [undefined, 0, 8.64e12].map((ApproximateCreationDateTime) => recordWith({ ApproximateCreationDateTime })),
    [-1, 8.64e12 + 1, '2025-01-01', null].map((ApproximateCreationDateTime) => recordWith({ ApproximateCreationDateTime })),
  ],
  [
    'events',
    ['INSERT', 'MODIFY', 'REMOVE'].map((eventName) => ({ ...RECORD, eventName })),
    [
      undefined, 'record', [RECORD], { ...RECORD, eventName: 'INSERTED' }, { ...RECORD, eventID: '' }, { ...RECORD, dynamodb: undefined }, recordWith({ SequenceNumber: 'x' }),
      { ...RECORD, eventSourceARN: `${STREAM}1` },
    ],
  ],
])('a record of the stream, by its %s', (_, all, none) => {
  expect(all.filter((record) => !isRecordOf(STREAM, record))).toEqual([]);
  expect(none.filter((record) => isRecordOf(STREAM, record))).toEqual([]);
});

const FUNCTION = 'arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:on_order-1';

test.each<[string, (value: unknown) => boolean, unknown[], unknown[]]>([
  ['a sequence number', isSequenceNumber, ['1'.repeat(21), '9'.repeat(40)], ['1'.repeat(20), '9'.repeat(41), `-${'1'.repeat(21)}`, 1, undefined]],
  [
    'the ARN of a stream', isStreamArn,
    [STREAM, STREAM.replace('aws', 'aws-cn').replace('/Table/', '/My_table-1.0/')],
    [undefined, '', `x${STREAM}`, `${STREAM} `, STREAM.replace(/\/stream.*/, ''), STREAM.replace('dynamodb', 'kinesis'), STREAM.replace('123456789012', '12345678901')],
  ],
  [
    'the ARN of a function', isFunctionArn,
    [FUNCTION, `${FUNCTION}:7`, `${FUNCTION}:live-1`, `${FUNCTION}:$LATEST`],
    [undefined, 'on_order-1', `x${FUNCTION}`, `${FUNCTION}:`, `${FUNCTION}:$live`, `${FUNCTION}:a:b`, FUNCTION.replace(':function:', ':layer:'), FUNCTION.replace('lambda', 'sqs')],
  ],
])('what %s is', (_, is, all, none) => {
  expect(all.filter((value) => !is(value))).toEqual([]);
  expect(none.filter(is)).toEqual([]);
});
