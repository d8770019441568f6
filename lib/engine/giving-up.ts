import type { Batch, Entry } from './batch';
import { failureMessage, objectKey } from './failure-message';
import type { MappingPlan } from './options';
import type { Caller, Outbox } from './outbox';
import type { FailureCondition } from '../stream/failed-batch';
import type { StreamEvent } from '../stream/record';

/** Gives records up: to the failure destination or, where nothing takes them, for good. */
export class GivingUp {
  constructor(private readonly caller: Caller, private readonly plan: MappingPlan, private readonly outbox: Outbox) {}

  /**
   * Gives up some or all records of a batch. True if they are on their way to the failure destination, which will answer; false if they
   * are dropped.
   */
  giveUp(now: number, entries: readonly Entry[], condition: FailureCondition, batch: Batch, event: StreamEvent): boolean {
    const { destination, mappingId, uuid } = this.plan;
    if (!destination) {
      this.drop(entries, condition);
      return false;
    }
    const { shardId } = this.caller;
    const { invocations, lastFailure } = batch;
    const message = failureMessage(now, { condition, shardId, entries, invocations, lastFailure }, this.plan);
    const records = recordsOf(entries);
    if (destination === 's3') {
      const key = objectKey(now, shardId, mappingId, uuid());
      this.outbox.deliver(this.caller, { ...message, payload: JSON.stringify(event) }, records, key);
    } else {
      this.outbox.deliver(this.caller, message, records);
    }
    return true;
  }

  /** The failure destination has answered. What it refuses is lost. */
  delivered(entries: readonly Entry[], accepted: boolean): void {
    if (accepted) {
      this.outbox.count(this.caller.shardId, 'OnFailureDestinationDeliveredEventCount', entries.length);
    } else {
      this.drop(entries, 'refused by the failure destination');
    }
  }

  drop(entries: readonly Entry[], reason: string): void {
    const { shardId } = this.caller;
    if (reason !== 'retention') {
      this.outbox.count(shardId, 'DroppedEventCount', entries.length);
    }
    this.outbox.notice({ type: 'dropped', shardId, records: recordsOf(entries), reason });
  }
}

function recordsOf(entries: readonly Entry[]) {
  return entries.map((entry) => entry.record);
}
