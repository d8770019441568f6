import type { LocalEvent } from '../local';

/** The totals of a run so far. A record counts each time something happens to it. */
export interface Tally {
  /** By construct path. */
  readonly triggers: Map<string, TriggerTally>;
  invocations: number;
  /** Invocations that threw, timed out or whose process ended. */
  errors: number;
  retries: number;
  /** Batches that were split in two after they failed. */
  splits: number;
  filtered: number;
  /** Records that the runtime parked on a failure destination. */
  parked: number;
  /** Records that the mapping gave up to a failure destination. */
  failed: number;
  /** Records that were given up without a failure destination, or that it refused. */
  lost: number;
  /** The highest iterator age of all, in milliseconds. */
  highestAge: number;
}

/** The state of a mapping. */
interface TriggerTally {
  shards: number;
  inFlight: number;
  /** The creation time of the last record of the batch being processed, in milliseconds since the epoch. */
  createdAt?: number;
}

export function newTally(): Tally {
  return { triggers: new Map(), invocations: 0, errors: 0, retries: 0, splits: 0, filtered: 0, parked: 0, failed: 0, lost: 0, highestAge: 0 };
}

/** Counts an event at the time `now` (milliseconds since the epoch). */
export function count(tally: Tally, event: LocalEvent, now: number): void {
  switch (event.type) {
    case 'shards':
      triggerOf(tally, event.trigger).shards = event.shards;
      break;
    case 'invocationStarted': {
      const trigger = triggerOf(tally, event.trigger);
      const created = event.event.Records.at(-1)?.dynamodb?.ApproximateCreationDateTime;
      trigger.inFlight++;
      trigger.createdAt = created === undefined ? trigger.createdAt : created * 1000;
      break;
    }
    case 'invocationEnded': {
      const trigger = triggerOf(tally, event.trigger);
      tally.highestAge = Math.max(tally.highestAge, iteratorAge(tally, now));
      tally.invocations += event.outcome.type === 'throttled' ? 0 : 1;
      tally.errors += event.outcome.type === 'error' ? 1 : 0;
      trigger.inFlight--;
      if (event.outcome.type === 'response' && !hasFailures(event.outcome.response)) {
        settle(trigger);
      }
      break;
    }
    case 'delivered':
      tally.failed += event.accepted ? event.records.length : 0;
      settle(triggerOf(tally, event.trigger));
      break;
    case 'parked':
      tally.parked++;
      break;
    case 'notice':
      switch (event.notice.type) {
        case 'retrying': tally.retries++; break;
        case 'split': tally.splits++; break;
        case 'dropped':
          tally.lost += event.notice.records.length;
          settle(triggerOf(tally, event.trigger));
          break;
        case 'count': tally.filtered += event.notice.name === 'FilteredOutEventCount' ? event.notice.value : 0; break;
      }
      break;
  }
}

/** The age of the last record of the batch that has waited longest, in milliseconds; 0 when no batch is being processed. */
export function iteratorAge({ triggers }: Tally, now: number): number {
  return Math.max(0, ...[...triggers.values()].map(({ createdAt = now }) => now - createdAt));
}

export function sumOf({ triggers }: Tally, what: 'shards' | 'inFlight'): number {
  return [...triggers.values()].reduce((sum, trigger) => sum + trigger[what], 0);
}

/** Whether a function's response names records that are not done. */
export function hasFailures(response: unknown): response is { batchItemFailures: { itemIdentifier?: unknown }[] } {
  const failures = (response as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
  return Array.isArray(failures) && failures.length > 0;
}

function triggerOf({ triggers }: Tally, path: string): TriggerTally {
  const trigger = triggers.get(path) ?? { shards: 0, inFlight: 0 };
  triggers.set(path, trigger);
  return trigger;
}

/** Called when a batch has ended. Others may be under way. */
function settle(trigger: TriggerTally): void {
  if (trigger.inFlight === 0) {
    trigger.createdAt = undefined;
  }
}
