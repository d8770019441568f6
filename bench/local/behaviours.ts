import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { checks } from './checks';
import { fileOf, functionFrom, linesOf } from './function';
import { clientOptions, startOurs } from './ours';
import { startPeer } from './peer';

/** Prints which of a mapping's behaviours hold with each runner. */
export async function behaviours(): Promise<void> {
  const ours = checks.map(({ handler, mapping, timeout = 10 }, index) =>
    functionFrom(`check${index}`, handler, { ...mapping, timeout, environment: { SEEN: fileOf(`seen-ours-${index}`) } }));
  const run = await startOurs(ours);
  const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
  const queues = new SQSClient(clientOptions(run.endpoints.sqs));
  const peer = await startPeer(ours.map((one, index) => ({
    ...one, environment: { SEEN: fileOf(`seen-peer-${index}`) }, queueArn: `arn:aws:sqs:us-east-1:000000000000:${one.name}-peer`,
  })), { dynamodb: run.endpoints.dynamodb, sqs: queues });
  await Promise.all(checks.map(async ({ items }, index) => {
    const all = typeof items === 'number' ? Array.from({ length: items }, (_, n) => ({ pk: { S: `${n + 1}` } })) : items;
    const RequestItems = { [ours[index].tableName]: all.map((Item) => ({ PutRequest: { Item } })) };
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems }));
  }));
  await run.drained();
  await sleep(15_000);
  console.log('\nBehaviour, as recorded or documented on AWS'.padEnd(72), 'ours', 'peer');
  for (const [index, { behaviour, holds }] of checks.entries()) {
    const verdicts = await Promise.all(['ours', 'peer'].map(async (who) => {
      const QueueUrl = `${run.endpoints.sqs}/000000000000/${ours[index].name}${who === 'peer' ? '-peer' : ''}`;
      const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      return holds(linesOf(fileOf(`seen-${who}-${index}`)), Messages.map(({ Body }) => JSON.parse(Body!))) ? 'yes ' : 'no  ';
    }));
    console.log(behaviour.padEnd(71), ...verdicts);
  }
  await peer.end(true);
  await run.stop();
}
