import { isDeepStrictEqual } from 'node:util';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SendMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BucketNotifier } from './bucket-notifier';
import { startChild } from './child-service';
import { clientOptions } from './credentials';
import type { FromDestinationServer } from './destination-server';
import { findOptionalPackage, mainFile } from './optional-package';
import { arnParts } from '../../stream/arn';
import { destinationKind, type DestinationKind } from '../../stream/destination-kind';
import type { FailedBatch } from '../../stream/failed-batch';
import { PARKED_RECORD_PREFIX } from '../../stream/parked-record';
import type { LocalApp, LocalBucket, LocalTopic } from '../assembly/app';
import { queueUrl } from '../assembly/resource-names';
import { LocalRunError } from '../errors';
import type { Children } from '../process/children';
import { compiled } from '../process/compiled';
import { processVariables } from '../process/process-variables';

/** SQS, SNS and S3 on this machine. */
export interface Destinations {
  /** One endpoint for the three of them. */
  readonly endpoint: string;
  /** The ARNs of those that could not be made. */
  readonly refused: ReadonlySet<string>;
  /** Resolves when the process ends without being asked to, with its last output. */
  readonly ended: Promise<string>;
  /** Makes the queues, topics and buckets of the app, and the failure destinations that are not part of it, and changes those that are there. */
  take(app: LocalApp): Promise<void>;
  /** Puts a failed batch on this destination; in a bucket under the key. Rejects if it was refused. */
  deliver(arn: string, message: FailedBatch, objectKey?: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts them, with nothing in them.
 *
 * @param onParked called for each record that a function's runtime parks on a failure destination
 * @param warn called for what can't be made or done here
 * @throws LocalRunError NO_PACKAGE, NOT_COMPILED, SERVICE_NOT_STARTED
 */
export async function startDestinations(
  children: Children, project: string, onParked: (destinationArn: string) => void = () => {}, warn: (message: string) => void = () => {},
): Promise<Destinations> {
  const file = mainFile(findOptionalPackage('fauxqs', project));
  const child = children.spawn(process.execPath, (mark) => [compiled('service/destination-server'), file, mark], {
    env: processVariables(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let isStopping = false;
  let content: Content | undefined;
  const parkedAt = (kind: DestinationKind, name: string) => {
    const arn = content?.failureDestinations.find((candidate) => destinationKind(candidate) === kind && arnParts(candidate).resource === name);
    if (arn !== undefined) {
      onParked(arn);
    }
  };
  const listening = new Promise<number>((resolve) => child.on('message', (message: FromDestinationServer) => {
    if ('port' in message) {
      resolve(message.port);
    } else if ('parkedAt' in message) {
      parkedAt(message.parkedAt.service, message.parkedAt.name);
    } else {
      const { bucket, key } = message.uploaded;
      content?.uploaded(bucket, key);
      if (key.startsWith(PARKED_RECORD_PREFIX)) {
        parkedAt('s3', bucket);
      }
    }
  }));
  const { value: port, ended, stop } = await startChild(child, listening).catch((error) => {
    throw new LocalRunError('SERVICE_NOT_STARTED', `The local SQS, SNS and S3 (package fauxqs) did not start: ${error.message}`);
  });

  const endpoint = `http://127.0.0.1:${port}`;
  const clients = clientsOf(endpoint);
  const made = content = new Content(clients, (message) => isStopping || warn(message));
  return {
    endpoint,
    refused: made.refused,
    ended,
    take: (app) => made.take(app),
    deliver: (arn, message, objectKey) => deliver(clients, arn, message, objectKey),
    stop: () => {
      isStopping = true;
      clients.destroy();
      return stop();
    },
  };
}

/** The queues, topics and buckets that were made. They stay, also when the app has them no more. */
class Content {
  readonly refused = new Set<string>();
  failureDestinations: readonly string[] = [];
  /** By ARN: the attributes of each. */
  private readonly made = new Map<string, Attributes>();
  /** By topic and what it is about: the ARN of each subscription. */
  private subscriptions = new Map<string, string>();
  private notifiers = new Map<string, { readonly bucket: LocalBucket; readonly notifier: BucketNotifier }>();

  constructor(private readonly clients: Clients, private readonly warn: (message: string) => void) {}

  /** Makes each for itself: one that is refused is named. */
  async take(app: LocalApp): Promise<void> {
    const { queues, topics, buckets } = app;
    this.failureDestinations = app.mappings.flatMap(({ destinationArn }) => destinationArn ?? []);
    const paths = new Map([...queues, ...topics, ...buckets].map(({ arn, path }) => [arn, path]));
    const attributes = new Map([...queues, ...topics].map((resource) => [resource.arn, resource.attributes]));
    for (const arn of new Set([...paths.keys(), ...this.failureDestinations])) {
      await this.make(arn, paths.get(arn) ?? arn, attributes.get(arn), app);
    }
    await this.subscribe(topics.filter(({ arn }) => !this.refused.has(arn)));
    await this.notify(buckets, new Set([...queues, ...topics].map(({ arn }) => arn)));
  }

  /** There is a new object in a bucket. */
  uploaded(bucket: string, key: string): void {
    void this.notifiers.get(bucket)?.notifier.uploaded(key)
      .catch((error) => this.warn(`The bucket ${bucket} could not notify of ${key}: ${error.message}`));
  }

  /** @param attributes undefined for what is not part of the app */
  private async make(arn: string, path: string, attributes: Attributes | undefined, { mappings }: LocalApp): Promise<void> {
    const before = this.made.get(arn);
    if (before === undefined) {
      this.refused.delete(arn);
      await create(this.clients, arn, { ...attributes }).then(() => this.made.set(arn, { ...attributes }), (error) => {
        this.refused.add(arn);
        const losing = mappings.filter(({ destinationArn }) => destinationArn === arn).map((mapping) => mapping.path).join(', ');
        this.warn(`${path} can't be made here: ${error.message.replace(/\.$/, '')}. ${losing === '' ? 'No trigger needs it.' : `What ${losing} gives up is lost.`}`);
      });
    } else if (attributes !== undefined && !isDeepStrictEqual(before, attributes)) {
      await setAttributes(this.clients, arn, before, attributes).catch((error) =>
        this.warn(`${path} keeps its settings until the run is started again: ${error.message}`));
      this.made.set(arn, attributes);
    }
  }

  private async subscribe(topics: readonly LocalTopic[]): Promise<void> {
    const before = this.subscriptions;
    this.subscriptions = new Map();
    for (const { arn, path, region, subscriptions } of topics) {
      for (const { queueArn, attributes: Attributes } of subscriptions) {
        const key = JSON.stringify([arn, queueArn, Attributes]);
        const subscribing = before.get(key)
          ?? this.clients.of(region).sns.send(new SubscribeCommand({ TopicArn: arn, Protocol: 'sqs', Endpoint: queueArn, Attributes }))
            .then(({ SubscriptionArn }) => SubscriptionArn!);
        await Promise.resolve(subscribing).then((subscription) => this.subscriptions.set(key, subscription), (error) =>
          this.warn(`${path} can't reach ${queueArn} here: ${error.message}`));
      }
    }
    for (const [key, SubscriptionArn] of before) {
      if (!this.subscriptions.has(key)) {
        await this.clients.of(arnParts(JSON.parse(key)[0]).region).sns.send(new UnsubscribeCommand({ SubscriptionArn }))
          .catch((error) => this.warn(`${SubscriptionArn} stays until the run is started again: ${error.message}`));
      }
    }
  }

  /** Has the app's buckets notify its queues and topics. */
  private async notify(buckets: readonly LocalBucket[], hearing: ReadonlySet<string>): Promise<void> {
    const before = this.notifiers;
    this.notifiers = new Map();
    for (const bucket of buckets.map((each) => ({ ...each, notifications: each.notifications.filter(({ arn }) => hearing.has(arn)) }))) {
      const known = before.get(bucket.name);
      if (known !== undefined && isDeepStrictEqual(known.bucket, bucket)) {
        this.notifiers.set(bucket.name, known);
        continue;
      }
      const notifier = new BucketNotifier(bucket, this.clients.of(bucket.region), this.clients.endpoint);
      this.notifiers.set(bucket.name, { bucket, notifier });
      await notifier.configured().catch((error) => this.warn(`The notifications of the bucket ${bucket.name} can't be tried: ${error.message}`));
    }
  }
}

type Attributes = Readonly<Record<string, string>>;

/** @throws Error if this can't be done */
async function setAttributes(clients: Clients, arn: string, before: Attributes, attributes: Attributes): Promise<void> {
  const gone = Object.keys(before).filter((name) => !(name in attributes));
  const { region, resource: name } = arnParts(arn);
  if (destinationKind(arn) !== 'sqs' || gone.length > 0) {
    throw new Error(gone.length > 0 ? `${gone.join(', ')} can't be removed` : 'only those of queues can be changed');
  }
  const QueueUrl = queueUrl(name, { destinations: clients.endpoint });
  await clients.of(region).sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { ...attributes } }));
}

async function create(clients: Clients, arn: string, Attributes?: Record<string, string>): Promise<void> {
  const { region, resource: name } = arnParts(arn);
  const { sqs, sns, s3 } = clients.of(region);
  switch (destinationKind(arn)) {
    case 'sqs': await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes })); break;
    case 'sns': await sns.send(new CreateTopicCommand({ Name: name, Attributes })); break;
    case 's3': await s3.send(new CreateBucketCommand({ Bucket: name })); break;
  }
}

