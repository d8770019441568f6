import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalMapping } from './assembly/app';
import { writeWhole } from './data-folder';
import { LocalRunError } from './errors';
import type { ShardRead, StreamReader } from '../reader/stream-reader';
import type { MappingSettings } from '../rules/settings';
import type { Position } from '../stream/shard';

/** Where a mapping begins to read, in the engine's terms. */
export interface Start {
  readonly startingPosition: MappingSettings['startingPosition'];
  /** The last sequence number done, by shard. */
  readonly checkpoints: Readonly<Record<string, string>>;
}

/** How far each mapping has read its stream: a mapping that is removed and comes again goes on from there and, with tables that outlive a run, the next run does. */
export interface Checkpoints {
  /** Where this mapping goes on in this stream or, if it has not read it before, where it starts. */
  startOf(mapping: LocalMapping, stream: StreamReader): Promise<Start>;
  save(mapping: LocalMapping, shardId: string, sequenceNumber: string): void;
  /** The mapping goes on in this stream, of which it has read nothing yet. */
  restart(mapping: LocalMapping, streamArn: string): void;
}

/**
 * The checkpoints that are kept in this folder; without one, those of this run alone.
 *
 * @throws LocalRunError FOLDER_UNUSABLE
 */
export function checkpointsIn(folder?: string): Checkpoints {
  const file = folder === undefined ? undefined : join(folder, 'checkpoints.json');
  const saved = file === undefined ? {} : read(file);

  return {
    startOf: async ({ path, settings }, stream) => {
      if (saved[path]?.stream !== stream.streamArn) {
        const shards = settings.startingPosition === 'LATEST' ? await endsOf(stream) : {};
        saved[path] = { stream: stream.streamArn, shards };
        write(file, saved);
      }
      // The mapping is not new from here on: where it has no checkpoint, nothing is done yet.
      return { startingPosition: 'TRIM_HORIZON', checkpoints: { ...saved[path].shards } };
    },
    save: ({ path }, shardId, sequenceNumber) => {
      saved[path].shards[shardId] = sequenceNumber;
      write(file, saved);
    },
    restart: ({ path }, streamArn) => {
      saved[path] = { stream: streamArn, shards: {} };
      write(file, saved);
    },
  };
}

/** By the mapping's construct path. A table that was recreated has another stream. */
interface Saved {
  [path: string]: { readonly stream: string; readonly shards: Record<string, string> };
}

function read(file: string): Saved {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  } catch (error) {
    throw new LocalRunError('FOLDER_UNUSABLE', `Can't read ${file}: ${(error as Error).message}\nRemove it to start each trigger at its starting position.`);
  }
}

function write(file: string | undefined, saved: Saved): void {
  if (file !== undefined) {
    writeWhole(file, JSON.stringify(saved, undefined, 2));
  }
}

/** The last sequence number of each shard now. LATEST is after it, also in the next run if this one is killed before its first checkpoint. */
async function endsOf(stream: StreamReader): Promise<Record<string, string>> {
  const ends: Record<string, string> = {};
  for (const { shardId } of await stream.shards()) {
    for (let position: Position | undefined = { type: 'TRIM_HORIZON' }; position;) {
      const { records, end }: ShardRead = await stream.read(shardId, position);
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last !== undefined) {
        ends[shardId] = last;
      }
      position = end || last === undefined ? undefined : { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last };
    }
  }
  return ends;
}
