import { s3Buckets } from './bucket';
import type { Clients } from './clients';
import { lambdaFunctions } from './functions';
import { dynamodbTables } from './tables';
import { streamReader } from '../../reader/stream-reader';
import { arnParts } from '../../stream/arn';
import type { Clock, Ports, Source, Spool } from '../ports';

export { bucketSource } from './bucket';
export { clientsOf, type Clients, type Identity } from './clients';
export { queueSource, type QueueOptions } from './queue';
export { regionOfQueue } from './queue-region';

/** What a redrive works with on AWS. */
export interface AwsOptions {
  readonly clients: Clients;
  readonly source: Source;
  readonly spool: Spool;
  readonly clock: Clock;
  /** Invocations are not waited for any longer. */
  readonly hurry?: AbortSignal;
}

/** The services of AWS, as a redrive works with them. */
export function awsPorts({ clients, source, spool, clock, hurry }: AwsOptions): Ports {
  return {
    source,
    spool,
    clock,
    buckets: s3Buckets(clients.s3()),
    streams: (streamArn) => streamReader(clients.streams(arnParts(streamArn).region), streamArn),
    tables: dynamodbTables(clients, clock),
    functions: lambdaFunctions(clients, hurry),
  };
}
