/**
 * `import { … } from 'dynamo-stream-trigger/runtime'`: what runs in the deployed function. It has no dependencies, and knows no CDK.
 *
 * Begin with `streamHandler`, or with `windowHandler` for a mapping with a tumbling window.
 *
 * @module
 */
export type { AttributeMap, AttributeValue, BatchResponse, EventName, StreamChange, StreamEvent, StreamRecord, StreamViewType } from '../stream/record';
export type { Image, ImageValue } from '../stream/image';
export type { ExactNumber } from '../stream/exact-number';
export { Decimal } from '../stream/exact-number';
export type { GzippedRecord, ImageName, ParkedRecord, RecordPointer } from '../stream/parked-record';
export { readParkedRecord } from '../stream/read-parked-record';
export type { ChangeRecord, InsertRecord, ItemKeys, ModifyRecord, Numbers, PlainRecord, RemoveRecord } from './change-record';
export { changed } from './changed';
export type { CallContext, LambdaContext } from './context';
export { BatchNotDoneError, InvalidEventError, PoisonRecordError, TransientError, TriggerFactsError } from './errors';
export type { Order } from './order';
export type { OnRecord, OnRecords, Refusals, StreamHandlerOptions } from './stream-handler-options';
export type { StreamHandler } from './stream-handler';
export { streamHandler } from './stream-handler';
export type { Logger } from './logger';
export type { Observer, RuntimeEvent } from './observer';
export type { OnPark } from './on-park';
export type { RetryOptions } from './retry';
export type { SchemaResult, StandardSchema } from './schema';
export type { Window, WindowHandler, WindowHandlerOptions, WindowResponse } from './window-handler';
export { windowHandler } from './window-handler';
