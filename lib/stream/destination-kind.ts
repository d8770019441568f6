import { arnParts } from './arn';

/** The kinds of failure destination that a stream's mapping can have: a queue, a topic or a bucket, by their service's name in an ARN. */
export type DestinationKind = 'sqs' | 'sns' | 's3';

/** All of them. */
export const DESTINATION_KINDS: readonly DestinationKind[] = ['sqs', 'sns', 's3'];

/** The kind of destination that an ARN names; undefined if it names something else. */
export function destinationKind(arn: string): DestinationKind | undefined {
  const { service } = arnParts(arn);
  return DESTINATION_KINDS.find((kind) => kind === service);
}

/** Bytes of a message that SQS takes, unless the queue's own limit is lower. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const SQS_MESSAGE_BYTES = 1_048_576;
