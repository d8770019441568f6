export { startLocal } from './run';
export type { LocalOptions, LocalRun, LocalTrigger } from './run';
export type { LocalEvent } from './events';
export type { NamedResource } from './assembly/app';
export * from './errors';
