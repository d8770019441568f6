import { FAILED_BATCH_PREFIX } from './failed-batch';
import { PARKED_RECORD_PREFIX } from './parked-record';

/** What the keys of all failures in a bucket begin with. */
export const FAILURE_PREFIXES: readonly string[] = [FAILED_BATCH_PREFIX, PARKED_RECORD_PREFIX];
