import type { Machine } from './protocol';
import type { MappingSettings } from '../mapping/settings';

/** What a mapping has to know beside its settings. */
export interface MappingOptions {
  /** As the rules passed them: the engine does not judge settings. */
  readonly settings: MappingSettings;
  readonly functionArn: string;
  readonly streamArn: string;
  /** The mapping's UUID, part of the object key at an S3 destination. */
  readonly mappingId: string;
  /** What the messages on the failure destination name as the version that ran, such as '$LATEST'. */
  readonly executedVersion: string;
  /** The kind of failure destination. None: what is given up is dropped. */
  readonly destination?: 'sqs' | 'sns' | 's3';
  /** Makes a UUID: for requests that never were and for object keys. */
  readonly uuid: () => string;
  /** Resumes: for each shard the last sequence number done with, as `checkpoint` effects reported it. */
  readonly checkpoints?: Readonly<Record<string, string>>;
  /**
   * What `bisectBatchOnError` does with a partial response that names the first record, which AWS does not document: cut the
   * batch in half, or retry it whole.
   *
   * @default 'halve'
   */
  readonly noProgressBisect?: 'halve' | 'whole';
}

/** The machine that behaves like a mapping. */
export function createMapping(_options: MappingOptions): Machine {
  throw new Error('Not built yet');
}
