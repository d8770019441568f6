export type { Collected, Kinds } from './collect';
export { INEXACT_POLICIES, type InexactPolicy, REDRIVE_DEFAULTS, type RedriveOptions, SUPERSEDED_POLICIES, type SupersededPolicy } from './options';
export type { Outcome, ReportLine } from './outcome';
export type * from './ports';
export { redrive, type Observer, type Overview, type Result } from './redrive';
export { MessagesInFlight, RedriveRefused } from './refusals';
export { spoolFile, type SpoolFile } from './spool-file';
