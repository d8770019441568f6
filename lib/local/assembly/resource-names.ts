import { createHash } from 'node:crypto';
import type { Resolve } from './resolution';
import { RESOURCE_TYPES } from './resource-types';
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

/** The name of a resource here: its own, or stack and logical id, which is how the names that CloudFormation makes begin. */
export function physicalName(stack: SynthesizedStack, logicalId: string, resource: TemplateResource, resolve: Resolve): string {
  const { property, longest, lowerCase } = RESOURCE_TYPES[resource.Type] ?? { property: 'Name', longest: 255 };
  const given = resource.Properties?.[property];
  if (given !== undefined) {
    return resolve(stack, given);
  }
  const made = `${stack.name}-${logicalId}`;
  const suffix = resource.Properties?.FifoQueue || resource.Properties?.FifoTopic ? '.fifo' : '';
  const name = shortened(made, longest - suffix.length) + suffix;
  return lowerCase ? name.toLowerCase() : name;
}

/** At most this long. What differs only in what is cut off still differs. */
function shortened(name: string, longest: number): string {
  return name.length <= longest ? name : `${name.slice(0, longest - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** A resource of a template, and where it is. */
export interface PlacedResource {
  readonly resource: TemplateResource;
  readonly name: string;
  readonly region: string;
  readonly account: string;
  /** One of its properties, resolved. */
  property(name: string): unknown;
}

/**
 * What Ref (no attribute) or GetAtt of a resource returns here; undefined if it is known only after a deployment. Parts that AWS makes at
 * random are others here, but the same in each run.
 */
export function attributeOf(placed: PlacedResource, attribute?: string, endpoints?: Endpoints): string | undefined {
  const type = RESOURCE_TYPES[placed.resource.Type];
  if (attribute === 'StreamArn' && type?.property === 'TableName') {
    const arn = attributeOf(placed, 'Arn')!;
    return `${arn}/stream/${endpoints?.streamLabels.get(arn) ?? 'pending'}`;
  }
  const pattern = attribute === undefined ? type?.ref : type?.attributes[attribute];
  return pattern?.replace(/\{(\w+)(?:=([^}]*))?\}/g, (_, part: string, otherwise: string | undefined) => {
    switch (part) {
      case 'name': return placed.name;
      case 'region': return placed.region;
      case 'account': return placed.account;
      case 'url': return queueUrl(placed.name, endpoints);
      case 'id': return madeId(placed);
      case 'suffix': return madeId(placed).slice(0, 6);
      default: return String(placed.property(part) ?? otherwise);
    }
  });
}

/** The same for the same resource. */
function madeId({ name, region, account }: PlacedResource): string {
  const digits = createHash('sha256').update(`${account}/${region}/${name}`).digest('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-');
}

/** The URL of a queue at the local destinations. */
export function queueUrl(name: string, endpoints?: Pick<Endpoints, 'destinations'>): string {
  return `${endpoints?.destinations ?? 'http://pending'}/${LOCAL_ACCOUNT}/${name}`;
}
