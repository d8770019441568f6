import { errorOutcome, exited, type Outcome, RESPONSE_BYTES, timedOut, tooLarge } from '../engine';
import { type Handler, loadingEnvironment, type LoadedHandler, sharedEnvironment, type SimulatedEnvironment } from './environment';
import type { VirtualClock } from './virtual-clock';
import { arnParts } from '../stream/arn';
import { type Host, HOST, type TriggerFacts } from '../stream/boundary';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent } from '../stream/record';

export interface FunctionOptions {
  readonly handler: Handler | LoadedHandler;
  readonly functionArn: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly environments: number;
  readonly triggers: TriggerFacts[];
  readonly random: () => number;
  readonly uuid: () => string;
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
  /** Whether the process ends before the response is sent, or after how many milliseconds it ends. */
  readonly crashes: boolean | number;
  readonly hangs: boolean;
  /** Takes what the runtime parks of this event. */
  readonly park?: (record: ParkedRecord) => Promise<void>;
  readonly ended: (end: InvocationEnd) => void;
}

/** The user's handler under a virtual clock: as many environments as allowed, each with one invocation at a time. */
export class SimulatedFunction {
  private readonly queue: Invocation[] = [];
  private readonly free: SimulatedEnvironment[];
  private answering = 0;

  constructor(private readonly options: FunctionOptions, private readonly clock: VirtualClock) {
    const { handler, environments } = options;
    this.free = Array.from({ length: environments }, () =>
      typeof handler === 'function' ? sharedEnvironment(handler, clock) : loadingEnvironment(handler, clock));
  }

  get arn(): string {
    return this.options.functionArn;
  }

  /** Whether every handler that was called has answered. */
  readonly answered = (): boolean => this.answering === 0;

  /** Invokes the handler as soon as an environment is free. */
  invoke(invocation: Invocation): void {
    this.queue.push(invocation);
    this.next();
  }

  private next(): void {
    while (this.free.length > 0 && this.queue.length > 0) {
      // Lambda does not document which of several it takes.
      const chosen = this.free.length > 1 ? Math.floor(this.options.random() * this.free.length) : 0;
      this.start(this.queue.shift()!, this.free.splice(chosen, 1)[0]);
    }
  }

  private start(invocation: Invocation, environment: SimulatedEnvironment): void {
    const { clock, options } = this;
    const startedAt = clock.now();
    const requestId = options.uuid();
    const deadline = startedAt + options.timeout;
    let state: 'running' | 'answered' | 'over' = 'running';
    const answered = () => {
      if (state === 'running') {
        state = 'answered';
        this.answering--;
        environment.freeze();
      }
    };
    const end = (outcome: InvocationEnd['outcome'], processEnds: boolean) => {
      answered();
      state = 'over';
      cancelTimeout();
      cancelCrash?.();
      this.free.push(processEnds ? environment.successor() : environment);
      invocation.ended({ startedAt, endedAt: clock.now(), outcome });
      this.next();
    };
    const cancelTimeout = clock.schedule(deadline, () => end(timedOut(requestId, options.timeout), true));
    const { crashes } = invocation;
    const cancelCrash = typeof crashes === 'number' ? clock.schedule(startedAt + crashes, () => end(exited(requestId, CRASH), true)) : undefined;
    const answer = (outcome: InvocationEnd['outcome']) => {
      if (state !== 'running') {
        return;
      }
      answered();
      const endsAt = Math.max(startedAt + invocation.latency, clock.now());
      if (!invocation.hangs && endsAt < deadline) {
        cancelTimeout();
        clock.schedule(endsAt, () => state !== 'over' && (crashes === true ? end(exited(requestId, CRASH), true) : end(outcome, false)));
      }
    };
    this.answering++;
    environment.thaw();
    this.call(environment, invocation.event(), this.context(environment, requestId, deadline, invocation.park)).then(
      answer,
      (error) => answer(thrown(requestId, error)),
    );
  }

  private async call(
    environment: SimulatedEnvironment, event: StreamEvent, context: { readonly awsRequestId: string },
  ): Promise<InvocationEnd['outcome']> {
    const handler = await environment.handler();
    const response = handler.length > 2
      ? await new Promise((resolve, reject) => {
        const result = handler(event, context, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)));
        if (result !== undefined) {
          resolve(result);
        }
      })
      : await handler(event, context, undefined);
    // Lambda passes the response on as JSON; no response becomes null.
    const body = JSON.stringify(response ?? null) ?? 'null';
    const requestId = context.awsRequestId;
    return Buffer.byteLength(body) > RESPONSE_BYTES ? tooLarge(requestId) : { type: 'response', requestId, response: JSON.parse(body) };
  }

  private context(environment: SimulatedEnvironment, requestId: string, deadline: number, park: Invocation['park']) {
    const { functionArn, triggers, random } = this.options;
    const functionName = arnParts(functionArn).resource.replace('function:', '');
    const host: Host = {
      triggers,
      park,
      random,
      now: this.clock.now,
      sleep: async (milliseconds, signal) => sleep(environment, milliseconds, signal),
      timer: (callback, milliseconds) => environment.schedule(milliseconds, callback),
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
}

/** An abort ends the sleep early. */
function sleep(environment: SimulatedEnvironment, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = environment.schedule(signal?.aborted ? 0 : milliseconds, wake);
    signal?.addEventListener('abort', wake);
  });
}

/** How a process ends that a fault makes crash. */
const CRASH = { code: 1 };

function thrown(requestId: string, error: unknown): InvocationEnd['outcome'] {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? errorOutcome(requestId, String((error as Error).name ?? 'Error'), String((error as Error).message))
    : errorOutcome(requestId, typeof error, String(error));
}
