import { LocalRunError } from '../errors';
import { isFree } from '../service/free-port';

/** How debuggers attach to the functions of a run. */
export interface Debugging {
  /** Whether a process waits for a debugger before it loads the function's code, and stops at its first line. */
  readonly waits: boolean;
  /**
   * The port for a new process of a function. It stays the function's: a debugger that reconnects finds the next process of the same function there.
   *
   * @throws LocalRunError PORT_IN_USE
   */
  take(functionName: string): Promise<number>;
  /** The process at this port has ended. */
  release(port: number): void;
  /** Gives each of these functions a port that stays its own, in this order, whichever is started first. */
  reserve(functionNames: readonly string[]): Promise<void>;
}

/** Node.js's own. */
const USUAL_PORT = 9229;

/** What the user asks for: `true` for the usual port, or the first port. `inspectBrk` takes precedence. */
export interface InspectOptions {
  readonly inspect?: boolean | number;
  readonly inspectBrk?: boolean | number;
}

/** Undefined if debuggers are not wanted. */
export function debuggingFor({ inspect = false, inspectBrk = false }: InspectOptions): Debugging | undefined {
  const waits = inspectBrk !== false;
  const asked = waits ? inspectBrk : inspect;
  return asked === false ? undefined : { waits, ...ports(asked === true ? USUAL_PORT : asked) };
}

/** Ports are given out in the order in which they are asked for, counted up from the first one. What other programs listen on is skipped. */
function ports(first: number): Omit<Debugging, 'waits'> {
  /** By port: the function that had it first. */
  const owners = new Map<number, string>();
  const taken = new Set<number>();
  let last: Promise<unknown> = Promise.resolve();

  return {
    take,
    release,
    reserve: async (functionNames) => {
      for (const name of functionNames.filter((each) => ![...owners.values()].includes(each))) {
        release(await take(name));
      }
    },
  };

  function take(functionName: string): Promise<number> {
    const port = last.then(() => next(functionName));
    last = port.catch(() => {});
    return port;
  }

  function release(port: number): void {
    taken.delete(port);
  }

  async function next(functionName: string): Promise<number> {
    const own = [...owners].filter(([, owner]) => owner === functionName).map(([port]) => port);
    for (const port of [...own, ...countedUp()]) {
      if (!taken.has(port) && await isFree(port)) {
        owners.set(port, functionName);
        taken.add(port);
        return port;
      }
    }
    throw new LocalRunError('PORT_IN_USE', `No port from ${first} to ${HIGHEST_PORT} is free for a debugger of ${functionName}. Give --inspect a lower one.`);
  }

  function* countedUp(): Generator<number> {
    for (let port = first; port <= HIGHEST_PORT; port++) {
      if (!owners.has(port)) {
        yield port;
      }
    }
  }
}

const HIGHEST_PORT = 65_535;
