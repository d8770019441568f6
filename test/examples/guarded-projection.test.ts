import { setTimeout as pause } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as fc from 'fast-check';
import { OrdersStack } from '../../examples/guarded-projection/orders-stack';
import { findOrder, projectionHandler } from '../../examples/guarded-projection/projection';
import { recordChildren } from '../../lib/local/process/children';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import type { StreamEvent, StreamRecord } from '../../lib/runtime';
import { streamEvent, streamRecord } from '../../lib/testing';
import { newApp } from '../app';

const TABLE = 'Projection';
const children = recordChildren();
let client: DynamoDBDocumentClient;

beforeAll(async () => {
  const { endpoint } = await startDynamoDbLocal(children, process.cwd());
  client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }));
  await client.send(new CreateTableCommand({
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'orderId', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'orderId', AttributeType: 'S' }],
  }));
});

afterAll(() => children.killAll());

let orders = 0;
const newOrderId = () => `order-${orders++}`;

/** The changes of an order, one after another: the cents that it has from then on, or undefined where it is deleted. */
function changesOf(orderId: string, cents: (number | undefined)[]): StreamRecord[] {
  return cents.map((after, at) => streamRecord({
    keys: { orderId },
    ...after === undefined ? { eventName: 'REMOVE' as const } : { eventName: 'MODIFY' as const, newImage: { orderId, customer: 'c', cents: after } },
    sequenceNumber: String(100000000000000000000n + BigInt(at)),
  }));
}

const deliver = async (...Records: StreamRecord[]) => projectionHandler(client, TABLE)({ Records });
const centsOf = async (orderId: string) => (await findOrder(client, TABLE, orderId))?.cents;

/** A client whose first request takes so long, and heeds no signal. */
function slowAtFirst(milliseconds: number): DynamoDBDocumentClient {
  let requests = 0;
  return {
    send: async (command: any) => {
      await (requests++ === 0 ? pause(milliseconds) : undefined);
      return client.send(command);
    },
  } as unknown as DynamoDBDocumentClient;
}

test('a call that a process goes on with after its time can\'t bring back what another process has replaced since', async () => {
  const orderId = newOrderId();
  const batch: StreamEvent = { Records: changesOf(orderId, [1, 2]) };
  const end = Date.now() + 500;
  const first = projectionHandler(slowAtFirst(1_500), TABLE);
  const { batchItemFailures } = await first(batch, { getRemainingTimeInMillis: () => end - Date.now() });
  expect(batchItemFailures).toEqual([{ itemIdentifier: batch.Records[0].dynamodb!.SequenceNumber }]);
  expect(await deliver(...batch.Records)).toEqual({ batchItemFailures: [] });
  expect(await centsOf(orderId)).toBe(2);
  await pause(end + 1_300 - Date.now());
  expect(await centsOf(orderId)).toBe(2);
});

test('a second delivery, and a redrive, bring back nothing', async () => {
  const orderId = newOrderId();
  const [one, two, three] = changesOf(orderId, [1, 2, 3]);
  await deliver(one, two, three);
  await deliver(one, two);
  expect(await centsOf(orderId)).toBe(3);
  const redriven = { Records: [two], redriven: { v: 1, run: 'r', superseded: [two.eventID] } };
  expect(await projectionHandler(client, TABLE)(redriven)).toMatchObject({ batchItemFailures: [], redriven: { failures: [] } });
  expect(await centsOf(orderId)).toBe(3);
});

test('what is deleted stays deleted, for as long as an older change can come; a newer one brings it back', async () => {
  const orderId = newOrderId();
  const [created, deleted, again] = changesOf(orderId, [1, undefined, 2]);
  await deliver(deleted);
  await deliver(created);
  expect(await centsOf(orderId)).toBeUndefined();
  const { Item } = await client.send(new GetCommand({ TableName: TABLE, Key: { orderId } }));
  expect(Item!.expiresAt).toBeGreaterThan(Date.now() / 1_000 + 15 * 24 * 60 * 60);
  await deliver(again);
  expect(await centsOf(orderId)).toBe(2);
});

test('changes of a stream that was switched off and on again are newer than those of the one before', async () => {
  const orderId = newOrderId();
  const [one] = changesOf(orderId, [1]);
  const [old] = changesOf(orderId, [2]);
  const later = { ...one, eventSourceARN: one.eventSourceARN!.replace(/stream\/.*/, 'stream/2099-01-01T00:00:00.000') };
  await deliver(later);
  await deliver({ ...old, dynamodb: { ...old.dynamodb, SequenceNumber: '999999999999999999999999' } });
  expect(await centsOf(orderId)).toBe(1);
});

test('whatever order the changes come in, and however often, the projection ends with the last one', async () => {
  const course = fc.array(fc.option(fc.nat(9), { nil: undefined }), { minLength: 1, maxLength: 5 }).chain((cents) => fc.record({
    cents: fc.constant(cents),
    deliveries: fc.array(fc.nat(cents.length - 1), { maxLength: 6 })
      .chain((extra) => fc.shuffledSubarray([...cents.keys(), ...extra], { minLength: cents.length + extra.length })),
  }));
  await fc.assert(fc.asyncProperty(course, async ({ cents, deliveries }) => {
    const orderId = newOrderId();
    const changes = changesOf(orderId, cents);
    for (const at of deliveries) {
      expect(await deliver(changes[at])).toEqual({ batchItemFailures: [] });
    }
    expect(await centsOf(orderId)).toBe(cents.at(-1));
  }), { numRuns: 40, seed: 1 });
});

test('what DynamoDB refuses for another reason is a failure', async () => {
  jest.spyOn(console, 'error').mockReturnValue();
  const event = streamEvent({ newImage: { orderId: newOrderId(), customer: 'c', cents: 1 } });
  const end = Date.now() + 1_000;
  const { batchItemFailures } = await projectionHandler(client, 'NoSuchTable')(event, { getRemainingTimeInMillis: () => end - Date.now() });
  expect(batchItemFailures).toHaveLength(1);
});

test('the projection\'s tombstones have a time to live', () => {
  const app = newApp();
  const template = Template.fromStack(new OrdersStack(app, 'Orders'));
  template.hasResourceProperties('AWS::DynamoDB::GlobalTable', { TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } });
  expect(new AwsSolutionsChecks().validateScope(app).violations.map(({ ruleName }: any) => ruleName)).toEqual([]);
});
