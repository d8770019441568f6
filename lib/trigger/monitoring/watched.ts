import { type aws_lambda as lambda, type aws_sqs as sqs, type CfnResource, Stack, Token } from 'aws-cdk-lib';
import { STREAM_RETENTION } from '../../stream/shard';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';
import { ownedFunction } from '../function/owned-function';
import { failureSource } from '../redrive/grant-redrive';
import { tableResourceOf } from '../table/stream-source';
import { overriddenProperty } from '../template/cdk-internals';
import { resourceOf } from '../template/resource';

/** Triggers that share what is watched: a mapping, which has one, or a function or a failure queue, which may have several. */
export type Watched = readonly [DynamoStreamTrigger, ...DynamoStreamTrigger[]];

/** Triggers grouped by what they share. Those without it are omitted. */
export function sharing(triggers: readonly DynamoStreamTrigger[], shared: (trigger: DynamoStreamTrigger) => string | undefined): Watched[] {
  const groups = new Map<string, [DynamoStreamTrigger, ...DynamoStreamTrigger[]]>();
  for (const trigger of triggers) {
    const key = shared(trigger);
    const group = key === undefined ? undefined : groups.get(key);
    if (group !== undefined) {
      group.push(trigger);
    } else if (key !== undefined) {
      groups.set(key, [trigger]);
    }
  }
  return [...groups.values()];
}

/** The triggers, as a sentence names them. A description has room for a few: CloudWatch takes 1,024 characters. */
export function named(triggers: Watched): string {
  const paths = triggers.map(({ node }) => node.path);
  const more = paths.length - MOST_NAMED;
  const list = more > 0 ? [...paths.slice(0, MOST_NAMED), `${more} more`] : paths;
  return list.map((path) => path.length > LONGEST_NAME ? `…${path.slice(1 - LONGEST_NAME)}` : path).join(' and ');
}

const MOST_NAMED = 3;
const LONGEST_NAME = 120;

/**
 * The queue that failures wait in, if its metrics are where the trigger is. `isPointers`: a message may be no more than a pointer to records in the
 * stream.
 */
export function failureQueueOf(trigger: DynamoStreamTrigger): { readonly queue: sqs.IQueue; readonly isPointers: boolean } | undefined {
  const { queue, bucket } = failureSource(trigger);
  return queue && isHere(queue, trigger) ? { queue, isPointers: bucket === undefined } : undefined;
}

/** Whether a resource is in the account and Region of a trigger, as far as that is known. */
function isHere({ env }: sqs.IQueue, trigger: DynamoStreamTrigger): boolean {
  const { account, region } = Stack.of(trigger);
  return !isAnother(env.account, account) && !isAnother(env.region, region);
}

/** Whether two accounts or Regions are known to differ. */
export function isAnother(one: string, other: string): boolean {
  return one !== other && !Token.isUnresolved(one) && !Token.isUnresolved(other);
}

/** Seconds for which a record has a chance: until Lambda gives it up, or the stream deletes it. An unknown limit counts as none. */
export function lifeOf(triggers: Watched): number {
  return Math.min(...triggers.map((trigger) => {
    const age = literal(mappingOf(trigger), 'MaximumRecordAgeInSeconds');
    return age === undefined || age < 0 ? STREAM_RETENTION : Math.min(age, STREAM_RETENTION);
  }));
}

/** The fewest retries of a batch that are limited; undefined if none are known to be. */
export function retriesOf(triggers: Watched): number | undefined {
  const limits = triggers.map((trigger) => literal(mappingOf(trigger), 'MaximumRetryAttempts') ?? -1).filter((limit) => limit >= 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Seconds for which Lambda collects records. An unknown window counts as none. */
export function windowOf(triggers: Watched): number {
  return Math.max(...triggers.map((trigger) => literal(mappingOf(trigger), 'MaximumBatchingWindowInSeconds') ?? 0));
}

/** Whether the table's metrics of writes are known to be where the trigger is: the table is of this app and account. */
export function isTableOfThisApp({ table, eventSourceMapping }: DynamoStreamTrigger): boolean {
  const resource = tableResourceOf(table);
  return resource !== undefined && Stack.of(resource).account === Stack.of(eventSourceMapping).account;
}

/** Whether the settings switch the mapping off: it is meant to be silent. */
export function isSwitchedOff(trigger: DynamoStreamTrigger): boolean {
  return mappingOf(trigger).enabled === false;
}

/** Whether the runtime may park records of the trigger: something takes them, and there is no window, whose handler parks nothing. */
export function isParking(trigger: DynamoStreamTrigger): boolean {
  return trigger._isMeasured && trigger.failureDestination !== undefined && !literal(mappingOf(trigger), 'TumblingWindowInSeconds');
}

/** The function's timeout in seconds; undefined if it is not known. */
export function timeoutOf({ handler }: DynamoStreamTrigger): number | undefined {
  const fn = resourceOf(ownedFunction(handler));
  return fn && literal(fn, 'Timeout', LAMBDA_TIMEOUT);
}

/** The function's reserved concurrency; undefined if there is none, or it is not known. */
export function reservedConcurrencyOf({ handler }: DynamoStreamTrigger): number | undefined {
  const fn = resourceOf(ownedFunction(handler));
  return fn && literal(fn, 'ReservedConcurrentExecutions');
}

/** Of a function whose template has none. */
const LAMBDA_TIMEOUT = 3;

export function mappingOf({ eventSourceMapping }: DynamoStreamTrigger): lambda.CfnEventSourceMapping {
  return eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
}

/**
 * A number of a resource as the template will have it, after aspects and overrides; undefined if only the deployment knows it.
 *
 * It resolves no other property: whether the mapping's metrics are on depends on the alarms, and what an alarm says on this.
 */
function literal(resource: CfnResource, name: string, absent?: number): number | undefined {
  const property = `${name[0].toLowerCase()}${name.slice(1)}` as keyof CfnResource;
  const value = overriddenProperty(resource, name) ?? Stack.of(resource).resolve(resource[property]) ?? absent;
  return Token.isUnresolved(value) || typeof value !== 'number' ? undefined : value;
}
