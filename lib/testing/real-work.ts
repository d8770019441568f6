import { createHook } from 'node:async_hooks';
import { channel, type Channel } from 'node:diagnostics_channel';
import { GrantedTime } from './granted-time';
import { type HandlerContext, shared, simulatedContext } from './handler-context';
import { realGlobal } from './real-global';
import { describeResource, describeRequest, hear, type ResourceKind, kindOf, type Resource, type ResourceState, stateOf } from './resources';
import { Settling, turn } from './settling';

/** A handler at work. */
export interface WorkingHandler extends HandlerContext {
  /** Whether its code is still being loaded. */
  readonly loading: boolean;
  /** Answers for it when it waits for nothing. */
  nothingLeft?: () => void;
}

/**
 * Knows whether handlers wait for something real: a timer of Node.js, a connection, a file. What a handler starts is known by the context in
 * which it is made. So other work of the process neither holds up the virtual clock nor hides the work of a handler.
 */
export class RealWork {
  /** What handlers have started, by the number of its async resource; an HTTP request by itself. */
  private readonly resources = new Map<unknown, Resource>();
  /** Handlers that wait for nothing that is known, and for how many turns of the event loop. */
  private readonly idleTurns = new WeakMap<WorkingHandler, number>();
  /** Whose timers were waited for in vain: each may start the next one, as an interval does. */
  private readonly restless = new WeakSet<object>();
  /** Servers that were waited for in vain, in words, until they say something. Nobody waits long for these again. */
  private readonly silent = new Set<string>();
  /** Connections that handlers made, or have used. */
  private readonly known = new WeakSet<object>();
  /** How many bytes were written to other connections. */
  private readonly written = new WeakMap<object, number>();
  /** Grows when bytes move, or something ends. */
  private progress = 0;
  /** Requests of the process that a handler has waited for in vain. */
  private readonly vain = new WeakSet<object>();
  private readonly time = new GrantedTime();
  /** Grows when code of a handler runs, while somebody looks. */
  private life = 0;
  /** Since when others have worked without a sign of life of a handler, if they are no longer waited for. */
  private deafSince: number | undefined;
  /** Whether such work was waited for in vain before. */
  private noisy = false;

  private readonly beginnings = createHook({
    init: (id, type, _, resource) => {
      const kind = kindOf(type);
      const context = kind && simulatedContext();
      if (context) {
        this.add(id, kind, type, resource, { owner: context.owner, context });
      }
    },
  });

  /** Tells an answer from the next request that follows it at once. On only while there are connections, because it slows promises down. */
  private readonly answers = createHook({
    before: (id) => {
      const resource = this.resources.get(id);
      if (resource) {
        this.hear(resource, this.time.now);
      }
    },
  });

  /** Requests have no other sign of their end. On only while there are any, because it slows promises down. */
  private readonly endings = createHook({ destroy: (id) => this.remove(id) });

  /** Tells a handler that goes on from one that is silent beside the work of others. On only while one is waited for, because it slows promises down. */
  private readonly lives = createHook({ before: () => this.life += Number(simulatedContext() !== undefined) });

  /** @param limit milliseconds of real time in which nothing happens */
  constructor(private readonly limit: number) {}

  start(): void {
    this.usedConnections();
    this.openingConnections();
    this.beginnings.enable();
    EXCHANGES.forEach((exchanges) => exchanges.subscribe(this.exchangeBegins));
  }

  stop(): void {
    EXCHANGES.forEach((exchanges) => exchanges.unsubscribe(this.exchangeBegins));
    [this.beginnings, this.answers, this.endings, this.lives].forEach((hook) => hook.disable());
  }

  /**
   * Resolves when each of these handlers has answered or waits for nothing real.
   *
   * @throws Error if one waits for something real in which nothing happens, or for too long.
   */
  async settle(working: ReadonlySet<WorkingHandler>): Promise<void> {
    await turn();
    const settling = new Settling(this.time.look(), this.progress, this.life);
    this.deafSince = undefined;
    for (;;) {
      const now = this.time.look();
      const waiting = this.findWaiting(working, now);
      if (settling.isOver(waiting !== undefined)) {
        this.lives.disable();
        return;
      }
      settling.happened(this.progress, now);
      if (waiting) {
        settling.lived(waiting.own, this.life, now);
        this.checkLimits(settling, waiting.one, working, now);
      }
      await settling.next(waiting !== undefined);
    }
  }

