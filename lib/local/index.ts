export { startLocal } from './start-local';
export type { LocalFailure, RunningApp } from './start-local';
export type { LocalOptions, LocalRun, LocalTrigger } from './options';
export type { LocalChange } from './changes';
export type { LocalEvent } from './events';
export type { NamedResource } from './named-resource';
export { LocalRunError } from './errors';
export type { LocalRunErrorCode } from './errors';
