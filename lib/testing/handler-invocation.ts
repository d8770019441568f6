import { errorOutcome, exited, type Outcome, RESPONSE_BYTES, timedOut, tooLarge } from '../engine';
import { answerOf } from './answer';
import type { KeptCall } from './calls';
import type { ExitStatus, Handler, ProcessError, SimulatedEnvironment, Tenant } from './environment';
import { fail, type HandlerContext, shared, type Wait, waitIn } from './handler-context';
import { lazyProperty } from './lazy-property';
import type { VirtualClock } from './virtual-clock';
import { type Host, HOST, type ObservedEvent, type TriggerFacts } from '../stream/boundary';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent, StreamRecord } from '../stream/record';

/** How an invocation went. */
export interface InvocationEnd {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Exclude<Outcome, { type: 'throttled' }>;
  /** The number of its environment. */
  readonly environment: number;
  /** Whether the handler handed each of its calls to the host. */
  readonly callsThroughHost: boolean;
}

/** What is invoked, and what befalls it. */
export interface InvocationRequest {
  /** A copy of the event. */
  readonly event: () => StreamEvent;
  readonly records: readonly StreamRecord[];
  /** Milliseconds that the invocation takes at least. */
  readonly latency: number;
  /** Milliseconds that the call for a record takes at least. */
  readonly latencyOf?: (record: StreamRecord) => number;
  /** Whether the process ends before the response is sent, or after how many milliseconds it ends. */
  readonly crashes: boolean | number;
  /** Whether the response never comes. */
  readonly hangs: boolean;
  /** The number of an environment that is not to serve it, if another one can. */
  readonly notIn?: number;
  /** Takes what the runtime parks of this event. */
  readonly park?: (record: ParkedRecord) => Promise<void>;
  readonly log: (entry: string) => void;
  /** Takes a line of the runtime's metrics. */
  readonly measure: (line: string) => void;
  /** The handler is called. */
  readonly invoked: (at: number, environment: number) => void;
  /** A call for a record begins. What is returned is called with how it ends. */
  readonly called: (record: StreamRecord, at: number, environment: number) => KeptCall;
  /** What the runtime's observers see. */
  readonly observe: (event: ObservedEvent) => void;
  readonly ended: (end: InvocationEnd) => void;
}

/** The function that is invoked. */
export interface InvokedFunction {
  readonly functionArn: string;
  readonly functionName: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly nodeVersion: number | undefined;
  readonly triggers: TriggerFacts[];
  readonly random: () => number;
  readonly uuid: () => string;
  /** Invocations whose handler has not answered. */
  readonly unanswered: ReadonlySet<HandlerInvocation>;
  /** The handler has answered, or will never. */
  readonly answered: (invocation: HandlerInvocation) => void;
  /** An invocation is over; what follows from its report comes before others that wait. */
  readonly over: (report: () => void) => void;
}

/** One invocation of the user's handler in one environment. */
export class HandlerInvocation implements HandlerContext, Tenant {
  readonly waits = new Set<Wait>();
  budgets = 0;
  /** Whether code that the environment loads is still on its way. */
  loading = false;
  readonly owner: object;
  /** Answers for the handler when it waits for nothing. */
  nothingLeft?: () => void;
  private state: 'running' | 'answered' | 'over' = 'running';
  /** Whether the handler hands each of its calls to the host. */
  private callsThroughHost = false;
  private readonly startedAt: number;
  private readonly deadline: number;
  private readonly requestId: string;
  private readonly timers: (() => void)[] = [];

  constructor(
    readonly environment: SimulatedEnvironment,
    private readonly request: InvocationRequest,
    private readonly lambda: InvokedFunction,
    readonly clock: VirtualClock,
  ) {
    this.startedAt = clock.now();
    this.deadline = this.startedAt + lambda.timeout;
    this.requestId = lambda.uuid();
    this.owner = environment.owner;
  }