  /** Refuses to wait longer, or gives up what has no more to bring. */
  private checkLimits(settling: Settling, one: WorkingHandler, working: ReadonlySet<WorkingHandler>, now: number): void {
    // Work of others causes no error while it is waited for.
    if ((settling.aloneSince === now || this.deafSince !== undefined) && now - settling.startedAt > MOST_LIMITS * this.limit) {
      throw this.refusal(one, MOST_LIMITS * this.limit, '');
    }
    const quiet = now - settling.quietSince;
    if (quiet > this.limit * AGAIN && quiet > this.limit * this.patience(one, now)) {
      this.giveUp(one, working, now);
      settling.gaveUp(now);
    }
    if (this.deafSince === undefined && now - settling.aloneSince > this.limit * (this.noisy ? AGAIN : 1)) {
      [this.deafSince, this.noisy] = [settling.aloneSince, true];
      settling.restart(now);
    }
    if (settling.isLong) {
      this.lives.enable();
    }
  }

  private readonly exchangeBegins = (message: unknown): void => {
    const context = simulatedContext();
    if (context) {
      const { request } = message as { readonly request: object };
      this.add(request, 'exchange', 'HTTP', request, { owner: context.owner, context });
    }
  };

  private add(id: unknown, kind: ResourceKind, type: string, resource: any, more: Partial<Resource>): void {
    const dueAt = (shared.running?.clock.now() ?? 0) + (kind === 'timer' ? resource._idleTimeout : 0);
    const unheard = { read: 0, answered: -1, answersBegan: [-Infinity, -Infinity], changedAt: this.time.now } as const;
    this.resources.set(id, { ...unheard, givenUp: false, overtaken: false, kind, type, resource, dueAt, ...more });
    if (kind === 'request') {
      this.endings.enable();
    } else if (kind === 'connection') {
      this.known.add(resource);
      this.answers.enable();
    }
  }

  private remove(id: unknown): void {
    const resource = this.resources.get(id);
    if (resource) {
      this.resources.delete(id);
      this.progress += Number(!isTimer(resource));
    }
  }

  /** A connection may have brought something. */
  private hear(resource: Resource, now: number): void {
    const { read } = resource;
    if (resource.kind === 'connection') {
      hear(resource, now);
      if (resource.read !== read) {
        this.progress++;
        this.silent.delete(this.silent.size > 0 ? describeResource(resource) : '');
      }
    }
  }

  /** A handler that may wait for something real, and whether that is a handler's own. */
  private findWaiting(working: ReadonlySet<WorkingHandler>, now: number): { readonly one: WorkingHandler; readonly own: boolean } | undefined {
    this.adoptConnections();
    const all = this.look(now);
    const found = new Map<object, Found>();
    for (const one of working) {
      const { owner } = one;
      const own = found.get(owner) ?? this.ofOwner(owner, working, now);
      found.set(owner, own);
      if (all.asked || own.busy || (one.loading && !waitsVirtually(owner, working))) {
        return { one, own: all.asked === 'own' || own.busy === 'own' || one.loading };
      }
      if (one.waits.size > 0) {
        this.idleTurns.delete(one);
      } else if ((own.open || all.busy || this.unknownRequests().length > 0) && !waitsVirtually(owner, working)) {
        return { one, own: own.open === 'own' || all.busy === 'own' };
      } else if (this.mayShowMore(one)) {
        return { one, own: true };
      } else if (one.nothingLeft && !waitsVirtually(owner, working)) {
        one.nothingLeft();
        one.nothingLeft = undefined;
        return { one, own: true };
      }
    }
    return undefined;
  }

  /** What is under way, whoever began it: an invocation of another environment may wait for it too. */
  private look(now: number): { readonly asked?: Whose; readonly busy?: Whose } {
    let [asked, busy, requests]: [Whose?, Whose?, boolean?] = [];
    for (const [id, resource] of this.resources) {
      requests ||= resource.kind === 'request';
      this.hear(resource, now);
      if (resource.owner === BEFORE && resource.resource.bytesWritten > resource.written!) {
        resource.owner = undefined;
      }
      const state = stateOf(resource, now, this.limit);
      if (state === 'over') {
        this.remove(id);
      } else if (state === 'busy' && !this.isGivenUp(resource) && !this.isNoise(resource)) {
        busy = whose(resource, busy);
        asked = isTimer(resource) || resource.owner === BEFORE ? asked : whose(resource, asked);
      }
    }
    if (!requests) {
      this.endings.disable();
    }
    return { asked, busy };
  }

