import type { Resolve } from './intrinsics';
import type { SynthesizedStack, TemplateResource } from '../../assembly';

/** The account and region of stacks that do not set their own. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';

/** What is known only once everything runs. */
export interface Endpoints {
  readonly dynamodb: string;
  /** Of Lambda, and of the streams under the ARNs of the app. */
  readonly api: string;
  /** Of SQS, SNS and S3. */
  readonly destinations: string;
  /** The last part of each stream's ARN, the time when it was made, by table ARN. */
  readonly streamLabels: ReadonlyMap<string, string>;
}

/** How the resources of a type are named: the property with the name, its longest length, and what Ref returns. */
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

/** The name of a resource here: its own, or stack and logical id, which is how the names that CloudFormation makes begin. */
export function physicalName(stack: SynthesizedStack, logicalId: string, resource: TemplateResource, resolve: Resolve): string {
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

/** What Ref (no attribute) or GetAtt of a resource returns here; undefined if it is known only after a deployment. */
export function attributeOf(
  resource: TemplateResource, name: string, place: { region: string; account: string }, attribute?: string, endpoints?: Endpoints,
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

function arnOf(resource: TemplateResource, name: string, { region, account }: { region: string; account: string }): string | undefined {
  switch (resource.Type) {
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable': return `arn:aws:dynamodb:${region}:${account}:table/${name}`;
    case 'AWS::Lambda::Function': return `arn:aws:lambda:${region}:${account}:function:${name}`;
    case 'AWS::Logs::LogGroup': return `arn:aws:logs:${region}:${account}:log-group:${name}:*`;
    case 'AWS::S3::Bucket': return `arn:aws:s3:::${name}`;
    // The local destinations have only one account.
    case 'AWS::SNS::Topic': return `arn:aws:sns:${region}:${LOCAL_ACCOUNT}:${name}`;
    case 'AWS::SQS::Queue': return `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${name}`;
    default: return undefined;
  }
}

/** The URL of a queue at the local destinations. */
export function queueUrl(name: string, endpoints?: Pick<Endpoints, 'destinations'>): string {
  return `${endpoints?.destinations ?? 'http://pending'}/${LOCAL_ACCOUNT}/${name}`;
}
