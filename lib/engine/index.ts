export { createMapping } from './mapping';
export type { MappingOptions } from './mapping';
export type * from './protocol';
