import { readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { spoolFile, type SpoolFile } from '../../lib/redrive';
import { newFolder } from '../folder';
import { needing } from '../needing';
import { runs } from '../runs';

let folder: string;
let spool: SpoolFile;
beforeEach(() => {
  folder = newFolder();
  spool = spoolFile(folder);
});

/** Some are longer than what waits to be written. */
const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.nat(700_000).map((bytes) => 'ä'.repeat(bytes))), { maxLength: 8 });

test('a spool gives each text back, in any order, also after it was cleared', () => {
  fc.assert(fc.property(texts, fc.boolean(), (all, isCleared) => {
    if (isCleared) {
      spool.clear();
    }
    const places = all.map((text) => [spool.append(text), text] as const);
    expect(places.reverse().every(([place, text]) => spool.read(place) === text)).toBe(true);
  }), runs(20));
  spool.close();
});

test('it leaves nothing in its folder', () => {
  spool.read(spool.append('text'));
  spool.close();
  expect(readdirSync(folder)).toEqual([]);
});

needing('another system than Windows', process.platform !== 'win32')('nor where its process is killed', () => {
  spool.read(spool.append('text'));
  expect(readdirSync(folder)).toEqual([]);
  spool.close();
});
