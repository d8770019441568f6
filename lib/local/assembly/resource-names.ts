import type { Resource, Stack } from './assembly';
import type { Resolve } from './intrinsics';

/** The account and region of stacks that leave theirs to the deployment. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';

/** What is only known once everything runs. */
export interface Endpoints {
  readonly dynamodb: string;
  /** Of SQS, SNS and S3. */
  readonly destinations: string;
  /** The last part of each stream's ARN, by table ARN: when the stream began. */
  readonly streamLabels: ReadonlyMap<string, string>;
}

/** What is known of a service's resources: the property with their name, the name's longest form, and what Ref gives. */
interface NamingRule {
  readonly property: string;
  readonly longest: number;
  readonly ref: 'name' | 'arn' | 'url';
}

const NAMING: Record<string, NamingRule> = {
  'AWS::DynamoDB::Table': { property: 'TableName', longest: 255, ref: 'name' },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', longest: 255, ref: 'name' },
  'AWS::Lambda::Function': { property: 'FunctionName', longest: 64, ref: 'name' },
  'AWS::Logs::LogGroup': { property: 'LogGroupName', longest: 512, ref: 'name' },
  'AWS::S3::Bucket': { property: 'BucketName', longest: 63, ref: 'name' },
  'AWS::SNS::Topic': { property: 'TopicName', longest: 256, ref: 'arn' },
  'AWS::SQS::Queue': { property: 'QueueName', longest: 80, ref: 'url' },
};

/** What a resource is called here: its own name, or stack and logical id, as CloudFormation begins the names it makes. */
export function nameOf(stack: Stack, logicalId: string, resource: Resource, resolve: Resolve): string {
  const { property, longest } = NAMING[resource.Type] ?? { property: 'Name', longest: 255 };
  const given = resource.Properties?.[property];
  if (given !== undefined) {
    return resolve(stack, given);
  }
  const made = `${stack.name}-${logicalId}`;
  const suffix = resource.Type === 'AWS::SQS::Queue' && resource.Properties?.FifoQueue ? '.fifo' : '';
  const name = made.slice(0, longest - suffix.length) + suffix;
  return resource.Type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
}

/** What Ref (no attribute) or GetAtt of a resource gives here; undefined where only a deployment knows. */
export function attributeOf(
  resource: Resource, name: string, place: { region: string; account: string }, attribute?: string, endpoints?: Endpoints,
): string | undefined {
  const arn = arnOf(resource, name, place);
  if (attribute === undefined) {
    const ref = NAMING[resource.Type]?.ref;
    return ref === 'url' ? queueUrl(name, endpoints) : ref === 'arn' ? arn : ref && name;
  }
  switch (attribute) {
    case 'Arn':
    case 'TopicArn': return arn;
    case 'StreamArn': return arn && `${arn}/stream/${endpoints?.streamLabels.get(arn) ?? 'pending'}`;
    case 'QueueUrl': return queueUrl(name, endpoints);
    case 'QueueName':
    case 'TopicName': return name;
    default: return undefined;
  }
}

function arnOf(resource: Resource, name: string, { region, account }: { region: string; account: string }): string | undefined {
  switch (resource.Type) {
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable': return `arn:aws:dynamodb:${region}:${account}:table/${name}`;
    case 'AWS::Lambda::Function': return `arn:aws:lambda:${region}:${account}:function:${name}`;
    case 'AWS::Logs::LogGroup': return `arn:aws:logs:${region}:${account}:log-group:${name}:*`;
    case 'AWS::S3::Bucket': return `arn:aws:s3:::${name}`;
    // The local destinations know one account only.
    case 'AWS::SNS::Topic': return `arn:aws:sns:${region}:${LOCAL_ACCOUNT}:${name}`;
    case 'AWS::SQS::Queue': return `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${name}`;
    default: return undefined;
  }
}

/** The URL of a queue at the local destinations. */
export function queueUrl(name: string, endpoints?: Pick<Endpoints, 'destinations'>): string {
  return `${endpoints?.destinations ?? 'http://pending'}/${LOCAL_ACCOUNT}/${name}`;
}
