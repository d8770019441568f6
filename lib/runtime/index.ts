export type { EventName, BatchResponse, StreamEvent, StreamRecord } from '../stream/record';
export type { Image, ImageValue } from '../stream/image';
export type { ExactNumber } from '../stream/exact-number';
export { Decimal } from '../stream/exact-number';
export type { ChangeRecord, InsertRecord, ItemKeys, ModifyRecord, RemoveRecord } from './change-record';
export type { CallContext, LambdaContext } from './context';
export { BatchNotDoneError, InvalidEventError, InvalidTriggerError, PoisonRecordError } from './errors';
export type { OnRecord, StreamHandler, StreamHandlerOptions } from './stream-handler';
export { streamHandler } from './stream-handler';
