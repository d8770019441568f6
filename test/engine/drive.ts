import { createMapping, type Effect, type Input, type Machine, type MappingOptions, type Notice, type Outcome } from '../../lib/engine';
import type { MappingSettings } from '../../lib/rules/settings';
import type { StreamEvent, StreamRecord, WindowEvent } from '../../lib/stream/record';
import type { Shard } from '../../lib/stream/shard';
import { streamRecord } from '../../lib/testing';
import { DEFAULT_SETTINGS } from '../default-settings';

/** When the stories of these tests begin: a multiple of every window's length. */
export const START = Date.UTC(2025, 0, 1);

/** The nth record of a shard, created this many seconds after the start. */
export function record(n: number, seconds = 0, attributes: { readonly [name: string]: string } = {}): StreamRecord {
  const key = { id: attributes.id ?? `item-${n}` };
  return streamRecord({
    sequenceNumber: sequenceNumber(n), keys: key, newImage: { ...attributes, ...key }, createdAt: START / 1000 + seconds,
  });
}

export function records(count: number, seconds = 0): StreamRecord[] {
  return Array.from({ length: count }, (_, index) => record(index + 1, seconds));
}

export function sequenceNumber(n: number): string {
  return String(100_000_000_000_000_000_000_000n + BigInt(n));
}

/** The n of a record. */
export function numberOf(subject: StreamRecord | string): number {
  const text = typeof subject === 'string' ? subject : subject.dynamodb!.SequenceNumber!;
  return Number(BigInt(text) - 100_000_000_000_000_000_000_000n);
}

function createdAt({ dynamodb }: StreamRecord): number {
  return dynamodb!.ApproximateCreationDateTime! * 1000;
}

export interface TestShard extends Shard {
  readonly records: readonly StreamRecord[];
  readonly closed?: boolean;
}

export interface Invoke {
  /** Milliseconds after the start. */
  readonly at: number;
  readonly shardId: string;
  /** The records' numbers. */
  readonly numbers: number[];
  readonly event: StreamEvent | WindowEvent;
}

export interface Story {
  readonly settings?: Partial<MappingSettings>;
  readonly options?: Partial<MappingOptions>;
  readonly shards: readonly TestShard[];
  /** What the function answers; an Outcome, a response, or an Error to throw. */
  readonly respond?: (invoke: Invoke, nth: number) => unknown;
  /** How long an invocation takes, in milliseconds. */
  readonly takes?: (invoke: Invoke) => number;
  readonly accepts?: () => boolean;
  /** Whether an answer to a read has the moment until which the shard is quiet. */
  readonly foresees?: boolean;
  /** Whether the shards can be listed, when they are asked for. */
  readonly lists?: () => boolean;
  /** Other inputs, by milliseconds after the start. */
  readonly inputs?: readonly { readonly at: number; readonly input: Input }[];
  /** When to stop at the latest, in milliseconds after the start. */
  readonly until?: number;
}

/** A machine with the settings of a story; its UUIDs are numbered. */
export function newMachine(settings?: Partial<MappingSettings>, options?: Partial<MappingOptions>): Machine {
  let ids = 0;
  return createMapping({
    settings: { ...DEFAULT_SETTINGS, ...settings },
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:Function',
    streamArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000',
    mappingId: '00000000-0000-4000-8000-000000000000',
    executedVersion: '$LATEST',
    destination: 'sqs',
    uuid: () => `uuid-${++ids}`,
    ...options,
  });
}

