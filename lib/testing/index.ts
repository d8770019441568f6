/**
 * `import { … } from 'dynamo-stream-trigger/testing'`: for tests of a handler, a trigger's settings, or a filter. No AWS, no network, no waiting.
 *
 * Begin with `simulateTrigger`, or with `matchesFilter` for a filter alone.
 *
 * @module
 */
export { simulateTrigger, simulateTriggers } from './simulate-trigger';
export type { Deployment, MappingChange, SimulationOptions } from './options';
export type { RunNotice, SimulatedDelivery, SimulatedInvocation, SimulationRun } from './run';
export { writeReport } from './write-report';
export type { MetricSample } from './samples';
export { compileFilter, InvalidFilterError, matchesFilter } from './filter';
export type { FilterInput } from './filter';
export type { Seconds, SimulatedMapping } from './mapping-input';
export type { SynthesizedMapping, SynthesizedTemplate } from './synthesized-mapping';
export type { Chance, DeliveryAtRisk, Faults, InvocationAtRisk, Struck } from './faults';
export type { Reshard, ShardInput } from './shard-input';
export type { Handler, LoadedHandler } from './environment';
export { streamEvent, streamRecord } from './records/stream-record';
export type { MadeEvent, MadeRecord, StreamRecordOptions } from './records/stream-record';
export type { Item, OneTypeMap, OneTypeValue, Value } from './records/attribute-value';
export { elapsed, now, sleep } from './time';
export type { SimulatedCall } from './calls';
export type { EventCount } from '../engine';
export type { DestinationKind } from '../stream/destination-kind';
export type { FailedBatch, FailureCondition } from '../stream/failed-batch';
export type { ParkedRecord } from '../stream/parked-record';
export type { AttributeMap, AttributeValue, StreamChange, StreamEvent, StreamRecord, StreamViewType, WindowEvent } from '../stream/record';
