import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { mailHandler } from '../../examples/idempotency/powertools';
import { totalsHandler } from '../../examples/idempotency/same-transaction';
import { recordChildren } from '../../lib/local/process/children';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { HOST } from '../../lib/stream/boundary';
import { record } from '../runtime/records';

const children = recordChildren();
let client: DynamoDBClient;

const createTable = async (TableName: string, key: string) => client.send(new CreateTableCommand({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
}));

beforeAll(async () => {
  const { endpoint } = await startDynamoDbLocal(children, process.cwd());
  client = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  await createTable('Claims', 'id');
  await createTable('Totals', 'customer');
});

afterAll(() => children.killAll());

/** A record is a day in the stream, and then up to two weeks in a queue; seconds since the epoch. */
const AFTER_REDRIVE = Date.now() / 1_000 + 15 * 24 * 60 * 60;

const orders = [1, 2, 3].map((at) => record(at, at, { eventName: 'INSERT', newImage: { customer: 'c', email: `${at}@example.com`, total: at } }));

test('claimed in the same transaction, what is delivered twice is added once', async () => {
  const handler = () => totalsHandler(DynamoDBDocumentClient.from(client), { claims: 'Claims', totals: 'Totals' });
  expect(await handler()({ Records: orders.slice(0, 2) })).toEqual({ batchItemFailures: [] });
  expect(await handler()({ Records: orders })).toEqual({ batchItemFailures: [] });
  const { Item } = await DynamoDBDocumentClient.from(client).send(new GetCommand({ TableName: 'Totals', Key: { customer: 'c' } }));
  expect(Item).toEqual({ customer: 'c', total: 6 });
  const claim = await DynamoDBDocumentClient.from(client).send(new GetCommand({ TableName: 'Claims', Key: { id: 'event-1' } }));
  expect(claim.Item!.expiresAt).toBeGreaterThan(AFTER_REDRIVE);
});

test('with Powertools, what is delivered twice is mailed once', async () => {
  const mails: string[] = [];
  const handler = () => mailHandler(
    new DynamoDBPersistenceLayer({ tableName: 'Claims', awsSdkV3Client: client }),
    async (to) => {
      mails.push(to);
    },
  );
  const context = { getRemainingTimeInMillis: () => 60_000 };
  expect(await handler()({ Records: orders.slice(0, 2) }, context)).toEqual({ batchItemFailures: [] });
  expect(await handler()({ Records: orders }, context)).toEqual({ batchItemFailures: [] });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'Claims', FilterExpression: 'attribute_exists(expiration)' }));
  expect(Items).toHaveLength(3);
  Items.forEach(({ expiration }) => expect(Number(expiration.N)).toBeGreaterThan(AFTER_REDRIVE));
  expect(mails.sort()).toEqual(['1@example.com', '2@example.com', '3@example.com']);
});

test('with Powertools, a record whose process ended while it was mailed is not parked, but mailed when its claim has expired', async () => {
  jest.spyOn(console, 'error').mockReturnValue();
  const [order] = [9].map((at) => record(at, at, { eventName: 'INSERT', newImage: { customer: 'c', email: '9@example.com' } }));
  const store = new DynamoDBPersistenceLayer({ tableName: 'Claims', awsSdkV3Client: client });
  const mails: string[] = [];
  const parked: unknown[] = [];
  const context = (timeout: number): any => {
    const end = Date.now() + timeout;
    return {
      getRemainingTimeInMillis: () => end - Date.now(),
      [HOST]: {
        park: async (poison: unknown) => {
          parked.push(poison);
        },
      },
    };
  };
  // What ends with its process never settles.
  let begun!: () => void;
  const sending = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const ended = mailHandler(store, async () => {
    begun();
    return new Promise(() => undefined);
  });
  void ended({ Records: [order] }, context(4_000));
  await sending;
  const handler = mailHandler(store, async (to) => {
    mails.push(to);
  });
  const deliveries: number[] = [];
  while (mails.length === 0) {
    const { batchItemFailures } = await handler({ Records: [order] }, context(3_000));
    deliveries.push(batchItemFailures.length);
  }
  expect([mails, parked]).toEqual([['9@example.com'], []]);
  expect(deliveries.at(-1)).toBe(0);
});
