import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SnsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sns from 'aws-cdk-lib/aws-sns';
import { DynamoStreamTrigger, type DynamoStreamTriggerProps, FailureStore, StreamFunction } from '../../../lib';
import type { LocalRun } from '../../../lib/local';
import { together } from '../../../lib/redrive/together';
import { BUNDLING, newApp } from '../../app';

/** How failures arrive. */
export type Way = 'queue' | 'queue, whole batches' | 'queue, factor 4' | 'store' | 'topic, raw' | 'topic, in envelopes';
export const WAYS: readonly Way[] = ['queue', 'queue, whole batches', 'queue, factor 4', 'store', 'topic, raw', 'topic, in envelopes'];

/** A table, a trigger whose handler fails for some changes, and a projection. */
export interface Failing {
  readonly id: string;
  readonly way: Way;
  readonly isGuarded: boolean;
  /** Milliseconds that a redriven record takes. */
  readonly slow?: number;
}

/** An app that bundles its functions. */
export function failingApp(outdir: string): App {
  return newApp({ outdir, context: BUNDLING });
}

/** Adds it to an app, in a stack of its own. The handler is mended when there is a file `mended` in the folder. */
export function addFailing(app: App, folder: string, { id, way, isGuarded, slow = 0 }: Failing): void {
  const stack = new Stack(app, id);
  const table = (name: string, stream?: dynamodb.StreamViewType) =>
    new dynamodb.Table(stack, name, { tableName: `${id}-${name}`, partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, stream });
  const projection = table('Projection');
  new DynamoStreamTrigger(stack, 'Trigger', {
    table: table('Source', dynamodb.StreamViewType.NEW_AND_OLD_IMAGES),
    handler: new StreamFunction(stack, 'OnChange', {
      entry: join(__dirname, 'handlers', 'on-change.ts'),
      runtime: lambda.Runtime.NODEJS_22_X,
      timeout: Duration.minutes(2),
      environment: { TARGET: projection.tableName, MENDED: join(folder, 'mended'), GUARDED: isGuarded ? '1' : '', SLOW: String(slow) },
    }),
    retryAttempts: 0,
    ...propsOf(stack, way),
  });
}

function propsOf(stack: Stack, way: Way): Partial<DynamoStreamTriggerProps> {
  switch (way) {
    case 'queue': return {};
    case 'queue, whole batches': return { bisectBatchOnError: false };
    case 'queue, factor 4': return { bisectBatchOnError: false, parallelizationFactor: 4, batchSize: 10 };
    case 'store': return { onFailure: new FailureStore(stack, 'Failures') };
    case 'topic, raw': case 'topic, in envelopes': return { onFailure: new SnsDlq(new sns.Topic(stack, 'Failures')) };
  }
}

/** So many of them are sent by `addOdd`. */
export const ODD_MESSAGES = 6;

/** What happens to the handlers. */
export function mend(folder: string): void {
  writeFileSync(join(folder, 'mended'), '');
}

export function breakAgain(folder: string): void {
  rmSync(join(folder, 'mended'), { force: true });
}

const identity = { region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } };
const WRITERS = 16;

/** A failing trigger while it runs. */
export class Running {
  private readonly tables: DynamoDBClient;
  private readonly queues: SQSClient;
  private version = 0;
  /** Of a topic, the queue that is subscribed to it. */
  private subscribed?: string;

  constructor(private readonly run: LocalRun, readonly failing: Failing) {
    this.tables = new DynamoDBClient({ ...identity, endpoint: run.endpoints.dynamodb });
    this.queues = new SQSClient({ ...identity, endpoint: run.endpoints.sqs });
  }

