import type { SimulatedFunction } from './function';
import { type RunningSimulation, shared } from './handler-context';
import { describeError, inText, HandlerInvocation } from './handler-invocation';
import { takeTimers } from './handler-timers';
import type { SimulationOptions } from './options';
import { takeExit } from './process-exit';
import { checkRealTimers, timersAreChanged } from './real-timers';
import { RealWork } from './real-work';
import { Standstill } from './standstill';
import type { SimulatedTrigger } from './trigger-driver';
import { catchUncaught } from './uncaught';
import type { VirtualClock } from './virtual-clock';

/** How time passes in a simulation. */
type TimeOptions = Pick<SimulationOptions, 'realTimeLimit' | 'timers' | 'advanceTimers'>;

/** Lets the virtual clock go from one event to the next, until every trigger is over. Handlers do what they can in between. */
export async function runToTheEnd(
  triggers: readonly SimulatedTrigger[], functions: readonly SimulatedFunction[], clock: VirtualClock, options: TimeOptions,
): Promise<void> {
  const { realTimeLimit = 3, advanceTimers } = options;
  checkRealTimers();
  const realWork = new RealWork(realTimeLimit * 1000);
  const standstill = new Standstill();
  const problems: unknown[] = [];
  const now: RunningSimulation = { clock, startedAt: clock.now(), awake: false, waits: new Set(), fail: (error) => problems.push(error) };
  const timers = options.timers === 'virtual' ? 'virtual' : advanceTimers ? 'moved' : timersAreChanged() ? 'still' : undefined;
  const ends = [timers && takeTimers(timers), catchUncaught(endProcess), takeExit()];
  shared.running = now;
  realWork.start();
  try {
    triggers.forEach((trigger) => trigger.tick());
    for (;;) {
      if (problems.length > 0) {
        throw problems[0];
      }
      if (now.awake || functions.some((one) => one.unanswered.size > 0)) {
        now.awake = false;
        await realWork.settle(functions.length === 1 ? functions[0].unanswered : new Set(functions.flatMap((one) => [...one.unanswered])));
      }
      if (problems.length > 0) {
        throw problems[0];
      }
      const next = nextEvent(triggers.filter((trigger) => !trigger.isOver()), clock);
      if (!next) {
        return;
      }
      standstill.check(next.at, functions.reduce((sum, { changes }) => sum + changes, 0));
      const from = clock.now();
      if (advanceTimers && next.at > from) {
        clock.moveTo(next.at);
        now.awake = true;
        const milliseconds = wholeMilliseconds(now, next.at) - wholeMilliseconds(now, from);
        await shared.called.run(now, () => advanceTimers(milliseconds));
      } else {
        next.take();
      }
    }
  } finally {
    realWork.stop();
    ends.forEach((end) => end?.());
    if (shared.running === now) {
      shared.running = undefined;
    }
  }
}

/** Fake timers take no fractions. */
function wholeMilliseconds({ startedAt }: RunningSimulation, time: number): number {
  return Math.floor(time - startedAt);
}

/** Lambda's runtime reports an error that nothing caught, and ends the process. */
function endProcess(event: 'uncaughtException' | 'unhandledRejection', error: unknown): boolean {
  const context = shared.storage.getStore();
  if (!(context instanceof HandlerInvocation)) {
    return false;
  }
  if (event === 'unhandledRejection') {
    context.uncaught('Runtime.UnhandledPromiseRejection', inText(error));
  } else {
    context.uncaught(...describeError(error));
  }
  return true;
}

/** What happens next, if anything does: something has an appointment with the clock, or a mapping has something to do. */
function nextEvent(triggers: readonly SimulatedTrigger[], clock: VirtualClock): { readonly at: number; readonly take: () => void } | undefined {
  if (triggers.length === 0) {
    return undefined;
  }
  let [next, deadline] = [triggers[0], Infinity];
  for (const trigger of triggers) {
    const own = trigger.deadline() ?? Infinity;
    if (own < deadline) {
      [next, deadline] = [trigger, own];
    }
  }
  const appointment = clock.next() ?? Infinity;
  if (appointment === Infinity && deadline === Infinity) {
    return undefined;
  }
  if (appointment <= deadline) {
    return { at: appointment, take: () => clock.step() };
  }
  return {
    at: deadline,
    take: () => {
      clock.moveTo(deadline);
      next.tick();
    },
  };
}
