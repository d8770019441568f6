export { startLocal } from './run';
export type { LocalOptions, LocalRun, LocalTrigger } from './run';
export type { LocalEvent } from './events';
export type { NamedResource } from './assembly/app';
export { LOCAL_RUN_ERRORS, LocalRunError } from './errors';
export type { LocalRunErrorCode } from './errors';
export { END_SIGNALS } from './process/process-end';
