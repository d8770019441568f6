/** What Lambda tells a function of its invocation; structurally the `Context` of `@types/aws-lambda`. */
export interface LambdaContext {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
}

/** Lambda's context, and what a handler needs to know of its call. */
export interface CallContext extends LambdaContext {
  /** Aborts shortly before the function's timeout: hand it to whatever can be cancelled. What goes on regardless is abandoned. */
  readonly signal: AbortSignal;
  /** Which try it is, in this invocation: 1 for the first. */
  readonly attempt: number;
}

/** Lambda's context, whatever its class, with the call's own properties before it. */
export function callContext(lambda: object, signal: AbortSignal, attempt: number): CallContext {
  return Object.assign(Object.create(lambda), { signal, attempt }) as CallContext;
}
