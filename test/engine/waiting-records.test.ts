import * as fc from 'fast-check';
import { anyCharacter } from './any-character';
import { records } from './drive';
import type { Entry } from '../../lib/engine/batch';
import { mostPayloadSize, payloadSize } from '../../lib/engine/payload-size';
import { WaitingRecords } from '../../lib/engine/waiting-records';
import { runs } from '../runs';

const entryOf = (record: object): Entry => ({ record, arrival: { at: 0 }, size: mostPayloadSize(record), measured: false, after: undefined });

function waitingFor(list: readonly object[]): WaitingRecords {
  const waiting = new WaitingRecords();
  list.forEach((record) => waiting.push(entryOf(record)));
  return waiting;
}

test('an event takes as many records as fit, whether they were measured before or not', () => {
  const texts = fc.array(fc.string({ unit: anyCharacter, maxLength: 12 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(texts, fc.integer({ min: 1, max: 12 }), fc.nat({ max: 300 }), fc.boolean(), (list, most, bytes, measured) => {
    const all = list.map((text) => ({ eventID: text }));
    const fits = (count: number) => Buffer.byteLength(JSON.stringify(all.slice(0, count)).slice(1, -1)) <= bytes;
    const expected = Math.max(1, all.filter((_, index) => index < most && fits(index + 1)).length);
    const waiting = waitingFor(all);
    if (measured) {
      waiting.bytes();
    }
    expect(waiting.take(most, bytes, () => true).map(({ record }) => record)).toEqual(all.slice(0, expected));
    expect([waiting.count, waiting.first?.record]).toEqual([all.length - expected, all[expected]]);
    expect(waiting.bytes()).toBe(all.slice(expected).reduce((sum, record) => sum + payloadSize(record) + 1, 0));
  }), runs(200));
});

test('far from a limit, nothing is measured', () => {
  const waiting = waitingFor(records(10));
  expect(waiting.exceed(1e6)).toBe(false);
  expect(waiting.take(10, 1e6, () => true).some(({ measured }) => measured)).toBe(false);
});

test('near a limit, the measured size counts', () => {
  const [record] = records(1);
  expect([waitingFor([record]).exceed(payloadSize(record)), waitingFor([record]).exceed(payloadSize(record) + 1)]).toEqual([true, false]);
});

test('records that are put back come first, and count', () => {
  const list = records(3);
  const waiting = waitingFor(list);
  const bytes = waiting.bytes();
  waiting.putBack(waiting.take(2, 1e6, () => true));
  expect(waiting.bytes()).toBe(bytes);
  expect(waiting.take(3, 1e6, () => true).map(({ record }) => record)).toEqual(list);
});

test('at least one record is taken, however large', () => {
  expect(waitingFor(records(2)).take(2, 1, () => true)).toHaveLength(1);
});
