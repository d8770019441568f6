export { RESPONSE_BYTES } from './limits';
export { createMapping } from './mapping';
export type { MappingOptions } from './options';
export { errorOutcome, exited, outOfMemory, timedOut, tooLarge } from './outcome';
export type { ErrorOutcome, ProcessEnd } from './outcome';
export type * from './protocol';
