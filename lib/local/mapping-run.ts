import { randomUUID } from 'node:crypto';
import { createMapping, type Effect, type MappingOptions } from '../engine';
import type { LambdaFunction, LocalMapping } from './assembly/app';
import type { Start } from './checkpoints';
import { drive, type Driver } from './driver';
import { LocalRunError } from './errors';
import type { LocalEvent } from './events';
import type { LocalFunction } from './function/function';
import type { Destinations } from './service/destinations';
import { NoStreamError } from './stream';
import { StreamReadError, type StreamReader } from '../reader/stream-reader';
import { destinationKind } from '../stream/destination-kind';

/** What a mapping runs with, whatever its settings are. */
interface MappingParts {
  /** Of the mapping. */
  readonly uuid: string;
  /** With the ARN that the function sees. */
  readonly stream: StreamReader;
  readonly start: Start;
  readonly functions: { of(target: LambdaFunction): Pick<LocalFunction, 'invoke'> };
  readonly destinations: Pick<Destinations, 'deliver'>;
  readonly observer: (event: LocalEvent) => void;
  readonly onCheckpoint: (shardId: string, sequenceNumber: string) => void;
  readonly onFailure: (error: Error) => void;
}

/** A mapping at work between its stream, its function and its failure destination. */
export interface MappingRun extends Driver {
  /**
   * Goes on with other settings, another function or another destination, where it is, once what is under way has ended. Rejects with the
   * error that ended the mapping before.
   */
  change(mapping: LocalMapping): Promise<void>;
}

export function startMapping(asFirst: LocalMapping, parts: MappingParts): MappingRun {
  const { stream, functions, observer, onCheckpoint, onFailure } = parts;
  const { path: trigger } = asFirst;
  let mapping = asFirst;
  let known = 0;
  let invocations = 0;
  let isListed = true;
  const driver = drive(createMapping(engineOptions(mapping, parts)), {
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
      const { function: target, functionArn } = mapping;
      const invocation = { trigger, invocation: ++invocations, functionName: target.name, shardId, event };
      observer({ type: 'invocationStarted', ...invocation });
      const at = performance.now();
      let environment: number | undefined;
      const outcome = await functions.of(target).invoke(event, functionArn, (number) => environment = number);
      observer({ type: 'invocationEnded', ...invocation, environment, outcome, durationMs: performance.now() - at });
      return outcome;
    },
    deliver: async (effect) => deliver(effect, trigger, mapping.destinationArn!, parts),
    onCheckpoint: (shardId, sequenceNumber) => {
      onCheckpoint(shardId, sequenceNumber);
      observer({ type: 'checkpoint', trigger, shardId, sequenceNumber });
    },
    onNotice: (notice) => observer({ type: 'notice', trigger, notice }),
  }, (error) => onFailure(error instanceof StreamReadError
    ? new LocalRunError('STREAM_UNREADABLE', `${trigger}: ${error.message}\nThe run ends, because no other read can succeed.`)
    : error));
  return Object.assign(driver, {
    change: async (changed: LocalMapping) => {
      await driver.pause();
      mapping = changed;
      driver.goOn(engineOptions(mapping, parts));
    },
  });
}

function engineOptions(mapping: LocalMapping, { uuid, stream, start: { startingPosition, checkpoints } }: MappingParts): MappingOptions {
  const { settings, functionArn, executedVersion, destinationArn } = mapping;
  return {
    settings: { ...settings, startingPosition },
    checkpoints,
    functionArn,
    executedVersion,
    streamArn: stream.streamArn,
    mappingId: uuid,
    destination: destinationArn ? destinationKind(destinationArn) : undefined,
    uuid: randomUUID,
  };
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
