import { createModel, type Model } from './model';
import type { ViewNotice } from './notice';

/** Reads a recording, line by line: what `local --json` printed. */
export interface Recording {
  readonly model: Model;
  /** How many lines were not understood. */
  readonly unknown: number;
  /** How many lines say when what happened. A version that did not print the time has none. */
  readonly drawn: number;
  /** How many lines are those of a recording, whether or not they can be drawn. */
  readonly known: number;
  add(line: string): void;
}

export function createRecording(): Recording {
  const model = createModel();
  let [unknown, drawn, known] = [0, 0, 0];
  return {
    model,
    get unknown() {
      return unknown;
    },
    get drawn() {
      return drawn;
    },
    get known() {
      return known;
    },
    add: (line) => {
      const value = line.trim() === '' ? undefined : parsed(line);
      if (isNotice(value)) {
        known++;
        drawn++;
        model.add(value);
      } else if (isOther(value)) {
        known++;
      } else if (line.trim() !== '') {
        unknown++;
      }
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

type Shape = Readonly<Record<string, 'string' | 'number' | 'object' | 'boolean'>>;

/** What a view takes, and what each must have. Whoever wrote the file, nothing else may come to the model. */
const NOTICES: Readonly<Record<Exclude<ViewNotice['type'], 'call' | 'record'>, Shape>> = {
  shards: {},
  invocationStarted: { invocation: 'number', shardId: 'string', records: 'number' },
  invocationEnded: { invocation: 'number', shardId: 'string', records: 'number', outcome: 'object' },
  checkpoint: { shardId: 'string', sequenceNumber: 'string' },
  delivered: { message: 'object', records: 'number', accepted: 'boolean' },
  parked: {},
  notice: { notice: 'object' },
};
const OPTIONAL: Shape = {
  trigger: 'string', functionName: 'string', environment: 'number', first: 'string', last: 'string', iteratorAgeMs: 'number', deadline: 'number', reason: 'string',
  shardId: 'string', record: 'string', error: 'string',
};
/** Types of lines that a recording has too but that are not drawn. */
const OTHERS = ['starting', 'ready', 'status', 'summary', 'error', 'log', 'warning', 'app', 'used'];
const ENGINE: Readonly<Record<string, Shape>> = {
  count: { name: 'string', value: 'number' },
  retrying: { records: 'number', attempt: 'number', at: 'number' },
  split: { first: 'number', second: 'number' },
  dropped: { records: 'number', reason: 'string' },
  tooLarge: { records: 'number' },
  trimmed: {},
};

function isNotice(value: unknown): value is ViewNotice {
  if (!has(value, { type: 'string', at: 'number' })) {
    return false;
  }
  const shape = Object.hasOwn(NOTICES, value.type) && NOTICES[value.type as keyof typeof NOTICES];
  if (!shape || !has(value, shape) || !Object.entries(OPTIONAL).every(([name, type]) => value[name] === undefined || typeof value[name] === type)) {
    return false;
  }
  switch (value.type) {
    case 'shards':
      return value.lineage === undefined || (Array.isArray(value.lineage) && value.lineage.every((shard) =>
        has(shard, { shardId: 'string' }) && ['string', 'undefined'].includes(typeof shard.parentShardId)));
    case 'invocationEnded':
      return has(value.outcome, { type: 'string' }) && (value.outcome.type !== 'error' || has(value.outcome, { errorType: 'string', errorMessage: 'string' }));
    case 'delivered':
      return has(value.message, { requestContext: 'object', DDBStreamBatchInfo: 'object' })
        && has(value.message.requestContext, { condition: 'string' }) && has(value.message.DDBStreamBatchInfo, { shardId: 'string' });
    case 'notice':
      return has(value.notice, { type: 'string', shardId: 'string' }) && Object.hasOwn(ENGINE, value.notice.type) && has(value.notice, ENGINE[value.notice.type])
        && ['string', 'undefined'].includes(typeof value.notice.after);
    default:
      return true;
  }
}

function isOther(value: unknown): boolean {
  return has(value, { type: 'string' }) && (OTHERS.includes(value.type) || Object.hasOwn(NOTICES, value.type));
}

function has<S extends Shape>(value: unknown, shape: S): value is { readonly [name: string]: any } & { readonly [name in keyof S]: any } {
  return typeof value === 'object' && value !== null
    && Object.entries(shape).every(([name, type]) => typeof (value as any)[name] === type && (value as any)[name] !== null && (type !== 'number' || Number.isFinite((value as any)[name])));
}
