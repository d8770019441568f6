import { randomUUID } from 'node:crypto';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { arnParts } from '../../stream/arn';
import { destinationKind } from '../../stream/destination-kind';
import type { LocalBucket } from '../assembly/app';
import { LOCAL_ACCOUNT, queueUrl } from '../assembly/resource-names';

/** Sends what S3 would send to the queues and topics of a bucket. fauxqs takes their configuration, and sends nothing. */
export class BucketNotifier {
  private sequence = 0;

  /** @param clients of the bucket's region, which is also that of its queues and topics */
  constructor(
    private readonly bucket: LocalBucket,
    private readonly clients: { readonly s3: S3Client; readonly sqs: SQSClient; readonly sns: SNSClient },
    private readonly endpoint: string,
  ) {}

  /** S3 tries its queues and topics when it is given them. */
  async configured(): Promise<void> {
    const test = {
      Service: 'Amazon S3', Event: 's3:TestEvent', Time: new Date().toISOString(), Bucket: this.bucket.name, RequestId: randomUUID(), HostId: 'local',
    };
    for (const arn of new Set(this.bucket.notifications.map((notification) => notification.arn))) {
      await this.send(arn, test);
    }
  }

  /** There is a new object in the bucket. */
  async uploaded(key: string): Promise<void> {
    const hearing = this.bucket.notifications.filter(({ prefix, suffix }) => key.startsWith(prefix) && key.endsWith(suffix));
    if (hearing.length === 0) {
      return;
    }
    const { ContentLength, ETag = '' } = await this.clients.s3.send(new HeadObjectCommand({ Bucket: this.bucket.name, Key: key }));
    const event = { Records: [this.record(key, ContentLength, ETag.replaceAll('"', ''))] };
    for (const { arn } of hearing) {
      await this.send(arn, event);
    }
  }

  private send(arn: string, body: object): Promise<unknown> {
    const text = JSON.stringify(body);
    return destinationKind(arn) === 'sns'
      ? this.clients.sns.send(new PublishCommand({ TopicArn: arn, Message: text, Subject: 'Amazon S3 Notification' }))
      : this.clients.sqs.send(new SendMessageCommand({
        QueueUrl: queueUrl(arnParts(arn).resource, { destinations: this.endpoint }), MessageBody: text,
      }));
  }

  private record(key: string, size: number | undefined, eTag: string): object {
    return {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: this.bucket.region,
      eventTime: new Date().toISOString(),
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: LOCAL_ACCOUNT },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': randomUUID(), 'x-amz-id-2': 'local' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'local',
        bucket: { name: this.bucket.name, ownerIdentity: { principalId: LOCAL_ACCOUNT }, arn: this.bucket.arn },
        object: { key: encodedKey(key), size, eTag, sequencer: (++this.sequence).toString(16).padStart(18, '0') },
      },
    };
  }
}

/** As S3 writes a key in an event: form-encoded, with slashes as they are. */
function encodedKey(key: string): string {
  return new URLSearchParams({ key }).toString().slice('key='.length).replaceAll('%2F', '/');
}
