import type { CheckedStack } from './checked-stack';
import { partsOf, resourceKey, type Target, type TargetResource, targetOf, textIn } from './values';
import { arnAttributes } from '../rules/cloudformation';
import { isKnown, UNKNOWN } from '../rules/facts';
import { mayBeOne } from '../rules/policies';

/** The ARN that a value of a template is, as patterns with `*` for what only the deployment knows. */
export interface ArnPattern {
  /** Names a resource without a name of its own by its place in the app, as no text does: `table/<0/Orders>`. */
  readonly exact: string;
  /** Leaves open what such a resource is called. */
  readonly open: string;
}

export function arnPattern(value: unknown, stack: CheckedStack): ArnPattern {
  return patternOf(targetOf(value, stack));
}

export function patternOf(target: Target): ArnPattern {
  const parts = partsOf(target).map((part) => typeof part === 'string' ? same(part.replaceAll(UNKNOWN, '*')) : ofResource(part));
  return { exact: parts.map(({ exact }) => exact).join(''), open: parts.map(({ open }) => open).join('') };
}

/** Whether a pattern in a policy may be about a resource. What one side names by a reference and the other by a text may be the same. */
export function mayCover(held: ArnPattern, wanted: ArnPattern): boolean {
  const isPlaced = ({ exact }: ArnPattern) => exact.includes('<');
  return mayBeOne(held.exact, wanted.exact) || (isPlaced(held) !== isPlaced(wanted) && mayBeOne(held.open, wanted.open));
}

/** What the ARN of a resource begins with, which property names it, and which attributes are that name. */
interface Kind {
  readonly begin: string;
  readonly name?: string;
  readonly names: readonly string[];
}

const TABLE: Kind = { begin: 'arn:*:dynamodb:*:*:table/', name: 'TableName', names: ['Ref'] };

const KINDS: { readonly [type: string]: Kind } = {
  'AWS::DynamoDB::Table': TABLE,
  'AWS::DynamoDB::GlobalTable': TABLE,
  'AWS::Serverless::SimpleTable': TABLE,
  'AWS::SQS::Queue': { begin: 'arn:*:sqs:*:*:', name: 'QueueName', names: ['QueueName'] },
  'AWS::SNS::Topic': { begin: 'arn:*:sns:*:*:', name: 'TopicName', names: ['TopicName'] },
  'AWS::S3::Bucket': { begin: 'arn:*:s3:::', name: 'BucketName', names: ['Ref'] },
  'AWS::KMS::Key': { begin: 'arn:*:kms:*:*:key/', names: ['Ref', 'KeyId'] },
};

function ofResource(target: TargetResource): ArnPattern {
  const { resource: { Type, Properties: properties }, stack, attribute } = target;
  const kind = Object.hasOwn(KINDS, Type) ? KINDS[Type] : undefined;
  const given = kind?.name === undefined ? undefined : properties![kind.name];
  const text = given === undefined ? '*' : textIn(given, stack);
  const name = isKnown(text) && given !== undefined ? same(text) : { exact: `<${resourceKey(target)}>`, open: text.replaceAll(UNKNOWN, '*') };
  if (kind?.names.includes(attribute)) {
    return name;
  }
  const end = kind === TABLE && attribute === 'StreamArn' ? '/stream/*' : arnAttributes(Type).includes(attribute) ? '' : undefined;
  return kind === undefined || end === undefined ? same('*') : { exact: `${kind.begin}${name.exact}${end}`, open: `${kind.begin}${name.open}${end}` };
}

function same(pattern: string): ArnPattern {
  return { exact: pattern, open: pattern };
}
