import * as fc from 'fast-check';
import { anyCharacter } from './any-character';
import { mostPayloadSize, payloadSize } from '../../lib/engine/payload-size';
import { runs } from '../runs';

test('the size of a value is the size of its JSON in UTF-8', () => {
  const text = fc.string({ unit: anyCharacter });
  const json = fc.oneof(fc.jsonValue({ stringUnit: anyCharacter }), text, fc.dictionary(text, fc.option(text, { nil: undefined })));
  fc.assert(fc.property(json, (value) => {
    expect(payloadSize(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
    expect(mostPayloadSize(value)).toBeGreaterThanOrEqual(payloadSize(value));
  }), runs(200));
});

test.each([['\ud800'], ['\udc00\ud800'], ['😀'], ['\u2028'], ['\u0000\b\n"\\/'], ['']])('%j is measured as in JSON', (text) => {
  expect(payloadSize(text)).toBe(Buffer.byteLength(JSON.stringify(text)));
});
