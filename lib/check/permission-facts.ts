import { type ArnPattern, arnPattern, mayCover, patternOf } from './arn-pattern';
import type { CheckedStack } from './checked-stack';
import type { FoundMapping } from './mappings';
import { once } from './once';
import type { Held, TemplateStatement } from './policies';
import { heldBy } from './role';
import { deployedResources, isTargetResource, resourceKey, simplified, type Target, type TargetResource, targetOf, textIn } from './values';
import { isIntrinsic } from '../rules/cloudformation';
import { TABLE_RESOURCES } from '../rules/facts';
import { isAbout, listOf, sendingActions, STREAM_READ_ACTIONS, TABLE_WRITE_ACTIONS } from '../rules/policies';
import type { DestinationFacts } from '../rules/wiring-rules';

/** Something that the role of a function needs. */
interface Need {
  readonly actions: readonly string[];
  /** As a template has it. */
  readonly resource: unknown;
  readonly pattern: ArnPattern;
}

/**
 * What the role of a function lacks of what a mapping needs, as statements that can be added to a template.
 *
 * Nothing where the templates do not show all of the role. What the policy of a stream, a queue, a topic, a bucket or a key may allow is not
 * missing either.
 *
 * @param destination undefined: there is none, or only the deployment shows it
 */
export function missingStatements(mapping: FoundMapping, fn: TargetResource | undefined, destination: DestinationFacts | undefined): object[] {
  const held = fn && heldBy(fn);
  if (!held?.isWhole) {
    return [];
  }
  return [...toRead(mapping), ...destination === undefined ? [] : toSend(mapping, destination)].flatMap(({ actions, resource, pattern }) => {
    const missing = actions.filter((action) => !allows(held, action, pattern));
    return missing.length === 0 ? [] : [{ Effect: 'Allow', Action: missing, Resource: resource }];
  });
}

/** Whether the function may write to the table whose stream drives it. What is granted on everything does not count. */
export function writesToTable({ source }: FoundMapping, fn: TargetResource | undefined): boolean {
  const table = isTargetResource(source)
    ? patternOf({ ...source, attribute: TABLE_RESOURCES.includes(source.resource.Type) ? 'Arn' : 'unknown' })
    : patternOf({ ...source, parts: [source.text.replace(/\/stream\/.*$/, '')] });
  const statements = fn && heldBy(fn)?.statements || [];
  const isOwn = (held: ArnPattern) => nameIn(held) === nameIn(table) && !/[*?]|^$/.test(nameIn(held)) && mayCover(held, table);
  const allowing = statements.filter(({ effect, resources }) => effect === 'Allow' && resources.some(isOwn) && !resources.some(({ exact }) => exact === '*'));
  const denying = statements.filter(({ effect, conditional, resources }) => effect === 'Deny' && !conditional && resources.some((held) => mayCover(held, table)));
  const areAbout = (some: readonly TemplateStatement[], action: string) => some.some((statement) => isAbout(statement, action));
  return TABLE_WRITE_ACTIONS.some((action) => areAbout(allowing, action) && !areAbout(denying, action));
}

/** The part of an ARN that says whose it is: `table/Orders`. */
function nameIn({ exact }: ArnPattern): string {
  return exact.split(':').slice(5).join(':');
}

function allows({ statements }: Held, action: string, wanted: ArnPattern): boolean {
  // Whether a condition holds, only AWS knows. IAM has no resource for listing streams.
  return statements.some((statement) => statement.effect === 'Allow' && isAbout(statement, action)
    && (action === 'dynamodb:ListStreams' || statement.resources.some((held) => mayCover(held, wanted))));
}

function toRead({ source, stack, properties, event }: FoundMapping): Need[] {
  const resource = properties[event === undefined ? 'EventSourceArn' : 'Stream'];
  const isTable = isTargetResource(source) && TABLE_RESOURCES.includes(source.resource.Type);
  const table = isTable ? simplified(source.resource.Properties, source.stack) : {};
  const replicas = listOf(table.Replicas);
  const streams = [table.StreamSpecification, ...replicas.map((replica) => replica?.ReplicaStreamSpecification)];
  const key = table.SSESpecification?.KMSMasterKeyId ?? (replicas.length === 1 ? replicas[0]?.SSESpecification?.KMSMasterKeyId : undefined);
  return [
    ...streams.some((stream) => stream?.ResourcePolicy !== undefined) ? [] : [need(resource, stack, ...STREAM_READ_ACTIONS)],
    ...isTargetResource(source) ? toUse(key, source.stack, ['kms:Decrypt'], stack) : [],
  ];
}

