import type { BucketNotification } from './app';

/** A configuration of a bucket's notifications, as CloudFormation or as S3's API spells it. */
interface Configuration {
  readonly Event?: string;
  readonly Events?: readonly string[];
  readonly Queue?: string;
  readonly QueueArn?: string;
  readonly Topic?: string;
  readonly TopicArn?: string;
  readonly Filter?: { readonly S3Key?: Rules; readonly Key?: Rules };
}

interface Rules {
  readonly Rules?: readonly Rule[];
  readonly FilterRules?: readonly Rule[];
}

interface Rule {
  readonly Name: string;
  readonly Value: string;
}

/** What a bucket sends to queues and topics by a configuration, and what is not sent here. */
export function bucketNotifications(configuration: Configuration): { found: BucketNotification[]; omitted: string[] } {
  const { Event: event, Events: events = event === undefined ? [] : [event], Filter: filter } = configuration;
  const arn = configuration.Queue ?? configuration.QueueArn ?? configuration.Topic ?? configuration.TopicArn;
  if (arn === undefined) {
    return { found: [], omitted: ['it invokes no function here. It notifies queues and topics of new objects'] };
  }
  const key = filter?.S3Key ?? filter?.Key;
  const rule = (name: string) => [...key?.Rules ?? [], ...key?.FilterRules ?? []].find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
  const isCreation = (each: string) => /^s3:ObjectCreated:(\*|Put)$/.test(each);
  return {
    found: events.some(isCreation) ? [{ arn, prefix: rule('prefix'), suffix: rule('suffix') }] : [],
    omitted: events.filter((each) => !isCreation(each)).map((each) => `${arn} is not notified of ${each} here`),
  };
}
