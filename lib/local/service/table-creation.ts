import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { LocalTable } from '../assembly/app';

/** What creates a table as the app has it. Every table is on demand, because capacity does not matter on this machine. */
export function creation(table: LocalTable): CreateTableCommandInput {
  return {
    TableName: table.name,
    KeySchema: [...table.keySchema],
    AttributeDefinitions: [...table.attributeDefinitions],
    BillingMode: 'PAY_PER_REQUEST',
    ...(table.globalIndexes.length > 0 && { GlobalSecondaryIndexes: table.globalIndexes.map(indexOf) }),
    ...(table.localIndexes.length > 0 && { LocalSecondaryIndexes: table.localIndexes.map(indexOf) }),
    ...(table.streamViewType && { StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamViewType } }),
  };
}

function indexOf({ IndexName, KeySchema, Projection }: LocalTable['globalIndexes'][number]) {
  return { IndexName, KeySchema: [...KeySchema], Projection };
}
