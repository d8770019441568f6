import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutated, type Mutation, mutationsOf } from './mutations';
import { sources } from '../../projenrc/imports';

/** A mutation of a file of lib/. */
export interface Mutant extends Mutation {
  readonly room: string;
  readonly file: string;
  readonly line: number;
  /** The line, and what becomes of it. */
  readonly before: string;
  readonly after: string;
  /** The whole file with the mutation. */
  readonly text: string;
}

/**
 * Draws mutants that compile: from each room in turn, any line of the room's code that can be mutated, any mutation of that line. None comes
 * twice.
 *
 * @param random a number from 0 to below 1
 */
export function* drawMutants(
  root: string, rooms: readonly string[], random: () => number, compiles: (file: string, text: string) => boolean,
): Generator<Mutant> {
  const lines = new Map(rooms.map((room) => [room, linesOf(root, room)]));
  const any = <T>(list: readonly T[]): number => Math.floor(random() * list.length);
  while (lines.size > 0) {
    for (const [room, ofRoom] of lines) {
      for (let mutant: Mutant | undefined; mutant === undefined && lines.has(room);) {
        const line = any(ofRoom);
        const [drawn] = ofRoom[line].splice(any(ofRoom[line]), 1);
        if (ofRoom[line].length === 0) {
          ofRoom.splice(line, 1);
        }
        if (ofRoom.length === 0) {
          lines.delete(room);
        }
        if (compiles(drawn.file, drawn.text)) {
          mutant = drawn;
          yield mutant;
        }
      }
    }
  }
}

/** The mutants of a room, by line. */
function linesOf(root: string, room: string): Mutant[][] {
  return sources(`lib/${room}`).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const byLine = new Map<number, Mutant[]>();
    for (const mutation of mutationsOf(text)) {
      const mutant = mutantOf(room, file, text, mutation);
      byLine.set(mutant.line, [...byLine.get(mutant.line) ?? [], mutant]);
    }
    return [...byLine.values()];
  });
}

function mutantOf(room: string, file: string, text: string, mutation: Mutation): Mutant {
  const changed = mutated(text, mutation);
  const lineStart = text.lastIndexOf('\n', mutation.start - 1) + 1;
  const end = (of: string, from: number) => of.indexOf('\n', from) < 0 ? of.length : of.indexOf('\n', from);
  return {
    ...mutation,
    room,
    file,
    line: text.slice(0, mutation.start).split('\n').length,
    before: text.slice(lineStart, end(text, mutation.end)).trim(),
    after: changed.slice(lineStart, end(changed, mutation.start + mutation.replacement.length)).trim(),
    text: changed,
  };
}