  start(): void {
    const { clock, environment, request, requestId } = this;
    this.timers.push(clock.schedule(this.deadline, () => this.timeout()));
    if (typeof request.crashes === 'number') {
      this.timers.push(clock.schedule(this.startedAt + request.crashes, () => this.exit()));
    }
    environment.enter(this);
    shared.storage.run(this, () => this.run()).then(
      (outcome) => this.answer(outcome),
      (error) => this.answer(errorOutcome(requestId, ...describeError(error))),
    );
  }

  /** The process ends, as Lambda sees it. */
  readonly exit = (status?: ExitStatus): void => this.environment.end(status);

  /** An error that nothing caught ends the process, and is what Lambda reports: of this invocation, or of those that are under way since. */
  uncaught(errorType: string, errorMessage: string): void {
    if (this.state === 'over') {
      this.environment.end([errorType, errorMessage]);
    } else {
      this.endWithProcess(errorOutcome(this.requestId, errorType, errorMessage));
    }
  }

  /** In its own environment if there is one; otherwise in another one that shares its memory. */
  readonly successor = (): HandlerInvocation | undefined => {
    if (this.state === 'running' || this.environment.ended) {
      return undefined;
    }
    const others = [...this.lambda.unanswered].filter(({ owner }) => owner === this.owner);
    return others.find(({ environment }) => environment === this.environment) ?? others[0];
  };

  /** The process ends in a step of its own: timers fire also while an invocation begins. */
  readonly thrown = (error: unknown): void => {
    this.clock.schedule(this.clock.now(), () => this.uncaught(...describeError(error)));
  };

  processEnded(end: ProcessError | ExitStatus): void {
    this.end(typeof end === 'number' ? exited(this.requestId, { code: end }) : errorOutcome(this.requestId, ...end));
  }

  private timeout(): void {
    const outcome = timedOut(this.requestId, this.lambda.timeout);
    // With several invocations at once, the process and what it does go on.
    if (this.environment.capacity === 1) {
      this.endWithProcess(outcome);
    } else {
      this.end(outcome);
    }
  }

  private endWithProcess(outcome: InvocationEnd['outcome']): void {
    this.environment.leave(this);
    this.environment.end();
    this.end(outcome);
  }

  private async run(): Promise<InvocationEnd['outcome']> {
    const loaded = this.environment.handler();
    let handler: Handler;
    if (typeof loaded === 'function') {
      handler = loaded;
    } else {
      this.loading = true;
      handler = await loaded.finally(() => this.loading = false);
    }
    this.request.invoked(this.clock.now(), this.environment.number);
    // Nothing here holds on to the event: copies of large ones, for many invocations at once, cost the collector much.
    const response = await answerOf(handler, this.request.event(), this.context(), this.lambda.nodeVersion, (answer) => this.nothingLeft = answer);
    // Lambda passes the response on as JSON; no response becomes null.
    const body = jsonOf(response);
    // No character takes more than three bytes.
    return 3 * body.length > RESPONSE_BYTES && Buffer.byteLength(body) > RESPONSE_BYTES
      ? tooLarge(this.requestId)
      : { type: 'response', requestId: this.requestId, response: JSON.parse(body) };
  }

  /** The handler is done; the response is sent when the invocation's latency is over. */
  private answer(outcome: InvocationEnd['outcome']): void {
    if (this.state !== 'running') {
      return;
    }
    this.answered();
    const { crashes, hangs, latency, records } = this.request;
    const ofRecords = this.callsThroughHost || !this.request.latencyOf ? 0 : records.reduce((sum, record) => sum + this.latencyOf(record), 0);
    const endsAt = Math.max(this.startedAt + latency + ofRecords, this.clock.now());
    if (!hangs && endsAt < this.deadline) {
      this.timers.push(this.clock.schedule(endsAt, () => crashes === true ? this.exit() : this.end(outcome)));
    }
  }

  private answered(): void {
    if (this.state === 'running') {
      this.state = 'answered';
      this.environment.freeze();
      this.lambda.answered(this);
    }
  }

  private end(outcome: InvocationEnd['outcome']): void {
    if (this.state === 'over') {
      return;
    }
    this.answered();
    this.state = 'over';
    this.timers.forEach((cancel) => cancel());
    this.environment.leave(this);
    const { startedAt, environment: { number: environment }, callsThroughHost } = this;
    this.lambda.over(() => this.request.ended({ startedAt, endedAt: this.clock.now(), outcome, environment, callsThroughHost }));
  }

