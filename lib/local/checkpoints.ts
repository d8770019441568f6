import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mapping } from './assembly/app';
import { LocalServiceError } from './errors';
import type { StreamReader } from '../reader/stream-reader';
import type { MappingSettings } from '../rules/settings';

/** Where a mapping begins to read, as the engine takes it. */
export interface Start {
  readonly startingPosition: MappingSettings['startingPosition'];
  /** For each shard the last sequence number done with. */
  readonly checkpoints: Readonly<Record<string, string>>;
}

/** How far each mapping has got: what keeps it going where it was when the tables outlive the run. */
export interface Checkpoints {
  /** Where this mapping goes on in this stream or, if it has never read it, where it starts. */
  startOf(mapping: Mapping, stream: StreamReader): Promise<Start>;
  save(mapping: Mapping, shardId: string, sequenceNumber: string): void;
}

/** Of tables in memory: every run starts anew. */
export const NO_CHECKPOINTS: Checkpoints = {
  startOf: async ({ settings: { startingPosition } }) => ({ startingPosition, checkpoints: {} }),
  save: () => {},
};

/**
 * Those that this folder keeps.
 *
 * @throws LocalServiceError if what is there is no such file
 */
export function checkpointsIn(folder: string): Checkpoints {
  const file = join(folder, 'checkpoints.json');
  const saved = read(file);

  return {
    startOf: async ({ path, settings }, stream) => {
      if (saved[path]?.stream !== stream.streamArn) {
        const shards = settings.startingPosition === 'LATEST' ? await endsOf(stream) : {};
        saved[path] = { stream: stream.streamArn, shards };
        write(file, saved);
      }
      // From here on the mapping is not new: where it has no checkpoint, nothing was done yet.
      return { startingPosition: 'TRIM_HORIZON', checkpoints: { ...saved[path].shards } };
    },
    save: ({ path }, shardId, sequenceNumber) => {
      saved[path].shards[shardId] = sequenceNumber;
      write(file, saved);
    },
  };
}

/** By the mapping's construct path: a table that was made anew has another stream. */
interface Saved {
  [path: string]: { readonly stream: string; readonly shards: Record<string, string> };
}

function read(file: string): Saved {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  } catch (error) {
    throw new LocalServiceError(`Can't read ${file}: ${(error as Error).message}\nRemove it, and each trigger starts at its starting position.`);
  }
}

/** In one step, so that a run that is killed leaves the old file or the new one. */
function write(file: string, saved: Saved): void {
  writeFileSync(`${file}.new`, JSON.stringify(saved, undefined, 2));
  renameSync(`${file}.new`, file);
}

/** The last sequence number of each shard now: LATEST is behind it, also for a run that is killed before its first checkpoint. */
async function endsOf(stream: StreamReader): Promise<Record<string, string>> {
  const ends: Record<string, string> = {};
  for (const { shardId } of await stream.shards()) {
    for (;;) {
      const { records, end } = await stream.read(shardId, { type: 'TRIM_HORIZON' });
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last !== undefined) {
        ends[shardId] = last;
      }
      if (end || records.length === 0) {
        break;
      }
    }
  }
  return ends;
}
