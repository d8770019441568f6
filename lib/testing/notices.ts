import type { KeptCall, KeptInvocation } from './calls';
import type { InvocationEnd } from './handler-invocation';
import type { Notice } from '../engine';
import type { ObservedEvent } from '../stream/boundary';
import type { FailedBatch } from '../stream/failed-batch';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent, StreamRecord } from '../stream/record';
import type { Shard } from '../stream/shard';
import type { ViewNotice } from '../view';

/** A batch in one invocation. */
interface InvokedBatch {
  /** From 1. Those that are throttled have a number, too. */
  readonly invocation: number;
  readonly shardId: string;
  readonly records: number;
}

/** Collects what a report is made of. */
export class Notices {
  private readonly all: ViewNotice[] = [];
  private invocations = 0;
  private shards = 0;

  /** In order, with the calls at the end. */
  list(calls: readonly (KeptCall | KeptInvocation)[]): ViewNotice[] {
    return [...this.all, ...callNotices(calls)];
  }

  listed(at: number, lineage: readonly Shard[]): void {
    if (lineage.length !== this.shards) {
      this.shards = lineage.length;
      this.all.push({ at, type: 'shards', lineage });
    }
  }

  /** A batch is about to be invoked. */
  batch(shardId: string, { Records }: StreamEvent): InvokedBatch {
    return { invocation: ++this.invocations, shardId, records: Records.length };
  }

  throttled(at: number, batch: InvokedBatch): void {
    this.all.push({ at, type: 'invocationEnded', ...batch, outcome: { type: 'throttled' } });
  }

  started(at: number, batch: InvokedBatch, environment: number, deadline: number, { Records }: StreamEvent): void {
    const last = Records.at(-1)?.dynamodb;
    const created = last?.ApproximateCreationDateTime;
    this.all.push({
      at,
      type: 'invocationStarted',
      ...batch,
      environment,
      deadline,
      ...last && { first: Records[0].dynamodb?.SequenceNumber, last: last.SequenceNumber },
      ...created !== undefined && { iteratorAgeMs: at - created * 1000 },
    });
  }

  ended({ endedAt: at, outcome, environment }: InvocationEnd, batch: InvokedBatch): void {
    this.all.push({ at, type: 'invocationEnded', ...batch, environment, outcome: outcome.type === 'response' ? { type: 'response' } : outcome });
  }

  /** What an observer of the runtime saw, if no call of the handler shows it. */
  observed(at: number, { type, record, reason }: ObservedEvent, { invocation }: InvokedBatch): void {
    const state = STATES[type];
    if (state) {
      this.all.push({ at, type: 'record', invocation, record: record?.dynamodb?.SequenceNumber ?? '', state, ...reason !== undefined && { reason } });
    }
  }

  checkpoint(at: number, shardId: string, sequenceNumber: string): void {
    this.all.push({ at, type: 'checkpoint', shardId, sequenceNumber });
  }

  delivered(at: number, { requestContext, DDBStreamBatchInfo }: FailedBatch, records: number, accepted: boolean): void {
    this.all.push({ at, type: 'delivered', message: { requestContext, DDBStreamBatchInfo }, records, accepted });
  }

  parked(at: number, { record, error }: ParkedRecord, shardId: string): void {
    this.all.push({ at, type: 'parked', shardId, record: record.dynamodb?.SequenceNumber, error: `${error.name}: ${error.message}` });
  }

  noticed(at: number, notice: Notice): void {
    this.all.push({ at, type: 'notice', notice: notice.type === 'dropped' ? { ...notice, records: notice.records.length } : notice });
  }
}

const STATES: Readonly<Record<string, 'skipped' | 'parked' | 'failed' | undefined>> = { recordSkipped: 'skipped', recordParked: 'parked', recordFailed: 'failed' };

/** The calls of the handler for records, as notices. Of a plain handler, which takes a batch at once, there are none. */
function callNotices(calls: readonly (KeptCall | KeptInvocation)[]): ViewNotice[] {
  return calls.flatMap((call): ViewNotice[] => {
    if (!('record' in call)) {
      return [];
    }
    const { at, invocation, endedAt, error, record } = call;
    return [{
      at,
      type: 'call',
      invocation,
      record: record.dynamodb?.SequenceNumber ?? '',
      item: keysInWords(record),
      ...endedAt !== undefined && { endedAt },
      ...error && { error: `${error[0]}: ${error[1]}` },
    }];
  });
}

/** The values of an item's key, each cut to a length that a line can hold. */
function keysInWords({ dynamodb }: StreamRecord): string {
  const values = Object.values(dynamodb?.Keys ?? {}).map(({ S, N, B }) => S ?? N ?? B ?? '');
  return values.map((value) => value.length > MOST_LETTERS ? `${value.slice(0, MOST_LETTERS)}…` : value).join(' / ');
}

const MOST_LETTERS = 60;
