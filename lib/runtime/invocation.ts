import { type ChangeRecord, changeRecord } from './change-record';
import type { LambdaContext } from './context';
import type { Environment } from './environment';
import { type EventBatch, readBatch } from './event';
import type { Park } from './park';
import { createReport, type Report } from './report';
import { type TimeBudget, timeBudget } from './time-budget';
import { hostOf, type KnownHost, triggerFacts } from './trigger-facts';
import { type Redriven, redrivenOf, type TriggerFacts } from '../stream/boundary';
import type { StreamEvent } from '../stream/record';

/** One batch on its way through the handler. */
export interface Invocation {
  readonly batch: EventBatch;
  readonly context: Partial<LambdaContext>;
  readonly host: KnownHost;
  readonly now: () => number;
  readonly budget: TimeBudget;
  readonly trigger: TriggerFacts;
  /** Present if the event was made by a redrive. */
  readonly redriven: Redriven | undefined;
  /** Parks a record; undefined if nothing takes parked records. */
  readonly park: Park | undefined;
  readonly report: Report;
  /** The record as the handler gets it, before a schema has checked it. */
  readonly recordOf: (step: number) => ChangeRecord;
  /** The item of a record, unique among all tables. */
  readonly itemOf: (step: number) => string;
}

/** Reads what an invocation brings. The time begins. */
export function beginInvocation(environment: Environment, event: StreamEvent, context: Partial<LambdaContext>): Invocation {
  const { options, pace } = environment;
  const batch = readBatch(event);
  const host = hostOf(context);
  const report = createReport(options, context.awsRequestId, host, () => trigger.salt);
  const trigger: TriggerFacts = triggerFacts(batch.streamArn, host, options.reportBatchItemFailures, report.uninformed);
  const redriven = redrivenOf(event);
  return {
    batch,
    context,
    host,
    now: host.now ?? Date.now,
    budget: timeBudget(context, pace, host.timer),
    trigger,
    redriven,
    park: options.park === false || redriven ? undefined : host.park ?? (trigger.park ? environment.parkAt(trigger.park) : undefined),
    report,
    recordOf: (step) => changeRecord(batch, step, options.numbers, redriven),
    itemOf: (step) => batch.streamArn + batch.items[step],
  };
}
