import { SimulatedFunction } from './function';
import { type ResolvedMapping, runtimeFacts } from './mapping-input';
import type { Deployment, SimulationOptions } from './options';
import { type RandomSources, randomSources } from './random';
import { DEFAULT_STREAM_ARN, isStreamRecord } from './records/stream-record';
import type { SimulationRun } from './run';
import { startOf, toShards, withLineage } from './shard-input';
import type { SimulatedShard } from './stream';
import { runToTheEnd } from './timeline';
import { SimulatedTrigger } from './trigger-driver';
import { VirtualClock } from './virtual-clock';
import { arnParts } from '../stream/arn';

/** A trigger to simulate, with a mapping that is complete and checked. */
export interface ResolvedTrigger extends Omit<SimulationOptions, 'mapping'> {
  readonly mapping: ResolvedMapping;
}

/** A trigger and its stream, which all triggers with the same shards share. */
interface Part {
  readonly trigger: ResolvedTrigger;
  readonly streamArn: string;
  readonly shards: readonly SimulatedShard[];
  readonly random: RandomSources;
}

/**
 * Runs triggers under one virtual clock until nothing is left to do. Triggers with the same handler drive one function.
 *
 * @throws TypeError if triggers disagree on what they share, or if AWS refuses them beside each other.
 */
export async function simulate(triggers: readonly ResolvedTrigger[]): Promise<SimulationRun[]> {
  const groups = grouped(triggers, ({ shards }) => shards);
  const streams = groups.map(([{ shards }]) => toShards(shards, streamOf(shards)));
  const startedAt = startOf(streams.flat());
  const clock = new VirtualClock(startedAt);
  const parts = triggers.map((trigger, index): Part => {
    const place = groups.findIndex((group) => group.includes(trigger));
    const reshards = agreed('the same shards', 'faults.reshards', groups[place].map(({ faults }) => faults?.reshards)) ?? [];
    return {
      trigger,
      streamArn: streamOf(trigger.shards),
      shards: withLineage(streams[place], reshards, startedAt),
      random: randomSources(trigger.seed ?? 0, index),
    };
  });
  const none = parts.findIndex(({ shards }) => shards.length === 0);
  if (none !== -1) {
    throw new TypeError(`shards${parts.length > 1 ? ` of the trigger ${none + 1}` : ''} is an empty list but must have at least one shard, or the test tests `
      + 'nothing. Give its records: shards: [{ records: [streamRecord(…)] }].');
  }
  const functions = new Map(grouped(parts, ({ trigger }) => trigger.handler).map((group, index) =>
    [group[0].trigger.handler, functionOf(group, index, clock)]));
  const simulated = parts.map((part) => new SimulatedTrigger({ ...part.trigger, ...part }, functions.get(part.trigger.handler)!, clock));
  await runToTheEnd(simulated, [...functions.values()], clock, {
    realTimeLimit: agreed('the same clock', 'realTimeLimit', triggers.map(({ realTimeLimit }) => realTimeLimit)),
    timers: agreed('the same clock', 'timers', triggers.map(({ timers }) => timers)),
    advanceTimers: triggers.find(({ advanceTimers }) => advanceTimers)?.advanceTimers,
  });
  return simulated.map((trigger) => trigger.result(startedAt));
}

function functionOf(group: readonly Part[], index: number, clock: VirtualClock): SimulatedFunction {
  const arns = group.map(({ streamArn }) => streamArn);
  const twice = arns.find((arn, place) => arns.indexOf(arn) !== place);
  if (twice !== undefined) {
    throw new TypeError(`Two triggers connect the stream ${twice} to the same handler, but AWS allows one mapping per stream and function. If they are `
      + 'two streams, give the records of each stream their own ARN: streamRecord({ streamArn, … }).');
  }
  const { region, account } = arnParts(arns[0]);
  const timeout = agreed('the same handler', 'timeout', group.map(({ trigger }) => trigger.timeout ?? trigger.mapping.timeout)) ?? 60;
  const shares = (option: 'environments' | 'reservedConcurrency' | 'invocationsPerEnvironment' | 'recycleAfter') =>
    agreed('the same handler', option, group.map(({ trigger }) => trigger[option]));
  return new SimulatedFunction({
    handler: group[0].trigger.handler,
    functionArn: `arn:aws:lambda:${region}:${account}:function:Function${index === 0 ? '' : index + 1}`,
    timeout: timeout * 1000,
    nodeVersion: agreed('the same handler', 'the version of Node.js', group.map(({ trigger }) => trigger.mapping.nodeVersion)),
    environments: shares('environments'),
    reservedConcurrency: shares('reservedConcurrency'),
    invocationsPerEnvironment: shares('invocationsPerEnvironment') ?? 1,
    recycleAfter: (shares('recycleAfter') ?? 4 * 60 * 60) * 1000,
    concurrency: group.reduce((sum, { shards, trigger: { mapping } }) => sum + shards.length * mapping.settings.parallelizationFactor, 0),
    deployments: distinct(group.flatMap(({ trigger: { deployments = [] } }) => deployments)),
    triggers: group.map(({ trigger: { mapping }, streamArn }) => runtimeFacts(streamArn, mapping)),
    random: group[0].random.runtime,
    uuid: group[0].random.uuid,
  }, clock);
}

/** Several triggers of the function may each name a deployment of it, which happens once. */
function distinct(deployments: readonly Deployment[]): Deployment[] {
  return deployments.filter((one, index) => deployments.findIndex(({ at, handler, overlap = 0 }) =>
    at === one.at && handler === one.handler && overlap === (one.overlap ?? 0)) === index);
}

/** The value of an option that the triggers of a group share; undefined if none of them has it. */
function agreed<T>(what: string, option: string, values: readonly (T | undefined)[]): T | undefined {
  const different = [...new Map(values.filter((value) => value !== undefined).map((value) => [JSON.stringify(value), value])).entries()];
  if (different.length > 1) {
    throw new TypeError(`Triggers with ${what} have different values of ${option}: ${different.map(([text]) => text).join(' and ')}. Give it once, or the same value each time.`);
  }
  return different[0]?.[1];
}

/** The ARN of the stream, as the first record has it. */
function streamOf(shards: SimulationOptions['shards']): string {
  for (const { records } of shards) {
    if (records.length > 0 && isStreamRecord(records[0])) {
      return records[0].eventSourceARN ?? DEFAULT_STREAM_ARN;
    }
  }
  return DEFAULT_STREAM_ARN;
}

function grouped<T>(list: readonly T[], by: (one: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const one of list) {
    groups.set(by(one), [...groups.get(by(one)) ?? [], one]);
  }
  return [...groups.values()];
}
