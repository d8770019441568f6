export { startLocal } from './running-app';
export type { LocalFailure, RunningApp } from './running-app';
export type { LocalOptions, LocalRun, LocalTrigger } from './run';
export type { LocalEvent } from './events';
export type { NamedResource } from './assembly/app';
export { LocalRunError } from './errors';
export type { LocalRunErrorCode } from './errors';
