import type { StreamRecord } from 'dynamo-stream-trigger/runtime';

export async function handler(event: { Records: StreamRecord[] }) {
  console.log(event.Records.length);
  return { batchItemFailures: [] };
}
