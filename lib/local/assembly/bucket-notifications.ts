/** A queue that a bucket tells of new objects. */
export interface QueueNotification {
  readonly queueArn: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** The queues that hear of new objects, from the resolved `QueueConfigurations` of a bucket. */
export function queueNotifications(configurations: readonly Configuration[]): QueueNotification[] {
  return configurations
    .filter(({ Event }) => /^s3:ObjectCreated:(\*|Put)$/.test(Event))
    .map(({ Queue, Filter }) => {
      const rule = (name: string) => Filter?.S3Key?.Rules?.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
      return { queueArn: Queue, prefix: rule('prefix'), suffix: rule('suffix') };
    });
}

/** As CloudFormation spells it. */
interface Configuration {
  readonly Event: string;
  readonly Queue: string;
  readonly Filter?: { readonly S3Key?: { readonly Rules?: readonly { readonly Name: string; readonly Value: string }[] } };
}
