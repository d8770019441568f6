import fc from 'fast-check';
import { changed } from '../../lib/runtime';
import { changeRecord } from '../../lib/runtime/change-record';
import { readBatch } from '../../lib/runtime/event';
import type { EventName, StreamRecord } from '../../lib/stream/record';

const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000';

/** A record of an item before and after a change, as DynamoDB spells it. */
function record(OldImage?: object, NewImage?: object) {
  const eventName = OldImage === undefined ? 'INSERT' : NewImage === undefined ? 'REMOVE' : 'MODIFY';
  return withImages(eventName, OldImage, NewImage);
}

function withImages(eventName: EventName, OldImage?: object, NewImage?: object) {
  const dynamodb = { Keys: { pk: { S: 'a' } }, SequenceNumber: '1', OldImage, NewImage };
  return changeRecord(readBatch({ Records: [{ eventName, eventSourceARN: STREAM_ARN, dynamodb } as StreamRecord] }), 0);
}

const ADDRESS = { address: { M: { city: { S: 'Bern' }, lines: { L: [{ S: 'a' }, { N: '1' }] } } }, tags: { SS: ['a', 'b'] } };

test.each<[string, object, (string | number)[], boolean]>([
  ['an attribute', { ...ADDRESS, tags: { SS: ['a', 'c'] } }, ['tags'], true],
  ['another attribute', { ...ADDRESS, tags: { SS: ['a', 'c'] } }, ['address'], false],
  ['the item', { ...ADDRESS, tags: { SS: ['a', 'c'] } }, [], true],
  ['a set in another order', { ...ADDRESS, tags: { SS: ['b', 'a'] } }, ['tags'], false],
  ['a type', { ...ADDRESS, tags: { L: [{ S: 'a' }, { S: 'b' }] } }, ['tags'], true],
  ['an attribute of a map', { ...ADDRESS, address: { M: { ...ADDRESS.address.M, city: { S: 'Basel' } } } }, ['address', 'city'], true],
  ['another one of it', { ...ADDRESS, address: { M: { ...ADDRESS.address.M, city: { S: 'Basel' } } } }, ['address', 'lines'], false],
  ['an element of a list', { ...ADDRESS, address: { M: { ...ADDRESS.address.M, lines: { L: [{ S: 'a' }, { N: '2' }] } } } }, ['address', 'lines', 1], true],
  ['another one of it', { ...ADDRESS, address: { M: { ...ADDRESS.address.M, lines: { L: [{ S: 'a' }, { N: '2' }] } } } }, ['address', 'lines', 0], false],
  ['an attribute that was added', { ...ADDRESS, more: { NULL: true } }, ['more'], true],
  ['an attribute that was removed', { tags: ADDRESS.tags }, ['address', 'city'], true],
  ['an attribute that is not there', ADDRESS, ['nothing', 'at', 'all'], false],
  ['an attribute with the name of a method', ADDRESS, ['toString'], false],
])('%s', (_name, newImage, path, expected) => {
  expect(changed(record(ADDRESS, newImage), ...path)).toBe(expected);
});

test('an item that is new or gone has changed in each attribute that it has', () => {
  for (const item of [record(undefined, ADDRESS), record(ADDRESS, undefined)]) {
    expect(changed(item)).toBe(true);
    expect(changed(item, 'tags')).toBe(true);
    expect(changed(item, 'nothing')).toBe(false);
  }
});

test('numbers that a double can\'t hold are compared exactly', () => {
  expect(changed(record({ n: { N: '12345678901234567890' } }, { n: { N: '12345678901234567891' } }), 'n')).toBe(true);
});

test.each([['new', ADDRESS, undefined], ['old', undefined, ADDRESS]])('a record without its %s image is refused, because the answer would be a guess', (which, OldImage, NewImage) => {
  const partial = withImages('MODIFY', OldImage, NewImage);

  expect(() => changed(partial, 'tags')).toThrow(new TypeError(
    `changed got a record without its ${which} image, but compares both. Set the stream's view type to NEW_AND_OLD_IMAGES.`));
});

test('an item is changed exactly if one of its attributes is', () => {
  const text = fc.record({ S: fc.string() });
  const value = fc.oneof(text, fc.record({ N: fc.nat().map(String) }), fc.record({ L: fc.array(text) }));
  const image = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), value);
  fc.assert(fc.property(image, image, (before, after) => {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];

    expect(changed(record(before, after))).toBe(names.some((name) => changed(record(before, after), name)));
    expect(changed(record(before, before))).toBe(false);
  }));
});
