import { InvalidEventError } from './errors';
import { defineProperty } from '../stream/image';

/** What Lambda passes to a function about its invocation; structurally the `Context` of `@types/aws-lambda`. */
export interface LambdaContext {
  /** The name of the function. */
  readonly functionName: string;
  /** The version that runs, such as '$LATEST' or '7'. */
  readonly functionVersion: string;
  /** The ARN by which the function was invoked: with its alias, if it was invoked by one. */
  readonly invokedFunctionArn: string;
  /** The memory of the function, in MB. */
  readonly memoryLimitInMB: string;
  /** The ID of the invocation. */
  readonly awsRequestId: string;
  /** Where the function logs. */
  readonly logGroupName: string;
  /** Where this execution environment logs. */
  readonly logStreamName: string;
  /** Milliseconds until the function's timeout. */
  getRemainingTimeInMillis(): number;
}

/** Lambda's context, and what a handler needs to know about its call. */
export interface CallContext extends LambdaContext {
  /** Aborts shortly before the function's timeout: pass it to whatever can be cancelled. A call that ignores it is abandoned. */
  readonly signal: AbortSignal;
  /** Which try of the record it is in this invocation: 1 for the first. */
  readonly attempt: number;
}

/** @throws InvalidEventError for the context of a durable function: it is replayed from the top, and would process all records again. */
export function checkContext(context: object): void {
  if ('lambdaContext' in context) {
    throw new InvalidEventError('A durable function is replayed: call the handler in a step, '
      + 'await context.step(\'records\', async () => handler(event, context.lambdaContext))');
  }
}

/** Lambda's context and the call's own properties, as a plain object that can be spread. */
export function callContext(lambda: object, budget: SignalSource, attempt: number): CallContext {
  // In this order, because V8 adds properties to a copy slowly.
  const context = { attempt, ...Object.getPrototypeOf(lambda) === Object.prototype ? lambda : plain(lambda) };
  context.attempt = attempt;
  defineProperty(context, SOURCE, budget, false);
  return Object.defineProperty(context, 'signal', SIGNAL) as CallContext;
}

/** Makes the signal when it is first asked for: most handlers don't. */
interface SignalSource {
  readonly signal: () => AbortSignal;
}

const SOURCE = Symbol();

/** One getter for all contexts. With a getter of its own for each, V8 gives each its own hidden class, which keeps the whole batch in memory. */
const SIGNAL: PropertyDescriptor & ThisType<{ [SOURCE]: SignalSource }> = {
  get() {
    return this[SOURCE].signal();
  },
  enumerable: true,
  configurable: true,
};

/** With what a class keeps in its prototype, and methods that are bound to it, because they may use private state. */
function plain(lambda: object): object {
  const context: { [name: PropertyKey]: unknown } = {};
  for (let from = lambda; from && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const name of Reflect.ownKeys(from)) {
      if (!(name in context) && name !== 'constructor') {
        const value = (lambda as typeof context)[name];
        context[name] = typeof value === 'function' ? value.bind(lambda) : value;
      }
    }
  }
  return context;
}
