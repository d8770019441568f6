export { simulateTrigger } from './simulate-trigger';
export type { SimulatedInvocation, SimulationOptions, SimulationRun } from './simulate-trigger';
export type { SimulatedMapping } from './mapping-input';
export type { ShardInput } from './shard-input';
export type { Handler } from './simulated-function';
export { streamEvent, streamRecord } from './stream-record';
export type { StreamRecordOptions } from './stream-record';
export type { Item, Value } from './attribute-value';
export type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';
