import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BucketNotifier } from './bucket-notifier';
import { startChild } from './child-service';
import { clientOptions } from './credentials';
import type { FromDestinationServer } from './destination-server';
import { findOptionalPackage, mainFile } from './optional-package';
import { arnParts } from '../../stream/arn';
import { destinationKind, type DestinationKind } from '../../stream/destination';
import type { FailedBatch } from '../../stream/failed-batch';
import { PARKED_RECORD_PREFIX } from '../../stream/parked-record';
import type { LocalApp } from '../assembly/app';
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
  /** Puts a failed batch on this destination; in a bucket under the key. Rejects if it was refused. */
  deliver(arn: string, message: FailedBatch, objectKey?: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts them with the app's queues, topics and buckets, and with the failure destinations that are not part of the app.
 *
 * @param warn called where a bucket's queue can't be told of an object
 * @param onParked called for each record that a function's runtime parks on a failure destination
 * @throws LocalRunError NO_PACKAGE, NOT_COMPILED, SERVICE_NOT_STARTED
 */
export async function startDestinations(
  children: Children, project: string, app: LocalApp, onParked: (destinationArn: string) => void = () => {},
  warn: (message: string) => void = () => {},
): Promise<Destinations> {
  const file = mainFile(findOptionalPackage('fauxqs', project));
  const child = children.spawn(process.execPath, (mark) => [compiled('service/destination-server'), file, mark], {
    env: processVariables(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let isStopping = false;
  let onUploaded: (bucket: string, key: string) => void = () => {};
  const parkedAt = (kind: DestinationKind, name: string) => {
    const arn = failureDestinationsOf(app).find((candidate) => destinationKind(candidate) === kind && arnParts(candidate).resource === name);
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
      onUploaded(bucket, key);
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
  const refused = await createAll(clients, app, warn);
  onUploaded = await startNotifications(clients, app, (message) => isStopping || warn(message));
  return {
    endpoint,
    refused,
    ended,
    deliver: (arn, message, objectKey) => deliver(clients, arn, message, objectKey),
    stop: () => {
      isStopping = true;
      clients.destroy();
      return stop();
    },
  };
}

/** Has the app's buckets notify their queues and topics. Returns what is to be called for each new object. */
async function startNotifications(
  clients: Clients, { buckets, queues, topics }: LocalApp, warn: (message: string) => void,
): Promise<(bucket: string, key: string) => void> {
  const notifiers = new Map<string, BucketNotifier>();
  for (const bucket of buckets) {
    const notifications = bucket.notifications.filter((notification) => [...queues, ...topics].some(({ arn }) => arn === notification.arn));
    const notifier = new BucketNotifier({ ...bucket, notifications }, clients.of(bucket.region), clients.endpoint);
    notifiers.set(bucket.name, notifier);
    await notifier.configured().catch((error) => warn(`The notifications of the bucket ${bucket.name} can't be tried: ${error.message}`));
  }
  return (bucket, key) => void notifiers.get(bucket)?.uploaded(key)
    .catch((error) => warn(`The bucket ${bucket} could not notify of ${key}: ${error.message}`));
}

/** Makes each for itself: one that is refused is named. Returns those. */
async function createAll(clients: Clients, app: LocalApp, warn: (message: string) => void): Promise<Set<string>> {
  const refused = new Set<string>();
  const own = [...app.queues, ...app.topics, ...app.buckets];
  const attributes = new Map([...app.queues, ...app.topics].map((resource) => [resource.arn, { ...resource.attributes }]));
  for (const arn of new Set([...own.map((resource) => resource.arn), ...failureDestinationsOf(app)])) {
    const path = own.find((resource) => resource.arn === arn)?.path ?? arn;
    await create(clients, arn, attributes.get(arn)).catch((error) => {
      refused.add(arn);
      const losing = app.mappings.filter(({ destinationArn }) => destinationArn === arn).map((mapping) => mapping.path).join(', ');
      warn(`${path} can't be made here: ${error.message.replace(/\.$/, '')}. ${losing === '' ? 'No trigger needs it.' : `What ${losing} gives up is lost.`}`);
    });
  }
  for (const { arn, path, region, subscriptions } of app.topics.filter((topic) => !refused.has(topic.arn))) {
    for (const { queueArn, attributes: Attributes } of subscriptions) {
      await clients.of(region).sns.send(new SubscribeCommand({ TopicArn: arn, Protocol: 'sqs', Endpoint: queueArn, Attributes }))
        .catch((error) => warn(`${path} can't reach ${queueArn} here: ${error.message}`));
    }
  }
  return refused;
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

function failureDestinationsOf({ mappings }: LocalApp): string[] {
  return mappings.flatMap(({ destinationArn }) => destinationArn ?? []);
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
