import type { Known } from './facts';

/** What a statement of a policy is about. */
export interface StatementActions {
  /** Patterns of the actions. */
  readonly actions: readonly string[];
  /** Patterns of the actions that it is not about, where it is about all others. */
  readonly notActions: readonly string[];
}

/** What gives a role statements, beside the role itself. */
export const POLICY_RESOURCES: readonly string[] = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy'];

/** What a policy has as a list, or alone if it is one. */
export function listOf(value: unknown): any[] {
  return [value ?? []].flat();
}

/** What Lambda calls to read a stream. */
export const STREAM_READ_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'] as const;

/** What Lambda calls to send to a failure destination, and the runtime to park there: on the destination itself, or on the objects in it. */
export function sendingActions(service: Known<string>): readonly { readonly action: string; readonly on: 'itself' | 'objects' }[] {
  switch (service) {
    case 'sqs': return [{ action: 'sqs:SendMessage', on: 'itself' }];
    case 'sns': return [{ action: 'sns:Publish', on: 'itself' }];
    case 's3': return [{ action: 's3:PutObject', on: 'objects' }, { action: 's3:ListBucket', on: 'itself' }];
    default: return [];
  }
}

/** What changes items of a table. */
export const TABLE_WRITE_ACTIONS = [
  'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PartiQLDelete',
] as const;

/** What AWS's own policies allow of what a mapping needs, on everything. Undefined for one that is not known. */
export function allowedByAws(policyName: string): readonly string[] | undefined {
  return Object.hasOwn(OF_AWS, policyName) ? OF_AWS[policyName] : undefined;
}

const OF_AWS: { readonly [policyName: string]: readonly string[] } = {
  'AWSLambdaDynamoDBExecutionRole': STREAM_READ_ACTIONS,
  'AWSLambdaInvocation-DynamoDB': STREAM_READ_ACTIONS,
  'AmazonDynamoDBFullAccess': ['dynamodb:*'],
  'AmazonDynamoDBFullAccess_v2': ['dynamodb:*'],
  'AmazonSQSFullAccess': ['sqs:*'],
  'AmazonSNSFullAccess': ['sns:*'],
  'AmazonS3FullAccess': ['s3:*'],
  'PowerUserAccess': ['dynamodb:*', 'sqs:*', 'sns:*', 's3:*', 'kms:*'],
  'AdministratorAccess': ['*'],
  'AWSLambdaBasicExecutionRole': [],
  'AWSLambdaVPCAccessExecutionRole': [],
  'AWSLambdaKinesisExecutionRole': [],
  'AWSLambdaSQSQueueExecutionRole': [],
  'AWSLambdaRole': [],
  'AWSXRayDaemonWriteAccess': [],
  'AWSXrayWriteOnlyAccess': [],
  'CloudWatchLambdaInsightsExecutionRolePolicy': [],
};

/** Whether a statement is about an action. */
export function isAbout({ actions, notActions }: StatementActions, action: string): boolean {
  return actions.some((pattern) => fits(pattern, action)) || (notActions.length > 0 && !notActions.some((pattern) => fits(pattern, action)));
}

/** Whether a pattern of IAM, with `*` and `?`, fits a text. */
export function fits(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) {
    return pattern.toLowerCase() === text.toLowerCase();
  }
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'is').test(text);
}

/** Whether two patterns of ARNs can be of one resource. Of a short one, the last part stands for the rest. */
export function mayBeOne(held: string, wanted: string): boolean {
  const count = Math.min(held.split(':').length, 6);
  const [parts, others] = [held, wanted].map((arn) => arn.split(':')).map((all) => [...all.slice(0, count - 1), all.slice(count - 1).join(':')]);
  return parts.every((part, index) => overlap(part, others[index]));
}

/** Whether there is a text that both patterns fit. */
function overlap(one: string, other: string): boolean {
  let reached = new Set([0]);
  const skip = (positions: Set<number>) => {
    for (const position of positions) {
      if (other[position] === '*') {
        positions.add(position + 1);
      }
    }
    return positions;
  };
  skip(reached);
  for (const letter of one) {
    const next = new Set<number>();
    for (const position of reached) {
      if (letter === '*') {
        for (let to = position; to <= other.length; to++) {
          next.add(to);
        }
      } else if (other[position] === '*') {
        next.add(position);
      } else if (position < other.length && (letter === other[position] || [letter, other[position]].includes('?'))) {
        next.add(position + 1);
      }
    }
    reached = skip(next);
  }
  return reached.has(other.length);
}
