import {
  AspectPriority, Aspects, aws_iam as iam, type aws_kms as kms, type aws_lambda as lambda, aws_lambda_event_sources as sources,
  type aws_sqs as sqs, type CfnResource, type IAspect, Names, type RemovalPolicy, Stack, Token,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeFailureQueue } from './cdk-nag';
import { failureQueue, isNoFailureDestination } from './failure-destination';
import type { Known } from '../../rules/facts';
import { sendingActions } from '../../rules/policies';
import { judge } from '../../rules/rule';
import { type PropFacts, TRIGGER_RULES } from '../../rules/trigger-rules';
import { TRIGGER_WORDS } from '../../rules/words';
import { ownedFunction } from '../function/owned-function';
import { refuseTrigger } from '../report-violations';
import { droppedKeyGrant, encryptionKeyOf } from '../role/dropped-grant';
import type { ExecutionRole } from '../role/execution-role';
import { destinationGrantee, type StreamPermissions } from '../role/permissions';
import { canonicalText } from '../template/canonical-text';
import { referencesIn, resourceNamed } from '../template/references';
import { isResource, resourceOf } from '../template/resource';

/** Where a trigger's destination comes from: the trigger makes a queue, it was given one, or it has none. */
export type DestinationSource = 'made' | 'given' | 'none';

export function destinationSource(onFailure: lambda.IEventSourceDlq | undefined): DestinationSource {
  if (onFailure === undefined) {
    return 'made';
  }
  return isNoFailureDestination(onFailure) ? 'none' : 'given';
}

/** The props of a trigger that decide on its destination. */
interface Props {
  readonly handler: lambda.IFunction;
  readonly onFailure?: lambda.IEventSourceDlq;
  readonly failureQueueRemovalPolicy: RemovalPolicy;
  readonly failureQueueKey?: kms.IKey;
  readonly permissions: StreamPermissions;
  readonly propFacts: PropFacts;
}

/** What receives the batches that a trigger gives up. */
export class TriggerDestination {
  /** The queue, if the trigger made one. */
  readonly queue?: sqs.Queue;
  /** The destination as a user knows it; undefined: there is none. */
  readonly dlq?: lambda.IEventSourceDlq;
  private readonly source: DestinationSource;
  private bound?: BoundDestination;

  constructor(private readonly trigger: Construct, private readonly props: Props) {
    this.source = destinationSource(props.onFailure);
    if (this.source === 'made') {
      this.queue = makeQueue(trigger, props);
      this.dlq = new sources.SqsDlq(this.queue);
    } else if (this.source === 'given') {
      this.dlq = props.onFailure;
    }
  }

  /** The destination for the mapping, which grants the role what delivers and parks there. */
  boundTo(role: ExecutionRole): lambda.IEventSourceDlq | undefined {
    const { trigger, dlq, props: { permissions, propFacts } } = this;
    if (dlq === undefined) {
      return undefined;
    }
    // A key may need the function, a queue without one needs nothing.
    const grantee = this.source === 'made' && this.props.failureQueueKey === undefined ? role.directGrantee : role.grantee;
    role.lack(droppedKeyGrant(encryptionKeyOf(dlq), ['kms:GenerateDataKey', 'kms:Decrypt']));
    return this.bound = new BoundDestination(trigger, dlq, destinationGrantee(grantee, role, permissions, dlq), propFacts);
  }

  /** What the role needs for the destination that a mapping names, if that is not the one that the role was granted. */
  neededFor(arn: string | undefined, service: Known<string>, mapping: CfnResource): iam.PolicyStatement[] {
    const granted = this.bound?.arn;
    const isGranted = granted !== undefined && canonicalText(granted, mapping) === canonicalText(arn, mapping);
    return arn === undefined || isGranted ? [] : sendingTo(Token.asString(arn), service);
  }
}

/**
 * In the stack of the function, which must name the queue to park records there. Not if the queue would need a key of another stack: that
 * stack may need the function's.
 */
function makeQueue(trigger: Construct, { handler, failureQueueRemovalPolicy, failureQueueKey }: Props): sqs.Queue {
  const fn = ownedFunction(handler);
  const isBeside = fn !== undefined && Stack.of(fn) !== Stack.of(trigger) && stacksOf(failureQueueKey).every((stack) => stack === Stack.of(fn));
  if (!isBeside) {
    return failureQueue(trigger, 'FailureQueue', failureQueueRemovalPolicy, failureQueueKey);
  }
  const queue = failureQueue(fn, `FailureQueue${Names.nodeUniqueId(trigger.node)}`, failureQueueRemovalPolicy, failureQueueKey);
  lendAspects(trigger, queue);
  return queue;
}

/** The stacks of what a key is in this app. An imported one is in none. */
function stacksOf(key: kms.IKey | undefined): Stack[] {
  return key === undefined ? [] : [key, ...referencesIn(key.keyArn, key).map(({ target }) => target)]
    .filter((part) => isResource(part) || resourceOf(part))
    .map((part) => Stack.of(part));
}

/**
 * Applies to a queue what is applied to the trigger and all around it, such as tags and removal policies, as if the queue was under the trigger.
 * What reaches the queue where it is, is not applied twice.
 */
function lendAspects(trigger: Construct, queue: sqs.Queue): void {
  const lenders = trigger.node.scopes.filter((scope) => !queue.node.scopes.includes(scope));
  const lent = () => lenders.flatMap((scope) => Aspects.of(scope).applied);
  const isThere = (aspect: IAspect) => queue.node.scopes.some((scope) => Aspects.of(scope).all.includes(aspect));
  let last = -1;
  for (const priority of [AspectPriority.MUTATING, AspectPriority.DEFAULT, AspectPriority.READONLY]) {
    const [after, upTo] = [last, priority === AspectPriority.READONLY ? Infinity : priority];
    Aspects.of(queue).add({
      visit: (node) => lent().filter((applied) => applied.priority > after && applied.priority <= upTo && !isThere(applied.aspect))
        .forEach(({ aspect }) => aspect.visit(node)),
    }, { priority });
    last = priority;
  }
}

/** The least that a role needs to send to a destination. */
function sendingTo(arn: string, service: Known<string>): iam.PolicyStatement[] {
  return sendingActions(service).map(({ action, on }) => new iam.PolicyStatement({ actions: [action], resources: [on === 'objects' ? `${arn}/*` : arn] }));
}

/** A destination whose permissions go to the function's role as the trigger may extend it. */
class BoundDestination implements lambda.IEventSourceDlq {
  /** Once it is bound. */
  arn?: string;

  constructor(
    private readonly trigger: Construct,
    private readonly destination: lambda.IEventSourceDlq,
    private readonly grantee: lambda.IFunction,
    private readonly propFacts: PropFacts,
  ) {}

  bind(mapping: lambda.IEventSourceMapping): lambda.DlqDestinationConfig {
    // The destination of an untyped caller may return anything.
    const { destination }: Partial<lambda.DlqDestinationConfig> = this.destination.bind(mapping, this.grantee) ?? {};
    if (!isName(destination)) {
      return refuseTrigger(this.trigger, judge(TRIGGER_RULES, { ...this.propFacts, onFailure: 'nameless' }, TRIGGER_WORDS));
    }
    this.arn = destination;
    const resource = resourceNamed(destination, this.trigger);
    if (resource?.cfnResourceType === 'AWS::SQS::Queue') {
      acknowledgeFailureQueue(resource);
    }
    return { destination };
  }
}

/** An empty text means no destination to CloudFormation. */
function isName(destination: unknown): destination is string {
  return Token.isUnresolved(destination) || (typeof destination === 'string' && destination !== '');
}
