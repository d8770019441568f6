export { RESPONSE_BYTES } from './limits';
export { createMapping } from './mapping';
export type { MappingOptions } from './mapping';
export { exited, failure, outOfMemory, timedOut, tooLarge } from './outcome';
export type { FailedOutcome, ProcessEnd } from './outcome';
export type * from './protocol';