  /** What is under way of those who share it. */
  private ofOwner(owner: object, working: ReadonlySet<WorkingHandler>, now: number): Found {
    const found: Found = {};
    if (this.resources.size === 0) {
      return found;
    }
    const [ended, wake] = [hasBudget(owner, working), nextWake(owner, working)];
    for (const resource of this.resources.values()) {
      if (isOf(resource, owner) && !this.isNoise(resource)) {
        const state = stateOf(resource, now, this.limit);
        // A timer that is due after a wait for virtual time beside it, such as a guard, must not end first.
        const context = resource.context as WorkingHandler;
        resource.overtaken ||= isTimer(resource) && resource.dueAt > (working.has(context) ? firstWake(context) : wake);
        if (state === 'busy' && !this.isGivenUp(resource) && !(resource.overtaken && wake < Infinity)) {
          found.busy = whose(resource, found.busy);
        } else if (state === 'weak' ? !this.isGivenUp(resource) : state !== 'idle' && !(resource.givenUp && (state !== 'busy' || ended))) {
          found.open = whose(resource, found.open);
        }
      }
    }
    return found;
  }

  private isGivenUp(resource: Resource): boolean {
    return resource.givenUp || (isTimer(resource) && resource.owner !== undefined && this.restless.has(resource.owner));
  }

  /** A connection on which others ask again and again, while no handler shows a sign of life. */
  private isNoise({ owner, answersBegan }: Resource): boolean {
    return this.deafSince !== undefined && isOfOthers(owner) && answersBegan[0] > this.deafSince;
  }

  /** It waits for nothing that is known. It may wait for something that has no sign at all. */
  private mayShowMore(one: WorkingHandler): boolean {
    const turns = this.idleTurns.get(one) ?? 0;
    this.idleTurns.set(one, turns + 1);
    return turns < IDLE_TURNS;
  }

  /** Operations of the process that no handler has begun, such as those of a module that was loaded before. */
  private unknownRequests(): object[] {
    if (this.deafSince !== undefined) {
      return [];
    }
    return realGlobal.process._getActiveRequests().filter((request) => !this.vain.has(request) && !this.resources.has(request.getAsyncId?.()));
  }

  /**
   * Connections of the process that have brought nothing yet: a handler that waits for nothing else may wait for one, which its module has
   * begun to open before the simulation.
   */
  private openingConnections(): void {
    for (const { _handle: handle, server, connecting } of realGlobal.process._getActiveHandles()) {
      if (isConnection(handle, server) && handle.bytesRead === 0 && (connecting || handle.bytesWritten > 0)) {
        this.add(handle.getAsyncId(), 'connection', 'TCPWRAP', handle, { owner: BEFORE, written: handle.bytesWritten });
      }
    }
  }

  /** Whoever wrote to a connection that was there before: a handler may wait for the answer. */
  private adoptConnections(): void {
    for (const [handle, before] of this.usedConnections()) {
      this.add(handle.getAsyncId(), 'connection', 'TCPWRAP', handle, { read: handle.bytesRead, answered: before });
    }
  }

  /**
   * The connections of the process that were written to since the last call, and how many bytes had been written to them before. Not those
   * that its servers accepted.
   */
  private usedConnections(): [handle: any, before: number][] {
    return realGlobal.process._getActiveHandles().flatMap(({ _handle: handle, server }): [any, number][] => {
      if (!isConnection(handle, server) || this.known.has(handle)) {
        return [];
      }
      const { bytesWritten } = handle;
      const before = this.written.get(handle) ?? 0;
      this.written.set(handle, bytesWritten);
      return bytesWritten > before ? [[handle, before]] : [];
    });
  }

  /** Nothing has happened for long. What is waited for beside virtual time need not be what the handler waits for. */
  private giveUp(one: WorkingHandler, working: ReadonlySet<WorkingHandler>, now: number): void {
    const states = this.mayBeWaitedFor(one, now);
    const has = (wanted: ResourceState) => states.some(({ resource, state }) => state === wanted && resource.owner !== BEFORE);
    const isEnded = has('busy') && hasBudget(one.owner, working);
    const holds = (has('busy') || has('open')) && !isEnded && !waitsVirtually(one.owner, working);
    if (one.loading || holds) {
      throw this.refusal(one, this.limit, ' in which nothing happened');
    }
    for (const { resource, state } of states) {
      if (state === 'busy' || state === 'weak' || isEnded) {
        resource.givenUp = true;
        if (state === 'busy' && isAsked(resource)) {
          this.silent.add(describeResource(resource));
        }
        if (isTimer(resource) && resource.owner) {
          this.restless.add(resource.owner);
        }
      }
    }
    this.restless.add(one.owner);
    this.unknownRequests().forEach((request) => this.vain.add(request));
  }

  /** The part of the limit that it is waited for: less if it waits for servers that were waited for in vain before, or asked by others. */
  private patience(one: WorkingHandler, now: number): number {
    if (one.loading) {
      return 1;
    }
    const busy = this.mayBeWaitedFor(one, now).filter(({ resource, state }) => state === 'busy' && !this.isGivenUp(resource));
    const parts = busy.map(({ resource }) => resource.owner === BEFORE ? EARLIER : this.silent.has(describeResource(resource)) ? AGAIN : 1);
    return busy.length > 0 ? Math.max(...parts) : 1;
  }