function toSend({ stack, properties }: FoundMapping, { service }: DestinationFacts): Need[] {
  const resource = properties.DestinationConfig.OnFailure.Destination;
  const target = targetOf(resource, stack);
  const objects = { 'Fn::Sub': ['${Bucket}/*', { Bucket: resource }] };
  const needs = sendingActions(service).map(({ action, on }) => need(on === 'objects' ? objects : resource, stack, action));
  if (!isTargetResource(target)) {
    return needs;
  }
  const keyActions = service === 's3' ? ['kms:GenerateDataKey'] : ['kms:GenerateDataKey', 'kms:Decrypt'];
  return [...hasPolicy(target) ? [] : needs, ...toUse(keyOf(target), target.stack, keyActions, stack)];
}

function need(resource: unknown, stack: CheckedStack, ...actions: string[]): Need {
  return { actions, resource, pattern: arnPattern(resource, stack) };
}

/** The key of a queue, a topic or a bucket. */
function keyOf({ resource, stack }: TargetResource): unknown {
  const { KmsMasterKeyId: key, BucketEncryption: encryption } = simplified(resource.Properties, stack);
  return key ?? listOf(encryption?.ServerSideEncryptionConfiguration)[0]?.ServerSideEncryptionByDefault?.KMSMasterKeyID;
}

/** A key of the app whose own policy leaves it to other policies who may use it. */
function toUse(value: unknown, stack: CheckedStack, actions: readonly string[], from: CheckedStack): Need[] {
  const found = targetOf(value, stack);
  const isAlias = isTargetResource(found) && found.resource.Type === 'AWS::KMS::Alias';
  const key = isAlias ? targetOf(found.resource.Properties!.TargetKeyId, found.stack) : found;
  const isOwn = isTargetResource(key) && key.resource.Type === 'AWS::KMS::Key';
  if (!isOwn || !isLeftToOthers(simplified(key.resource.Properties!.KeyPolicy, key.stack), key.stack)) {
    return [];
  }
  const pattern = patternOf({ ...key, attribute: 'Arn' });
  return [{ actions, resource: key.stack === from ? { 'Fn::GetAtt': [key.logicalId, 'Arn'] } : pattern.open, pattern }];
}

/** Whether a key's policy leaves it to the policies of roles who may use it: it names the account. */
function isLeftToOthers(policy: unknown, stack: CheckedStack): boolean {
  return !isIntrinsic(policy) && principalsIn(policy, stack).every((principals) => principals.every((principal) => principal.endsWith(':root')));
}

/** Whether a policy of the app lets somebody use a queue, a topic or a bucket. */
function hasPolicy(target: TargetResource): boolean {
  return resourcePolicies(target.stack).some((named) => !isTargetResource(named) || resourceKey(named) === resourceKey(target));
}

/** What the policies of queues, topics and buckets are of that let somebody use these. */
function resourcePolicies({ app }: CheckedStack): readonly Target[] {
  return once(app[0], 'resource policies', '', [], () => app.flatMap((stack) => deployedResources(stack)
    .filter(([, { Type, Properties: properties = {} }]) => RESOURCE_POLICIES.includes(Type)
      && principalsIn(simplified(properties.PolicyDocument, stack), stack).some((principals) => principals.length > 0))
    .flatMap(([, { Properties: { Queues, Queue, Topics, TopicArn, Bucket } = {} }]) => [Queues, Queue, Topics, TopicArn, Bucket]
      .flatMap((named) => listOf(simplified(named, stack)).map((name) => targetOf(name, stack))))));
}

const RESOURCE_POLICIES = [
  'AWS::SQS::QueuePolicy', 'AWS::SQS::QueueInlinePolicy', 'AWS::SNS::TopicPolicy', 'AWS::SNS::TopicInlinePolicy', 'AWS::S3::BucketPolicy',
];

/** Of each statement of a resource's policy that allows something, whom beside services. */
function principalsIn(policy: any, stack: CheckedStack): string[][] {
  return listOf(policy?.Statement).filter((statement) => statement?.Effect !== 'Deny').map((statement) => {
    const principal = statement?.Principal;
    const people = typeof principal === 'object' && principal !== null && !isIntrinsic(principal) ? listOf(principal.AWS) : [principal];
    return people.map((one) => textIn(one, stack));
  });
}