  private context() {
    const { clock, deadline, environment, lambda, requestId } = this;
    const { functionArn, functionName } = lambda;
    return {
      functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn,
      memoryLimitInMB: '512',
      awsRequestId: requestId,
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: `simulated-${environment.number}`,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
      [HOST]: this.host(),
    };
  }

  private host(): Host {
    const { clock, environment, lambda, request } = this;
    return withCall({
      triggers: lambda.triggers,
      park: request.park && (async (record) => environment.ended ? never() : request.park!(record)),
      random: lambda.random,
      now: clock.now,
      sleep: async (milliseconds, signal) => waitIn(this, milliseconds, signal),
      timer: this.budgetTimer,
      environment,
      isShared: environment.capacity > 1,
      log: request.log,
      measure: request.measure,
      observe: request.observe,
      // Other invocations of the process would die with it.
      ...(environment.capacity === 1 && { exit: this.exit }),
    } satisfies Host, this);
  }

  /** A timer of the runtime, which ends calls before the function's timeout does. */
  private readonly budgetTimer: Host['timer'] = (callback, milliseconds) => {
    let pending = true;
    const over = () => {
      this.budgets -= Number(pending);
      pending = false;
    };
    this.budgets++;
    const cancel = this.environment.schedule(milliseconds, () => {
      over();
      if (shared.running) {
        shared.running.awake = true;
      }
      // Listeners of a signal are the handler's code.
      shared.storage.run(this, callback);
    });
    return () => {
      over();
      cancel();
    };
  };

  /** How the handler makes a call for a record through the host. A handler that asks for it hands over each of its calls. */
  get call(): Required<Host>['call'] {
    this.callsThroughHost = true;
    return this.callOf;
  }

  private readonly callOf = (record: StreamRecord, call: () => unknown): unknown => {
    const kept = this.request.called(record, this.clock.now(), this.environment.number);
    const latency = this.latencyOf(record);
    try {
      const answer = latency > 0 ? this.slowly(call, latency) : call();
      if (answer instanceof Promise) {
        answer.then(() => this.settled(kept), (error) => this.settled(kept, error));
      } else {
        this.settled(kept);
      }
      return answer;
    } catch (error) {
      this.settled(kept, error);
      throw error;
    }
  };

  private settled(kept: KeptCall, ...errors: unknown[]): void {
    kept.endedAt = this.clock.now();
    if (errors.length > 0) {
      kept.error = describeError(errors[0]);
    }
  }

  private latencyOf(record: StreamRecord): number {
    try {
      return this.request.latencyOf?.(record) ?? 0;
    } catch (error) {
      // Not the handler's: it must not be taken for a failure of the record.
      fail(this.clock, error);
      return 0;
    }
  }

  /** A call of the handler that takes so long at least: it runs at once, and settles when its time is over. */
  private async slowly(call: () => unknown, latency: number): Promise<unknown> {
    const over = waitIn(this, latency);
    try {
      return await call();
    } finally {
      await over;
    }
  }
}

const withCall = lazyProperty('call', (invocation: HandlerInvocation) => invocation.call);

/** @throws Error under the name that Lambda's runtime gives it, if the response can't be written as JSON. */
function jsonOf(response: unknown): string {
  try {
    return JSON.stringify(response ?? null) ?? 'null';
  } catch (error) {
    throw Object.assign(new Error(`Unable to stringify response body: ${(error as Error).message}`), { name: 'Runtime.JSONStringifyError' });
  }
}

/** What a dead process waits for. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** The type and the message of whatever was thrown. Reading them may throw in turn. */
export function describeError(error: unknown): [errorType: string, errorMessage: string] {
  try {
    return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
      ? [String((error as Error).name ?? 'Error'), String((error as Error).message)]
      : [typeof error, String(error)];
  } catch {
    // As Lambda's runtime has it.
    return ['handled', UNREADABLE];
  }
}

/** Whatever was thrown, as text. */
export function inText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