  /** Subscribes a queue to the topic, if there is one. */
  async subscribe(): Promise<void> {
    const { id, way } = this.failing;
    if (way.startsWith('topic')) {
      const { QueueUrl } = await this.queues.send(new CreateQueueCommand({ QueueName: `${id}-subscribed` }));
      const topics = new SNSClient({ ...identity, endpoint: this.run.endpoints.sns });
      await topics.send(new SubscribeCommand({
        TopicArn: this.run.topics.find(({ path }) => path.startsWith(`${id}/`))!.arn,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:us-east-1:000000000000:${id}-subscribed`,
        Attributes: { RawMessageDelivery: String(way === 'topic, raw') },
      }));
      this.subscribed = QueueUrl!;
      topics.destroy();
    }
  }

  /**
   * Writes changes to items, in rounds: within a round each item is written once, so that the writes of a round run side by side.
   *
   * @param faulty how many changes fail as long as the handler is not mended, and how many of them are poison
   */
  async write({ items, rounds, faulty, poison }: { items: number; rounds: number; faulty: number; poison: number }): Promise<void> {
    const total = items * rounds;
    // Spread over all changes but the last round, so that nearly all of their items change again.
    const every = Math.max(1, Math.floor(total / Math.max(1, faulty)));
    let at = 0;
    for (let round = 0; round < rounds; round++) {
      await together(WRITERS, Array.from({ length: items }, (_, item) => item), async (item) => {
        const nth = at++;
        const isFaulty = faulty > 0 && nth % every === every - 1 && nth / every < faulty;
        const isPoison = isFaulty && (nth / every) % (faulty / Math.max(1, poison)) < 1 && poison > 0;
        await this.change(item, !isFaulty && nth % 11 === 5 ? undefined : isPoison ? 'poison' : isFaulty ? 'batch' : 'none');
      });
    }
  }

  /** Writes one change; undefined removes the item. */
  async change(item: number, fault: 'none' | 'batch' | 'poison' | undefined): Promise<void> {
    const Key = { id: { S: `item-${item}` } };
    const TableName = `${this.failing.id}-Source`;
    const Item = { ...Key, version: { N: String(++this.version) }, ...(fault !== 'none' && { fault: { S: fault! } }) };
    await (fault === undefined
      ? this.tables.send(new DeleteItemCommand({ TableName, Key }))
      : this.tables.send(new PutItemCommand({ TableName, Item })));
  }

  /** What the command is told, to read the failures. */
  get queueUrl(): string {
    return this.subscribed ?? this.run.queues.find(({ path }) => path.startsWith(`${this.failing.id}/`))!.url;
  }

  /** Sends messages to the queue that nothing can be done with. */
  async addOdd(): Promise<void> {
    const { functionName, streamArn } = this.run.triggers.find(({ path }) => path.startsWith(`${this.failing.id}/`))!;
    const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`;
    const now = new Date().toISOString();
    const batch = (change: object) => ({
      requestContext: { functionArn },
      timestamp: now,
      DDBStreamBatchInfo: {
        shardId: 'shardId-00000001573689847184-864758bb', startSequenceNumber: '800000000003126276362', endSequenceNumber: '800000000003126276362', batchSize: 1,
        approximateArrivalOfFirstRecord: now, approximateArrivalOfLastRecord: now, streamArn, ...change,
      },
    });
    const object = { eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'somebody-elses' }, object: { key: 'aws/lambda/a' } } };
    const odd = [
      'hello', batch({ startSequenceNumber: '111' }), batch({ streamArn: `${streamArn}1` }), batch({ approximateArrivalOfLastRecord: '9999-01-01T00:00:00Z' }), { Records: [object] },
      { ...batch({}), requestContext: { functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:none' }, DDBStreamBatchInfo: { streamArn: 'stream-ARN' } },
    ];
    for (const one of odd) {
      await this.queues.send(new SendMessageCommand({ QueueUrl: this.queueUrl, MessageBody: typeof one === 'string' ? one : JSON.stringify(one) }));
    }
  }

  /** Makes one of the objects name a version of the function, as if it had been the trigger's then. S3 sends a message of it once more. */
  async nameVersion(version: string): Promise<void> {
    const bucket = this.run.buckets.find(({ path }) => path.startsWith(`${this.failing.id}/`))!.name;
    const objects = new S3Client({ ...identity, endpoint: this.run.endpoints.s3 });
    const Key = (await objects.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents![0].Key!;
    const text = await (await objects.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body!.transformToString();
    const changed = text.replace(/("functionArn": ?"[^"]+)"/, `$1:${version}"`);
    await objects.send(new PutObjectCommand({ Bucket: bucket, Key, Body: changed }));
    objects.destroy();
  }

  /** The ids of items that the projection does not have as the source has them. */
  async wrongItems(): Promise<string[]> {
    const [source, projection] = [await this.versions('Source'), await this.versions('Projection')];
    return [...new Set([...source.keys(), ...projection.keys()])].filter((id) => source.get(id) !== projection.get(id));
  }

  private async versions(table: string): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    let ExclusiveStartKey: any;
    do {
      const page = await this.tables.send(new ScanCommand({ TableName: `${this.failing.id}-${table}`, ConsistentRead: true, ExclusiveStartKey }));
      page.Items!.filter(({ isDeleted }) => !isDeleted).forEach(({ id, version }) => found.set(id.S!, version.N!));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  }

  /** How many messages and objects are left. */
  async left(): Promise<{ messages: number; objects: number }> {
    const { Attributes } = await this.queues.send(new GetQueueAttributesCommand({
      QueueUrl: this.queueUrl, AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }));
    const bucket = this.run.buckets.find(({ path }) => path.startsWith(`${this.failing.id}/`));
    const objects = new S3Client({ ...identity, endpoint: this.run.endpoints.s3 });
    const { KeyCount = 0 } = bucket ? await objects.send(new ListObjectsV2Command({ Bucket: bucket.name })) : {};
    objects.destroy();
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } = Attributes!;
    return { messages: Number(visible) + Number(inFlight), objects: KeyCount };
  }

  stop(): void {
    this.tables.destroy();
    this.queues.destroy();
  }
}
