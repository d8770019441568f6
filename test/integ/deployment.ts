import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';

/** Where an integration app runs. */
export interface Place {
  /** The name of a table or bucket, or the URL of a queue, by its construct's id. */
  readonly nameOf: (id: string) => string;
  /** What the SDK's clients need to find it; on AWS nothing but what they find themselves. */
  readonly dynamodb?: ConstructorParameters<typeof DynamoDBClient>[0];
  readonly sqs?: ConstructorParameters<typeof SQSClient>[0];
  readonly s3?: ConstructorParameters<typeof S3Client>[0];
}

/** An integration app at work: on AWS, or on this machine. */
export class Deployment {
  private readonly documents: DynamoDBDocumentClient;
  private readonly sqs: SQSClient;
  private readonly s3: S3Client;

  constructor(private readonly place: Place) {
    this.documents = DynamoDBDocumentClient.from(new DynamoDBClient(place.dynamodb ?? {}));
    this.sqs = new SQSClient(place.sqs ?? {});
    this.s3 = new S3Client(place.s3 ?? {});
  }

  tableName(id: string): string {
    return this.place.nameOf(id);
  }

  async put(tableId: string, item: object): Promise<void> {
    await this.documents.send(new PutCommand({ TableName: this.place.nameOf(tableId), Item: { ...item } }));
  }

  /** What a table holds, by id. */
  async items(tableId: string): Promise<Map<string, Record<string, any>>> {
    const { Items = [] } = await this.documents.send(new ScanCommand({ TableName: this.place.nameOf(tableId), ConsistentRead: true }));
    return new Map(Items.map((item) => [item.id, item]));
  }

  /** The messages of a queue that can be seen now, which nobody sees again for an hour then. */
  async messages(queueId: string): Promise<any[]> {
    const { Messages = [] } = await this.sqs.send(new ReceiveMessageCommand({
      QueueUrl: this.place.nameOf(queueId), MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 3_600,
    }));
    return Messages.map(({ Body }) => JSON.parse(Body!));
  }

  /** Takes the objects out of a bucket, so that it can go with its stack. */
  async takeObjects(bucketId: string): Promise<any[]> {
    const Bucket = this.place.nameOf(bucketId);
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket }));
    const objects: any[] = [];
    for (const { Key } of Contents) {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket, Key }));
      objects.push(JSON.parse(await Body!.transformToString()));
      await this.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    }
    return objects;
  }

  end(): void {
    for (const client of [this.documents, this.sqs, this.s3]) {
      client.destroy();
    }
  }
}
