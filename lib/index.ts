export { DynamoStreamTrigger, type DynamoStreamTriggerProps } from './trigger/dynamo-stream-trigger';
export { NoFailureDestination } from './trigger/failure-destination';
export { StreamPermissions } from './trigger/permissions';
export { S3FailureDestination } from './trigger/s3-failure-destination';
export { AttributeCondition, AttributeDataType, KeyCondition, NumberRange, TextCondition } from './trigger/filter-conditions';
export { StreamEventName, StreamFilter } from './trigger/stream-filter';
export { StreamFunction, type StreamFunctionProps } from './trigger/stream-function';
export { StreamedTable, type StreamedTableOptions } from './trigger/streamed-table';
