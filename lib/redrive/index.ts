export type { Collected, Kinds } from './collect';
export { checkFilters } from './mappings';
export {
  INEXACT_POLICIES, type InexactPolicy, MOST_BATCH_SIZE, MOST_IN_FLIGHT, REDRIVE_DEFAULTS, type RedriveOptions,
} from './options';
export type { RecordOutcome, ReportLine } from './record-outcome';
export type * from './ports';
export { redrive, type RedriveObserver, type Overview, type Result } from './redrive';
export { MessagesInFlight, RedriveRefused } from './refusals';
export { spoolFile, type SpoolFile } from './spool-file';
export { fileSource } from './file-source';
export { REAL_CLOCK } from './real-clock';
export { SUPERSEDED_POLICIES, type SupersededPolicy } from '../stream/boundary';
