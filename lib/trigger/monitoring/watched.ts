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

/** The triggers, as a sentence names them. */
export function named(triggers: Watched): string {
  return triggers.map(({ node }) => node.path).join(' and ');
}

/** The queue that failures wait in. `isPointers`: a message may be no more than a pointer to records in the stream. */
export function failureQueueOf(trigger: DynamoStreamTrigger): { readonly queue: sqs.IQueue; readonly isPointers: boolean } | undefined {
  const { queue, bucket } = failureSource(trigger);
  return queue && { queue, isPointers: bucket === undefined };
}

/** Seconds for which a record has a chance: until Lambda gives it up, or the stream deletes it. An unknown limit counts as none. */
export function lifeOf(triggers: Watched): number {
  return Math.min(...triggers.map((trigger) => {
    const age = literal(mappingOf(trigger), 'MaximumRecordAgeInSeconds');
    return age === undefined || age < 0 ? STREAM_RETENTION : Math.min(age, STREAM_RETENTION);
  }));
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
