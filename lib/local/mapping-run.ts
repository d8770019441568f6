import { randomUUID } from 'node:crypto';
import { createMapping, type Effect } from '../engine';
import type { LocalMapping } from './assembly/app';
import type { Start } from './checkpoints';
import { drive, type Driver } from './driver';
import { LocalRunError } from './errors';
import type { LocalEvent } from './events';
import type { LocalFunction } from './function/function';
import type { Destinations } from './service/destinations';
import { NoStreamError } from './stream';
import { StreamReadError, type StreamReader } from '../reader/stream-reader';
import { destinationKind } from '../stream/destination';

/** What a mapping runs with. */
interface MappingParts {
  /** Of the mapping. */
  readonly uuid: string;
  /** With the ARN that the function sees. */
  readonly stream: StreamReader;
  readonly start: Start;
  readonly target: LocalFunction;
  readonly destinations: Destinations;
  readonly observer: (event: LocalEvent) => void;
  readonly onCheckpoint: (shardId: string, sequenceNumber: string) => void;
  readonly onFailure: (error: Error) => void;
}

/** Starts a mapping between its stream, its function and its failure destination. */
export function startMapping(mapping: LocalMapping, parts: MappingParts): Driver {
  const { uuid, stream, start: { startingPosition, checkpoints }, target, observer, onCheckpoint, onFailure } = parts;
  const { path: trigger, destinationArn, functionArn, function: { name: functionName } } = mapping;
  const machine = createMapping({
    settings: { ...mapping.settings, startingPosition },
    checkpoints,
    functionArn,
    executedVersion: mapping.executedVersion,
    streamArn: stream.streamArn,
    mappingId: uuid,
    destination: destinationArn ? destinationKind(destinationArn) : undefined,
    uuid: randomUUID,
  });
  let known = 0;
  let invocations = 0;
  let isListed = true;
  return drive(machine, {
    shards: async () => {
      try {
        const shards = await stream.shards();
        isListed = true;
        if (shards.length !== known) {
          known = shards.length;
          observer({ type: 'shards', trigger, shards: known, lineage: shards });
        }
        return shards;
      } catch (error) {
        // Once, however often it is tried again. A table without a stream is named for all of its triggers.
        if (isListed && !(error instanceof NoStreamError)) {
          observer({ type: 'warning', message: `${trigger}: the shards of its stream can't be listed; trying again. ${(error as Error).message}` });
        }
        isListed &&= error instanceof NoStreamError;
        throw error;
      }
    },
    read: (shardId, from, limit) => stream.read(shardId, from, limit),
    invoke: async ({ shardId, event }) => {
      const invocation = { trigger, invocation: ++invocations, functionName, shardId, event };
      observer({ type: 'invocationStarted', ...invocation });
      const at = performance.now();
      let environment: number | undefined;
      const outcome = await target.invoke(event, functionArn, (number) => environment = number);
      observer({ type: 'invocationEnded', ...invocation, environment, outcome, durationMs: performance.now() - at });
      return outcome;
    },
    deliver: async (effect) => deliver(effect, trigger, destinationArn!, parts),
    onCheckpoint: (shardId, sequenceNumber) => {
      onCheckpoint(shardId, sequenceNumber);
      observer({ type: 'checkpoint', trigger, shardId, sequenceNumber });
    },
    onNotice: (notice) => observer({ type: 'notice', trigger, notice }),
  }, (error) => onFailure(error instanceof StreamReadError
    ? new LocalRunError('STREAM_UNREADABLE', `${trigger}: ${error.message}\nThe run ends, because no other read can succeed.`)
    : error));
}

async function deliver(
  { message, records, objectKey }: Effect & { type: 'deliver' }, trigger: string, destinationArn: string, { destinations, observer }: MappingParts,
): Promise<void> {
  const delivery = { type: 'delivered', trigger, destinationArn, message, records } as const;
  try {
    await destinations.deliver(destinationArn, message, objectKey);
    observer({ ...delivery, accepted: true });
  } catch (error) {
    observer({ ...delivery, accepted: false, reason: (error as Error).message });
    throw error;
  }
}
