import { READ_BYTES, READ_RECORDS } from './limits';
import { type AgeLimit, ageLimit } from './record-age';
import { compileFilters } from '../event-pattern';
import type { MappingSettings } from '../rules/settings';
import type { DestinationKind } from '../stream/destination-kind';
import { EVENT_BYTES, type StreamRecord } from '../stream/record';

/** A mapping's settings, and what it must know beside them. */
export interface MappingOptions {
  /** Valid settings: the rules have passed them, the engine does not check them again. */
  readonly settings: MappingSettings;
  readonly functionArn: string;
  readonly streamArn: string;
  /** The mapping's UUID, part of the object key at an S3 destination. */
  readonly mappingId: string;
  /** The version that ran, as messages on the failure destination name it: '$LATEST', for example. */
  readonly executedVersion: string;
  /** The kind of failure destination. Without one, records that are given up are dropped. */
  readonly destination?: DestinationKind;
  /** Makes a UUID: for object keys, and for messages about records that were never invoked. */
  readonly uuid: () => string;
  /** Resumes the mapping. For each shard, the last sequence number that was done, as `checkpoint` effects reported it. */
  readonly checkpoints?: Readonly<Record<string, string>>;
  /**
   * What `bisectBatchOnError` does with a partial response that names the first record: halve the batch, or retry it whole. AWS
   * does not document it.
   *
   * @default 'halve'
   */
  readonly noProgressBisect?: 'halve' | 'whole';
}

/** The options, and what follows from them for every shard. */
export interface MappingPlan extends MappingOptions {
  readonly passes: (record: StreamRecord) => boolean;
  readonly age: AgeLimit;
  /** The most records and bytes of one batch. Without a batching window, a batch has no more than one read brings. */
  readonly batchRecords: number;
  readonly batchBytes: number;
}

export function planOf(options: MappingOptions): MappingPlan {
  const { settings } = options;
  const collects = settings.maxBatchingWindow > 0;
  return {
    ...options,
    passes: compileFilters(settings.filters),
    age: ageLimit(settings),
    batchRecords: collects ? settings.batchSize : Math.min(settings.batchSize, READ_RECORDS),
    batchBytes: collects ? EVENT_BYTES : READ_BYTES,
  };
}
