export { RESPONSE_BYTES } from './limits';
export { createMapping } from './mapping';
export type { MappingOptions } from './mapping';
export type * from './protocol';
