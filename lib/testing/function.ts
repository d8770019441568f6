import { type Handler, type LoadedHandler, SimulatedEnvironment } from './environment';
import { HandlerInvocation, type InvocationRequest, type InvokedFunction } from './handler-invocation';
import type { Deployment } from './options';
import type { VirtualClock } from './virtual-clock';
import { arnParts } from '../stream/arn';
import type { TriggerFacts } from '../stream/boundary';

export interface FunctionOptions {
  readonly handler: Handler | LoadedHandler;
  readonly functionArn: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** The version of Node.js that it runs on, if it is known. */
  readonly nodeVersion?: number;
  /** A fixed number of environments, for which further invocations wait; otherwise there are as many as Lambda would start. */
  readonly environments?: number;
  /** How many invocations its triggers can ask for at once. */
  readonly concurrency: number;
  readonly reservedConcurrency?: number;
  readonly invocationsPerEnvironment: number;
  /** Milliseconds. */
  readonly recycleAfter: number;
  readonly deployments: readonly Deployment[];
  readonly triggers: TriggerFacts[];
  readonly random: () => number;
  readonly uuid: () => string;
}

type Code = Handler | LoadedHandler;

/** The user's function under a virtual clock: its execution environments, and what is invoked in them. */
export class SimulatedFunction implements InvokedFunction {
  readonly functionArn: string;
  readonly functionName: string;
  readonly timeout: number;
  readonly nodeVersion: number | undefined;
  readonly triggers: TriggerFacts[];
  readonly random: () => number;
  readonly uuid: () => string;
  /** Invocations whose handler has not answered. */
  readonly unanswered = new Set<HandlerInvocation>();
  /** How often an invocation has begun or ended. */
  changes = 0;
  /** Of each version of the code that serves. */
  private readonly environments = new Map<Code, SimulatedEnvironment[]>();
  private code: Code;
  /** The code before, while it serves beside the new one. */
  private outgoing: { readonly code: Code; readonly from: number; readonly until: number } | undefined;
  private readonly count: number;
  private readonly waiting: InvocationRequest[] = [];
  private running = 0;
  private started = 0;

  constructor(private readonly options: FunctionOptions, private readonly clock: VirtualClock) {
    ({ functionArn: this.functionArn, timeout: this.timeout, nodeVersion: this.nodeVersion } = options);
    ({ triggers: this.triggers, random: this.random, uuid: this.uuid } = options);
    this.functionName = arnParts(options.functionArn).resource.split(':')[1];
    // One more than can be busy: what is delivered again need not come to the environment that had it.
    this.count = options.environments ?? Math.ceil(options.concurrency / options.invocationsPerEnvironment) + 1;
    this.code = options.handler;
    for (const deployment of options.deployments) {
      clock.schedule(clock.now() + deployment.at * 1000, () => this.deploy(deployment));
    }
  }

  /** A trigger's facts have changed. */
  inform(facts: TriggerFacts): void {
    this.triggers.splice(this.triggers.findIndex(({ stream }) => stream === facts.stream), 1, facts);
  }

  private deploy({ handler, overlap = 0 }: Deployment): void {
    const from = this.clock.now();
    this.outgoing = { code: this.code, from, until: from + overlap * 1000 };
    this.code = handler;
  }

  /** The code that serves the next invocation. */
  private serving(): Code {
    const { outgoing } = this;
    if (!outgoing) {
      return this.code;
    }
    const now = this.clock.now();
    if (now >= outgoing.until) {
      this.outgoing = undefined;
      this.environments.get(outgoing.code)?.filter(({ tenants }) => tenants.size === 0).forEach((environment) => environment.end());
      this.environments.delete(outgoing.code);
      return this.code;
    }
    return this.random() < (now - outgoing.from) / (outgoing.until - outgoing.from) ? this.code : outgoing.code;
  }

  /** Whether its concurrency is used up, so that Lambda throttles. */
  get full(): boolean {
    return this.running >= (this.options.reservedConcurrency ?? Infinity);
  }

  /** How many invocations are under way. */
  get concurrency(): number {
    return this.running;
  }

  invoke(request: InvocationRequest): void {
    this.running++;
    this.waiting.push(request);
    this.next();
  }

  readonly answered = (invocation: HandlerInvocation): void => {
    this.unanswered.delete(invocation);
  };

  readonly over = (report: () => void): void => {
    this.running--;
    this.changes++;
    report();
    this.next();
  };

  private next(): void {
    while (this.waiting.length > 0) {
      const environment = this.freeEnvironment(this.waiting[0].notIn);
      if (!environment) {
        return;
      }
      const invocation = new HandlerInvocation(environment, this.waiting.shift()!, this, this.clock);
      this.unanswered.add(invocation);
      this.changes++;
      invocation.start();
    }
  }

  private freeEnvironment(notIn?: number): SimulatedEnvironment | undefined {
    const code = this.serving();
    const environments = this.environments.get(code) ?? Array.from({ length: this.count }, () => this.newEnvironment(code));
    this.environments.set(code, environments);
    environments.forEach((environment, place) => {
      if (environment.ended || this.isOld(environment)) {
        environment.end();
        environments[place] = this.newEnvironment(code);
      }
    });
    const all = environments.filter((environment) => environment.free);
    const others = all.filter(({ number }) => number !== notIn);
    const free = others.length > 0 ? others : all;
    if (free.length > 0) {
      // Lambda does not document which of several it takes.
      return free[free.length > 1 ? Math.floor(this.random() * free.length) : 0];
    }
    if (this.options.environments !== undefined) {
      return undefined;
    }
    const environment = this.newEnvironment(code);
    environments.push(environment);
    return environment;
  }

  private isOld({ startedAt, tenants }: SimulatedEnvironment): boolean {
    return startedAt !== undefined && tenants.size === 0 && this.clock.now() >= startedAt + this.options.recycleAfter;
  }

  private newEnvironment(code: Code): SimulatedEnvironment {
    return new SimulatedEnvironment(code, this.clock, this.options.invocationsPerEnvironment, () => ++this.started,
      () => [...this.unanswered].some(({ owner }) => owner === code));
  }
}
