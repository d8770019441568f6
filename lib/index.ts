export { DynamoStreamTrigger } from './trigger/dynamo-stream-trigger';
export type { DynamoStreamTriggerProps } from './trigger/props';
export { NoFailureDestination } from './trigger/destination/failure-destination';
export { StreamPermissions } from './trigger/role/permissions';
export { S3FailureDestination } from './trigger/destination/s3-failure-destination';
export { AttributeCondition, AttributeDataType, KeyCondition, NumberRange, TextCondition } from './trigger/filter/attribute-condition';
export { StreamEventName, StreamFilter } from './trigger/filter/stream-filter';
export { StreamFunction, type StreamFunctionProps } from './trigger/function/stream-function';
export { StreamedTable, type StreamedTableOptions } from './trigger/table/streamed-table';
