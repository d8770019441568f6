import type { ArnParts } from '../stream/arn';
import { type DestinationKind, SQS_MESSAGE_BYTES } from '../stream/destination-kind';
import { type ParkedRecord, parkedRecordKey } from '../stream/parked-record';

/** A record on its way to a destination. */
export interface Parcel {
  /** Unique among those that are sent at once. */
  readonly id: string;
  readonly record: ParkedRecord;
  /** The record as JSON. */
  readonly body: string;
}

/** Sends parcels at once: at most as many, and as large, as the destination takes. Rejects if it took none. */
export type Send = (parcels: Parcel[], options: { abortSignal: AbortSignal }) => Promise<{
  /** The parcels that it did not take. */
  readonly Failed?: { readonly Id?: string; readonly Code?: string; readonly Message?: string }[];
}>;

/** What a kind of destination takes at once, and how to reach one. */
export type Destination = readonly [
  maxParcels: number,
  /** The limit for one parcel, and for all that are sent at once. */
  maxBytes: number,
  /** Loads the SDK's client for an ARN. */
  open: Open,
];

/** Makes a client of the SDK. */
export type Open = (parts: ArnParts & { readonly arn: string }, options: { abortSignal: AbortSignal }) => Promise<Send>;

/** Why a record was not parked, in our own words, which hold nothing of the item. */
export class NotParkedError extends Error {}

/** One attempt, and soon: the record stays where it is if it fails. */
const CLIENT = { maxAttempts: 1, requestHandler: { connectionTimeout: 1_000 } };

/** What each kind of destination takes, and how to reach one. */
export const DESTINATIONS: { readonly [kind in DestinationKind]: Destination } = {
  sqs: [
    10,
    SQS_MESSAGE_BYTES,
    async ({ region, account, resource }, options) => {
      const { SQSClient, GetQueueUrlCommand, SendMessageBatchCommand } = await import('@aws-sdk/client-sqs').catch(noSdk);
      // The region's endpoint, or the one that the environment names; the SDK would take the URL's host instead.
      const client = new SQSClient({ ...CLIENT, region, useQueueUrlAsEndpoint: false });
      const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: resource, QueueOwnerAWSAccountId: account }), options);
      return async (parcels, sending) => client.send(new SendMessageBatchCommand({
        QueueUrl, Entries: parcels.map(({ id, body }) => ({ Id: id, MessageBody: body })),
      }), sending);
    },
  ],
  // https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
  sns: [
    10,
    262_144,
    async ({ arn, region }) => {
      const { SNSClient, PublishBatchCommand } = await import('@aws-sdk/client-sns').catch(noSdk);
      const client = new SNSClient({ ...CLIENT, region });
      return async (parcels, sending) => client.send(new PublishBatchCommand({
        TopicArn: arn, PublishBatchRequestEntries: parcels.map(({ id, body }) => ({ Id: id, Message: body })),
      }), sending);
    },
  ],
  s3: [
    1,
    Infinity,
    async ({ resource }) => {
      const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3').catch(noSdk);
      const client = new S3Client({ ...CLIENT, followRegionRedirects: true });
      return async ([{ record, body }], sending) => client.send(new PutObjectCommand({
        Bucket: resource, Key: parkedRecordKey(record), Body: body, ContentType: 'application/json',
      }), sending) as object;
    },
  ],
};

function noSdk(cause: unknown): never {
  throw new NotParkedError('no AWS SDK in the Lambda runtime or the bundle', { cause });
}
