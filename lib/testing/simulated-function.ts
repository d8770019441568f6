import type { Outcome } from '../engine';
import type { VirtualClock } from './virtual-clock';
import { type Host, HOST, type TriggerFacts } from '../stream/boundary';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent } from '../stream/record';

/** A Lambda handler of any kind; what it returns may be a promise. */
export type Handler = (event: any, context: any, callback: any) => unknown;

export interface FunctionOptions {
  readonly handler: Handler;
  readonly functionArn: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly environments: number;
  readonly triggers: TriggerFacts[];
  readonly random: () => number;
  readonly uuid: () => string;
  readonly park?: (record: ParkedRecord) => Promise<void>;
}

/** How an invocation of the simulated function went. */
export interface InvocationEnd {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Exclude<Outcome, { type: 'throttled' }>;
}

interface Invocation {
  readonly event: () => StreamEvent;
  readonly latency: number;
  readonly crashes: boolean;
  readonly hangs: boolean;
  readonly ended: (end: InvocationEnd) => void;
}

/** The user's handler under a virtual clock: as many environments as allowed, one invocation at a time in each. */
export class SimulatedFunction {
  private readonly queue: Invocation[] = [];
  private busy = 0;
  private answering = 0;

  constructor(private readonly options: FunctionOptions, private readonly clock: VirtualClock) {}

  /** Whether no handler has yet to answer. */
  readonly answered = (): boolean => this.answering === 0;

  /** Invokes the handler as soon as an environment is free. */
  invoke(invocation: Invocation): void {
    this.queue.push(invocation);
    this.next();
  }

  private next(): void {
    while (this.busy < this.options.environments && this.queue.length > 0) {
      this.busy++;
      this.start(this.queue.shift()!);
    }
  }

  private start(invocation: Invocation): void {
    const { clock, options } = this;
    const startedAt = clock.now();
    const requestId = options.uuid();
    const deadline = startedAt + options.timeout;
    let state: 'running' | 'answered' | 'over' = 'running';
    const answered = () => {
      if (state === 'running') {
        state = 'answered';
        this.answering--;
      }
    };
    const end = (outcome: InvocationEnd['outcome']) => {
      answered();
      state = 'over';
      this.busy--;
      invocation.ended({ startedAt, endedAt: clock.now(), outcome });
      this.next();
    };
    const cancelTimeout = clock.schedule(deadline, () => end(timedOut(requestId, options.timeout)));
    const answer = (outcome: InvocationEnd['outcome']) => {
      if (state !== 'running') {
        return;
      }
      answered();
      const endsAt = Math.max(startedAt + invocation.latency, clock.now());
      if (!invocation.hangs && endsAt < deadline) {
        cancelTimeout();
        clock.schedule(endsAt, () => end(invocation.crashes ? crashed(requestId) : outcome));
      }
    };
    this.answering++;
    this.call(invocation.event(), this.context(requestId, deadline)).then(
      answer,
      (error) => answer({ type: 'error', requestId, ...describeError(error) }),
    );
  }

  private async call(event: StreamEvent, context: { readonly awsRequestId: string }): Promise<InvocationEnd['outcome']> {
    const { handler } = this.options;
    const response = handler.length > 2
      ? await new Promise((resolve, reject) => {
        const result = handler(event, context, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)));
        if (result !== undefined) {
          resolve(result);
        }
      })
      : await handler(event, context, undefined);
    // Lambda hands on what JSON makes of the answer; nothing becomes null.
    return { type: 'response', requestId: context.awsRequestId, response: JSON.parse(JSON.stringify(response ?? null) ?? 'null') };
  }

  private context(requestId: string, deadline: number) {
    const { functionArn, triggers, random, park } = this.options;
    const functionName = functionArn.split(':')[6];
    const host: Host = {
      triggers,
      park,
      random,
      now: this.clock.now,
      sleep: (milliseconds, signal) => this.sleep(milliseconds, signal),
      timer: (callback, milliseconds) => this.clock.schedule(this.clock.now() + milliseconds, callback),
    };
    return {
      functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn,
      memoryLimitInMB: '512',
      awsRequestId: requestId,
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: 'simulated',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - this.clock.now()),
      [HOST]: host,
    };
  }

  /** An abort ends the sleep early. */
  private sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.schedule(this.clock.now() + milliseconds, resolve);
      const wake = () => {
        cancel();
        resolve();
      };
      if (signal?.aborted) {
        wake();
      } else {
        signal?.addEventListener('abort', wake, { once: true });
      }
    });
  }
}

function timedOut(requestId: string, timeout: number): InvocationEnd['outcome'] {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${(timeout / 1000).toFixed(2)} seconds`;
  return { type: 'error', requestId, errorType: 'Sandbox.Timedout', errorMessage };
}

function crashed(requestId: string): InvocationEnd['outcome'] {
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: exit status 1`;
  return { type: 'error', requestId, errorType: 'Runtime.ExitError', errorMessage };
}

function describeError(error: unknown): { errorType: string; errorMessage: string } {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? { errorType: String((error as Error).name ?? 'Error'), errorMessage: String((error as Error).message) }
    : { errorType: typeof error, errorMessage: String(error) };
}