  /** What is its own, and what is under way of others. */
  private mayBeWaitedFor({ owner }: WorkingHandler, now: number): { readonly resource: Resource; readonly state: ResourceState }[] {
    return [...this.resources.values()]
      .map((resource) => ({ resource, state: stateOf(resource, now, this.limit) }))
      .filter(({ resource, state }) => isOf(resource, owner) || (state === 'busy' && !this.isGivenUp(resource)));
  }

  private refusal(one: WorkingHandler, milliseconds: number, how: string): Error {
    const within = `within ${milliseconds / 1000} s of real time${how}`;
    if (one.loading) {
      return new Error(`The handler's load() did not settle ${within}. Raise realTimeLimit if it takes longer.`);
    }
    const open = this.mayBeWaitedFor(one, this.time.now).filter(({ state }) => state === 'busy' || state === 'open').map(({ resource }) => describeResource(resource));
    const others = this.unknownRequests().map((request) => `${describeRequest(request)} of other code`);
    return new Error(`The handler did not answer ${within}. It may wait for what it has open: ${[...new Set(open.length > 0 ? open : others)].join(', ') || 'what other code does'}. `
      + 'Let it wait in virtual time, with sleep() of dynamo-stream-trigger/testing or the options timers or advanceTimers, close what it '
      + 'does not need, or raise realTimeLimit.');
  }
}

/** Whether something is of a handler of the simulation, or of other code of the process. */
type Whose = 'own' | 'others';

/** Whether a handler has something real that ends by itself, or that may stay as it is, and whose it is. */
interface Found {
  busy?: Whose;
  open?: Whose;
}

/**
 * The channels in which Node.js reports that a request of fetch or of node:http begins. The process holds them, whatever copy of this module ends:
 * Node.js 20 forgets a channel that is in use if an earlier one of its name, which nothing held, is collected meanwhile.
 */
const EXCHANGES = (realGlobal[Symbol.for('dynamo-stream-trigger/exchanges')] ??= ['undici:request:create', 'http.client.request.start'].map(channel)) as Channel[];

/** Turns of the event loop for a handler that waits for nothing that is known. */
const IDLE_TURNS = 5;

/** Something may happen all the time that leads to nothing, such as requests that ask the same again and again. */
const MOST_LIMITS = 1.5;

/** Owns what was there before the simulation. */
const BEFORE = {};

/** The part of the limit that a server is waited for which was waited for in vain before. */
const AGAIN = 0.1;

/** The part of the limit that a server is waited for which was asked before the simulation. */
const EARLIER = 0.25;

/** A timer that is over may have set the next one: that is not progress. */
function isTimer({ kind }: Resource): boolean {
  return kind === 'timer' || kind === 'immediate';
}

function isAsked({ kind }: Resource): boolean {
  return kind === 'exchange' || kind === 'connection';
}

function isOfOthers(owner: object | undefined): boolean {
  return owner === undefined || owner === BEFORE;
}

/** What is found, with one more: what a handler has itself counts for more. */
function whose({ owner }: Resource, found: Whose | undefined): Whose {
  return found === 'own' || !isOfOthers(owner) ? 'own' : 'others';
}

function isOf(resource: Resource, owner: object): boolean {
  return resource.owner === undefined || resource.owner === owner;
}

/** Whether the runtime may end what one of the handlers waits for that share what they make. */
function hasBudget(owner: object, working: ReadonlySet<WorkingHandler>): boolean {
  for (const one of working) {
    if (one.owner === owner && one.budgets) {
      return true;
    }
  }
  return false;
}

/** Whether one of the handlers that share what they make waits for virtual time, or code in no handler. The others may wait for that one. */
function waitsVirtually(owner: object, working: ReadonlySet<WorkingHandler>): boolean {
  return nextWake(owner, working) < Infinity;
}

/** When the first wait for virtual time ends of the handlers that share what they make, or of code in no handler. */
function nextWake(owner: object, working: ReadonlySet<WorkingHandler>): number {
  let first = shared.running ? firstWake(shared.running) : Infinity;
  for (const one of working) {
    if (one.owner === owner) {
      first = Math.min(first, firstWake(one));
    }
  }
  return first;
}

function firstWake({ waits }: Pick<HandlerContext, 'waits'>): number {
  let first = Infinity;
  for (const { until } of waits) {
    first = Math.min(first, until);
  }
  return first;
}

/** Whether the handle of an object of Node.js is a connection, other than those that servers of the process have accepted. */
function isConnection(handle: any, server: unknown): boolean {
  return !server && typeof handle?.bytesWritten === 'number' && !(handle.fd <= 2);
}
