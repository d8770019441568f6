/** The parts of an ARN. One that the ARN lacks, or leaves empty as S3 does, is an empty text. */
export interface ArnParts {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** All that follows the account, colons included: `table/Orders/stream/…`, `function:on-order:live`, or a queue's name. */
  readonly resource: string;
}

/** Splits `arn:partition:service:region:account:resource`. */
export function arnParts(arn: string): ArnParts {
  const [, partition = '', service = '', region = '', account = '', ...resource] = arn.split(':');
  return { partition, service, region, account, resource: resource.join(':') };
}
