import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientOptions } from './credentials';
import type { FromDestinationServer } from './destination-server';
import { findOptionalPackage, mainFile } from './optional-package';
import { arnParts } from '../../stream/arn';
import { destinationKind } from '../../stream/destination';
import type { FailedBatch } from '../../stream/failed-batch';
import type { App } from '../assembly/app';
import { queueUrl } from '../assembly/resource-names';
import { LocalServiceError } from '../errors';
import { killGroup, type Children } from '../process/children';
import { compiled } from '../process/compiled';

/** SQS, SNS and S3 on this machine. */
export interface Destinations {
  /** One endpoint for the three of them. */
  readonly endpoint: string;
  /** Settles when the process ends unasked, with what it said last. */
  readonly ended: Promise<string>;
  /** Puts a failed batch where the ARN says; at S3 under the key. Rejects if it was not taken. */
  deliver(arn: string, message: FailedBatch, objectKey?: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts them, with the app's queues, topics and buckets, and with those outside the app that are failure destinations.
 *
 * @param onParked is told of each record that a function's runtime parks on a failure destination
 * @throws MissingPackageError, LocalServiceError
 */
export async function startDestinations(
  children: Children, project: string, app: App, onParked: (destinationArn: string) => void = () => {},
): Promise<Destinations> {
  const file = mainFile(findOptionalPackage('fauxqs', project));
  const child = children.spawn(process.execPath, (mark) => [compiled('service/destination-server'), file, mark], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => output = (output + text).slice(-2000));
  const closed = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(`${output.trim()}\n(${signal ?? `exit code ${code}`})`));
  });
  const failureDestinations = failureDestinationsOf(app);
  const started = new Promise<number>((resolve) => child.on('message', (message: FromDestinationServer) => {
    if ('port' in message) {
      return resolve(message.port);
    }
    const { service, name } = message.parkedAt;
    const arn = failureDestinations.find((candidate) => destinationKind(candidate) === service && arnParts(candidate).resource === name);
    if (arn !== undefined) {
      onParked(arn);
    }
  }));
  const first = await Promise.race([started, closed]);
  if (typeof first === 'string') {
    throw new LocalServiceError(`The local SQS, SNS and S3 (package fauxqs) did not start: ${first}`);
  }

  const endpoint = `http://127.0.0.1:${first}`;
  const clients = clientsOf(endpoint);
  await createAll(clients, app);
  let stopping = false;
  return {
    endpoint,
    ended: new Promise((resolve) => void closed.then((reason) => stopping || resolve(reason))),
    deliver: (arn, message, objectKey) => deliver(clients, arn, message, objectKey),
    stop: async () => {
      stopping = true;
      clients.destroy();
      killGroup(child.pid);
      await closed;
    },
  };
}

async function createAll(clients: Clients, app: App): Promise<void> {
  const arns = new Set([
    ...[...app.queues, ...app.topics, ...app.buckets].map((resource) => resource.arn),
    ...failureDestinationsOf(app),
  ]);
  for (const arn of arns) {
    const { region, resource: name } = arnParts(arn);
    const { sqs, sns, s3 } = clients.of(region);
    switch (destinationKind(arn)) {
      case 'sqs': await sqs.send(new CreateQueueCommand({ QueueName: name })); break;
      case 'sns': await sns.send(new CreateTopicCommand({ Name: name })); break;
      case 's3': await s3.send(new CreateBucketCommand({ Bucket: name })); break;
    }
  }
}

function failureDestinationsOf({ mappings }: App): string[] {
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

/** The clients of an endpoint, one for each region: a connection is not made anew for each message. */
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
