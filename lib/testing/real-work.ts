import { createHook } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import { type HandlerContext, shared } from './handler-context';
import { realGlobal } from './real-global';
import { describe, kindOf, type Resource, REST, stateOf } from './resources';

/** A handler at work. */
export interface Working extends HandlerContext {
  /** Whether its code is still being loaded. */
  readonly loading: boolean;
}

/**
 * Knows whether handlers wait for something real: a timer of Node.js, a socket, a file. What a handler starts is known by the context in
 * which it is made. So other work of the process neither holds up the virtual clock nor hides the work of a handler.
 */
export class RealWork {
  /** What handlers have started, by the number of its async resource. */
  private readonly resources = new Map<number, Resource>();
  /** Handlers that wait for nothing that is known, and for how many turns of the event loop. */
  private readonly idleTurns = new WeakMap<Working, number>();
  /** What was waited for in vain. */
  private readonly givenUp = new WeakSet<Resource>();
  /** How many bytes were written to connections that were there before. */
  private readonly written = new WeakMap<object, number>();
  /** Grows when anything real happens. */
  private events = 0;
  /** Falls below the numbers of async resources. */
  private adopted = 0;

  private readonly beginnings = createHook({
    init: (id, type, _, resource) => {
      const kind = kindOf(type);
      const context = kind && shared.storage.getStore();
      if (context) {
        this.add(id, { kind, type, resource, owner: context.owner, read: 0, written: 0, changedAt: performance.now(), patience: REST });
      }
    },
  });

  /** Requests have no other sign of their end. On only while there are any, because it slows promises down. */
  private readonly endings = createHook({ destroy: (id) => this.remove(id) });

  /** @param limit milliseconds of real time in which nothing happens */
  constructor(private readonly limit: number) {}

  start(): void {
    this.usedConnections();
    this.beginnings.enable();
  }

  stop(): void {
    this.beginnings.disable();
    this.endings.disable();
  }

  /**
   * Resolves when each of these handlers has answered or waits for nothing real.
   *
   * @throws Error if one waits for something real in which nothing happens.
   */
  async settle(working: ReadonlySet<Working>): Promise<void> {
    await turn();
    const start = performance.now();
    let [events, quietSince, calm] = [this.events, start, 0];
    for (let turns = 0; ; turns++) {
      const now = performance.now();
      const waiting = find(working, (one) => this.waits(one, now));
      // What has come may lead to more, which takes a turn or two to begin.
      calm = waiting ? 0 : calm + 1;
      if (!waiting && (turns === 0 || calm > CALM_TURNS)) {
        return;
      }
      if (this.events !== events) {
        [events, quietSince] = [this.events, now];
      }
      if (!waiting) {
        await turn();
        continue;
      }
      if (now - quietSince > this.limit || now - start > MOST_QUIETS * this.limit) {
        this.giveUp(waiting, now);
        quietSince = now;
      }
      await (turns < TURNS ? turn() : pause(Math.min(turns - TURNS + 1, 10)));
    }
  }

  private add(id: number, resource: Resource): void {
    this.resources.set(id, resource);
    this.events++;
    if (resource.kind === 'request') {
      this.endings.enable();
    }
  }

  private remove(id: number): void {
    if (this.resources.delete(id)) {
      this.events++;
    }
  }

  /** Whether it may wait for something real. */
  private waits(one: Working, now: number): boolean {
    if (one.loading) {
      return true;
    }
    let open = false;
    let requests = false;
    for (const [id, resource] of this.resources) {
      requests ||= resource.kind === 'request';
      if (resource.owner === one.owner) {
        const { changedAt } = resource;
        const state = stateOf(resource, now);
        this.events += Number(resource.changedAt !== changedAt);
        if (state === 'busy') {
          return true;
        }
        if (state === 'over') {
          this.remove(id);
        }
        open ||= (state === 'open' || state === 'weak') && !this.givenUp.has(resource);
      }
    }
    if (!requests) {
      this.endings.disable();
    }
    if (one.waits > 0) {
      this.idleTurns.delete(one);
      return false;
    }
    return open || this.mayShowMore(one);
  }

  /** It waits for nothing that is known. It may use a connection that was there before, or something that has no sign at all. */
  private mayShowMore(one: Working): boolean {
    const turns = this.idleTurns.get(one) ?? 0;
    this.idleTurns.set(one, turns + 1);
    if (turns === 0) {
      const known = new Set([...this.resources.values()].map(({ resource }) => resource));
      for (const handle of this.usedConnections().filter((used) => !known.has(used))) {
        this.adopted--;
        this.add(this.adopted, {
          kind: 'handle', type: 'TCPWRAP', resource: handle, owner: one.owner, read: handle.bytesRead, written: 0, changedAt: -Infinity, patience: 0,
        });
      }
    }
    return turns < IDLE_TURNS;
  }

  /** The connections of the process that were written to since the last call, but not those that its servers accepted. */
  private usedConnections(): { readonly bytesRead: number; readonly bytesWritten: number }[] {
    return realGlobal.process._getActiveHandles().flatMap(({ _handle: handle, server }) => {
      const { bytesWritten } = handle ?? {};
      if (server || typeof bytesWritten !== 'number' || handle.fd <= 2) {
        return [];
      }
      const used = bytesWritten > (this.written.get(handle) ?? 0);
      this.written.set(handle, bytesWritten);
      return used ? [handle] : [];
    });
  }

  private giveUp(one: Working, now: number): void {
    const own = [...this.resources.values()].filter(({ owner }) => owner === one.owner);
    const states = own.map((resource) => ({ resource, state: stateOf(resource, now) }));
    const found = [...new Set(states.filter(({ state }) => state === 'busy' || state === 'open').map(({ resource }) => describe(resource)))];
    if (one.loading || found.length > 0) {
      const seconds = `${this.limit / 1000} s of real time`;
      throw new Error(one.loading
        ? `The handler's load() did not settle within ${seconds} in which nothing happened. Raise realTimeLimit if it takes longer.`
        : `The handler did not answer within ${seconds} in which nothing happened. It may wait for what it has open: ${found.join(', ')}. `
          + 'Let it wait in virtual time, with sleep() of dynamo-stream-trigger/testing or the options timers or advanceTimers, close what it '
          + 'does not need, or raise realTimeLimit.');
    }
    states.filter(({ state }) => state === 'weak').forEach(({ resource }) => this.givenUp.add(resource));
  }
}

/** So many turns of the event loop without a pause: most real waits are over by then. */
const TURNS = 20;

/** So many turns for a handler that waits for nothing that is known. */
const IDLE_TURNS = 5;

/** So many turns after real work that nothing more comes of. */
const CALM_TURNS = 3;

/** Something may happen all the time that leads to nothing, such as a timer that starts the next one. */
const MOST_QUIETS = 5;

// As they were when this was loaded: a test may put fake ones in their place.
const { setImmediate, setTimeout } = timers;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function find<T>(set: ReadonlySet<T>, wanted: (one: T) => boolean): T | undefined {
  for (const one of set) {
    if (wanted(one)) {
      return one;
    }
  }
  return undefined;
}
