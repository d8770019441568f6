/* eslint-disable import/no-extraneous-dependencies -- the Lambda runtime has the SDK, or the bundler packs the user's: it is no dependency */
import type { ParkedRecord } from '../stream/parked-record';
import { parkedRecordKey } from '../stream/parked-record';

/** Takes parked records. */
export interface Destination {
  /** Accepts or refuses every parcel, or rejects for all. */
  readonly send: (parcels: Parcel[], signal: AbortSignal) => Promise<void>;
}

/** A record on its way to a destination. */
export interface Parcel {
  readonly record: ParkedRecord;
  readonly body: string;
  readonly accept: () => void;
  readonly refuse: (reason: unknown) => void;
}

/** Why a record was not parked, in our own words, which hold nothing of the item. */
export class NotParkedError extends Error {}

/** Bytes of a message, and of a batch of them. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_SQS_BYTES = 1024 * 1024;
/** https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html */
const MAX_SNS_BYTES = 256 * 1024;
/** Messages of one SendMessageBatch or PublishBatch. */
const MAX_ENTRIES = 10;

/** One attempt, and soon: the record stays where it is if it fails. */
const CLIENT = { maxAttempts: 1, requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true } };

/** Loads the SDK's client for a destination. Rejects if the ARN is none of a queue, topic or bucket, or if there is no SDK. */
export async function openDestination(arn: string, abortSignal: AbortSignal): Promise<Destination> {
  const [, , service, region, account, name] = arn.split(':');
  switch (service) {
    case 'sqs': {
      const { SQSClient, GetQueueUrlCommand, SendMessageBatchCommand } = await import('@aws-sdk/client-sqs').catch(noSdk);
      // The region's endpoint, or the one that the environment names; the SDK would take the URL's host instead.
      const client = new SQSClient({ ...CLIENT, region, useQueueUrlAsEndpoint: false });
      const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }), { abortSignal });
      return inBatches(MAX_SQS_BYTES, async (bodies, signal) => client.send(new SendMessageBatchCommand({
        QueueUrl, Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
      }), { abortSignal: signal }));
    }
    case 'sns': {
      const { SNSClient, PublishBatchCommand } = await import('@aws-sdk/client-sns').catch(noSdk);
      const client = new SNSClient({ ...CLIENT, region });
      return inBatches(MAX_SNS_BYTES, async (bodies, signal) => client.send(new PublishBatchCommand({
        TopicArn: arn, PublishBatchRequestEntries: bodies.map((Message, index) => ({ Id: String(index), Message })),
      }), { abortSignal: signal }));
    }
    case 's3': {
      const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3').catch(noSdk);
      const client = new S3Client({ ...CLIENT, followRegionRedirects: true });
      const put = async ({ record, body, accept, refuse }: Parcel, signal: AbortSignal) => client.send(new PutObjectCommand({
        Bucket: account || name, Key: parkedRecordKey(record), Body: body, ContentType: 'application/json',
      }), { abortSignal: signal }).then(accept, refuse);
      return { send: async (parcels, signal) => { await Promise.all(parcels.map(async (parcel) => put(parcel, signal))); } };
    }
    default:
      throw new NotParkedError(`${arn} is not the ARN of an SQS queue, an SNS topic or an S3 bucket`);
  }
}

function noSdk(cause: unknown): never {
  throw new NotParkedError('The AWS SDK is neither in the Lambda runtime nor in the bundle', { cause });
}

/** What SendMessageBatch and PublishBatch answer of the messages they did not take. */
interface BatchAnswer {
  readonly Failed?: { readonly Id?: string; readonly Code?: string }[];
}

/** Sends as many at once as a destination takes, by number and by size. */
function inBatches(maxBytes: number, send: (bodies: string[], signal: AbortSignal) => Promise<BatchAnswer>): Destination {
  async function sendBatch(batch: Parcel[], signal: AbortSignal): Promise<void> {
    try {
      const { Failed = [] } = await send(batch.map(({ body }) => body), signal);
      Failed.forEach(({ Id, Code }) => batch[Number(Id)].refuse(new NotParkedError(`the destination refused it, ${Code}`)));
      batch.forEach(({ accept }) => accept());
    } catch (error) {
      batch.forEach(({ refuse }) => refuse(error));
    }
  }

  return {
    send: async (parcels, signal) => {
      const batches: Parcel[][] = [];
      let bytes = Infinity;
      for (const parcel of parcels) {
        const size = Buffer.byteLength(parcel.body);
        if (size > maxBytes) {
          parcel.refuse(new NotParkedError(`The record takes ${size} bytes as JSON, and the destination at most ${maxBytes}: an S3 bucket takes it`));
          continue;
        }
        bytes += size;
        if (bytes > maxBytes || batches.at(-1)!.length === MAX_ENTRIES) {
          batches.push([]);
          bytes = size;
        }
        batches.at(-1)!.push(parcel);
      }
      await Promise.all(batches.map(async (batch) => sendBatch(batch, signal)));
    },
  };
}