async function deliver(clients: Clients, arn: string, message: FailedBatch, objectKey?: string): Promise<void> {
  const { region, resource: name } = arnParts(arn);
  const { sqs, sns, s3 } = clients.of(region);
  const body = JSON.stringify(message);
  switch (destinationKind(arn)) {
    case 'sqs': await sqs.send(new SendMessageCommand({
      QueueUrl: queueUrl(name, { destinations: clients.endpoint }), MessageBody: body,
    })); break;
    case 'sns': await sns.send(new PublishCommand({ TopicArn: arn, Message: body })); break;
    case 's3': await s3.send(new PutObjectCommand({
      Bucket: name, Key: objectKey, Body: body, ContentType: 'application/json',
    })); break;
  }
}

/** The clients of an endpoint, one for each region and service, so that messages share connections. */
interface Clients {
  readonly endpoint: string;
  /** Of an ARN's region; that of a bucket is empty. */
  of(region: string): RegionalClients;
  destroy(): void;
}

interface RegionalClients {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly s3: S3Client;
}

function clientsOf(endpoint: string): Clients {
  const byRegion = new Map<string, RegionalClients>();
  return {
    endpoint,
    of: (region) => {
      const options = clientOptions(endpoint, region || undefined);
      const clients = byRegion.get(region) ?? { sqs: new SQSClient(options), sns: new SNSClient(options), s3: new S3Client(options) };
      byRegion.set(region, clients);
      return clients;
    },
    destroy: () => byRegion.forEach(({ sqs, sns, s3 }) => [sqs, sns, s3].forEach((client) => client.destroy())),
  };
}
