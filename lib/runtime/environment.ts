import { type Abandoned, createAbandoned } from './abandoned';
import { type Evidence, createEvidence } from './evidence';
import { type Memory, createMemory } from './memory';
import { type Park, parkAt } from './park';
import { createSlots, type Slots } from './slots';
import type { StreamHandlerOptions } from './stream-handler-options';
import type { Pace } from './time-budget';

/** What an execution environment keeps from one invocation to the next. */
export interface Environment {
  readonly options: StreamHandlerOptions<any, any>;
  /** Whether it may have several invocations at once, as on Lambda Managed Instances. */
  readonly isShared: boolean;
  readonly memory: Memory;
  readonly evidence: Evidence;
  readonly abandoned: Abandoned;
  readonly pace: Pace;
  /** Invocations one after another in which calls ran until the abort, and no record was done. */
  stalled: number;
  /** For calls, of all invocations that share the environment. */
  readonly slots: Slots;
  /** Parks at a destination, with one client for all invocations. */
  readonly parkAt: (arn: string) => Park;
}

/** Calls at once, unless the handler's author says otherwise. */
export const CONCURRENCY = 10;

/** Milliseconds. */
const PATIENCE = 15 * 60 * 1_000;

export function createEnvironment(
  options: StreamHandlerOptions<any, any>, isShared = process.env.AWS_LAMBDA_MAX_CONCURRENCY !== undefined,
): Environment {
  const parks: { [arn: string]: Park } = {};
  return {
    options,
    isShared,
    memory: createMemory(),
    evidence: createEvidence(options.patience ?? PATIENCE),
    abandoned: createAbandoned(),
    pace: { expected: 0 },
    stalled: 0,
    slots: createSlots(options.concurrency ?? CONCURRENCY),
    parkAt: (arn) => parks[arn] ??= parkAt(arn),
  };
}