/** Runs a machine through a story, step by step, without a promise. */
export function drive({
  settings, options, shards, respond = () => null, takes = () => 0, accepts = () => true, lists = () => true, inputs = [], until = 1e9,
  foresees = false,
}: Story) {
  const machine = newMachine(settings, options);
  let now = START;
  const invokes: Invoke[] = [];
  const deliveries: (Extract<Effect, { type: 'deliver' }> & { at: number })[] = [];
  const checkpoints: { [shardId: string]: number[] } = {};
  const reads: { at: number; shardId: string; from: string; brought: number }[] = [];
  const notices: Notice[] = [];
  /** How far each shard was read. */
  const cursors = new Map<string, number>();
  const agenda: { at: number; input: Input }[] = inputs.map(({ at, input }) => ({ at: START + at, input }));

  const read = (shardId: string, from: Extract<Effect, { type: 'read' }>['from'], limit: number): Input => {
    const shard = shards.find((candidate) => candidate.shardId === shardId)!;
    const later = shard.records.findIndex((candidate) => createdAt(candidate) > now);
    const readable = later === -1 ? shard.records : shard.records.slice(0, later);
    // As if every iterator had expired, so that the position must be right.
    const start = from.type === 'AFTER_SEQUENCE_NUMBER'
      ? readable.filter((candidate) => numberOf(candidate) <= numberOf(from.sequenceNumber)).length
      : from.type === 'LATEST' ? cursors.get(shardId) ?? readable.length : 0;
    const brought = readable.slice(start, start + limit);
    const next = start + brought.length < readable.length ? now : later === -1 ? Infinity : createdAt(shard.records[later]);
    cursors.set(shardId, start + brought.length);
    reads.push({ at: now - START, shardId, from: from.type, brought: brought.length });
    const end = (shard.closed ?? false) && start + brought.length === shard.records.length;
    return { type: 'read', shardId, records: brought, end, ...(foresees && { quietUntil: next }) };
  };

  const invoke = (effect: Extract<Effect, { type: 'invoke' }>) => {
    const made = { at: now - START, shardId: effect.shardId, numbers: effect.event.Records.map(numberOf), event: effect.event };
    invokes.push(made);
    const input: Input = { type: 'returned', invocation: effect.invocation, outcome: outcomeOf(respond(made, invokes.length), invokes.length) };
    agenda.push({ at: now + takes(made), input });
  };

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'describe':
        return hand(lists() ? { type: 'described', shards } : { type: 'describeFailed' });
      case 'read':
        return hand(read(effect.shardId, effect.from, effect.limit));
      case 'invoke':
        return invoke(effect);
      case 'deliver':
        deliveries.push({ ...effect, at: now - START });
        return hand({ type: 'delivered', delivery: effect.delivery, accepted: accepts() });
      case 'checkpoint':
        (checkpoints[effect.shardId] ??= []).push(numberOf(effect.sequenceNumber));
        return undefined;
      case 'notice':
        notices.push(effect.notice);
        return undefined;
    }
  };

  const hand = (input: Input): void => machine.handle(now, input).forEach(perform);

  const isOver = () => shards.every((shard) => cursors.get(shard.shardId) === shard.records.length) && machine.idle() && agenda.length === 0;
  hand({ type: 'tick' });
  while (!isOver()) {
    agenda.sort((a, b) => a.at - b.at);
    const next = Math.min(machine.deadline() ?? Infinity, agenda[0]?.at ?? Infinity);
    if (next > START + until) {
      break;
    }
    now = Math.max(now, next);
    hand(agenda[0]?.at <= now ? agenda.shift()!.input : { type: 'tick' });
  }
  const count = (name: string) => notices.reduce((sum, notice) => sum + (notice.type === 'count' && notice.name === name ? notice.value : 0), 0);
  return { invokes, deliveries, checkpoints, reads, notices, count, batches: invokes.map((made) => made.numbers) };
}

function outcomeOf(answer: unknown, nth: number): Outcome {
  const requestId = `request-${nth}`;
  if (answer instanceof Error) {
    return { type: 'error', requestId, errorType: answer.name, errorMessage: answer.message };
  }
  return answer === 'throttled' ? { type: 'throttled' } : { type: 'response', requestId, response: answer };
}

/** A partial batch response. */
export function failed(...numbers: number[]) {
  return { batchItemFailures: numbers.map((n) => ({ itemIdentifier: sequenceNumber(n) })) };
}
