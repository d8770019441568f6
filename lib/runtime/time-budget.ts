import type { LambdaContext } from './context';
import type { Host } from '../stream/boundary';

/** What is left of the function's timeout. */
export interface TimeBudget {
  /** Aborts when calls must end, shortly before the timeout. Made when it is first asked for. */
  readonly signal: () => AbortSignal;
  readonly isAborted: () => boolean;
  /** Is called just before `signal` aborts. */
  onAbort: (() => void) | undefined;
  /** Settles when the signal aborts. */
  readonly aborted: () => Promise<void>;
  /** Settles when the calls must have ended, between the abort and the timeout. */
  readonly over: Promise<void>;
  /** Waits for what must happen before the answer, while there is time. */
  readonly wait: (until: Promise<unknown> | undefined) => Promise<unknown> | undefined;
  /** Whether a call may be started after a pause of this many milliseconds. */
  readonly allows: (pause?: number) => boolean;
  /** @throws NO_TIME if no call may be started. */
  readonly check: () => void;
  /** Milliseconds until the timeout. */
  readonly left: () => number;
  readonly close: () => void;
}

/** Why a record is not done, and an error that says so of a call that was not started. */
export const OUT_OF_TIME = 'out of time';
export const NO_TIME = new Error(OUT_OF_TIME);

/** How long calls take, as far as is known; kept from one invocation to the next. */
export interface Pace {
  /** Milliseconds. Follows a slow call at once, and fast ones slowly. */
  expected: number;
}

/** The part of the timeout that is kept for the answer, within bounds in milliseconds. */
const RESERVE = 0.05;
const MIN_RESERVE = 100;
const MAX_RESERVE = 1_000;

/** The longest that a timer can wait, in milliseconds. */
const MAX_TIMER = 2_147_483_647;

/**
 * Starts to watch the function's timeout. Without one, outside Lambda, there is all the time in the world.
 *
 * The reserve and a slow pace together never take more than half of the time: the first record is always started.
 */
export function timeBudget(context: Partial<LambdaContext>, pace: Pace, timer: NonNullable<Host['timer']> = realTimer): TimeBudget {
  const left = () => context.getRemainingTimeInMillis?.() ?? MAX_TIMER;
  const whole = left();
  const reserve = Math.min(MAX_RESERVE, Math.max(MIN_RESERVE, whole * RESERVE), whole / 4);
  let controller: AbortController | undefined;
  let ended: Promise<void> | undefined;
  let cancel: () => void;
  let budget: TimeBudget | undefined;
  let aborted = false;

  const allows = (pause = 0) => !aborted && left() - pause > reserve + Math.min(pace.expected, whole / 4);
  const over = new Promise<void>((resolve) => {
    function watch(): void {
      const wait = left() - reserve;
      if (wait > 0) {
        // Looks again when the timer is up: the clock may be another than the timer's.
        cancel = timer(watch, wait);
      } else {
        aborted = true;
        budget?.onAbort?.();
        controller?.abort();
        cancel = timer(resolve, reserve / 2);
      }
    }
    watch();
  });
  const rest = async () => new Promise<void>((resolve) => {
    cancel = timer(resolve, left() / 4);
  });
  function signal(): AbortSignal {
    if (!controller) {
      controller = new AbortController();
      // Every call may listen to it, and Node.js would print a warning from the eleventh on.
      // Not imported: an import of CommonJS makes bundlers add helpers.
      process.getBuiltinModule('node:events').setMaxListeners(0, controller.signal);
      if (aborted) {
        controller.abort();
      }
    }
    return controller.signal;
  }
  return budget = {
    signal,
    isAborted: () => aborted,
    aborted: async () => ended ??= new Promise((resolve) => aborted ? resolve() : signal().addEventListener('abort', () => resolve())),
    onAbort: undefined,
    over,
    wait: (until) => until && Promise.race([until, over.then(rest)]),
    left,
    allows,
    check: () => {
      if (!allows()) {
        throw NO_TIME;
      }
    },
    close: () => cancel(),
  };
}

function realTimer(callback: () => void, milliseconds: number): () => void {
  const timeout = setTimeout(callback, milliseconds);
  return () => clearTimeout(timeout);
}

/** Does a call and takes its time. */
export async function timed<T>(pace: Pace, now: () => number, call: () => T): Promise<Awaited<T>> {
  const from = now();
  try {
    return await call();
  } finally {
    const took = now() - from;
    pace.expected = Math.max(took, pace.expected + (took - pace.expected) / 8);
  }
}
