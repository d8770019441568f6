import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/** The clients of the services, each for the Region that an ARN or a URL names. */
export interface Clients {
  sqs(region?: string): SQSClient;
  s3(): S3Client;
  lambda(region?: string): LambdaClient;
  /** One attempt: a second one could run beside the first. */
  invoker(region?: string): LambdaClient;
  dynamodb(region?: string): DynamoDBClient;
  streams(region?: string): DynamoDBStreamsClient;
  destroy(): void;
}

/** Who the clients are. All of it may come from the environment. */
export interface Identity {
  /** Of what does not name a Region itself. */
  readonly region?: string;
  /** Of the AWS configuration files. */
  readonly profile?: string;
}

/** Clients with the default chain of credentials. They heed `AWS_ENDPOINT_URL_…`. */
export function clientsOf({ region, profile }: Identity): Clients {
  const made: { destroy(): void }[] = [];
  const options = (own?: string) => ({ maxAttempts: 5, ...(own || region ? { region: own || region } : {}), ...(profile && { profile }) });
  function oneOfEachRegion<Client extends { destroy(): void }>(make: (own?: string) => Client): (own?: string) => Client {
    const known = new Map<string | undefined, Client>();
    return (own) => {
      let client = known.get(own);
      if (client === undefined) {
        client = make(own);
        known.set(own, client);
        made.push(client);
      }
      return client;
    };
  }
  return {
    // The host of a queue's URL counts, unless the environment names another one.
    sqs: oneOfEachRegion((own) => new SQSClient({ ...options(own), useQueueUrlAsEndpoint: !hasEndpoint('SQS') })),
    s3: oneOfEachRegion(() => new S3Client({ ...options(), followRegionRedirects: true })),
    lambda: oneOfEachRegion((own) => new LambdaClient(options(own))),
    invoker: oneOfEachRegion((own) => new LambdaClient({ ...options(own), maxAttempts: 1 })),
    dynamodb: oneOfEachRegion((own) => new DynamoDBClient(options(own))),
    streams: oneOfEachRegion((own) => new DynamoDBStreamsClient({ ...options(own), maxAttempts: 1 })),
    destroy: () => made.forEach((client) => client.destroy()),
  };
}

function hasEndpoint(service: string): boolean {
  return [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].some((name) => process.env[name]) && !process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS;
}
