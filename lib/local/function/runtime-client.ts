import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stopAtFirstLine } from './first-line';
import { isModuleNotFound, resolveAsInLambda } from './module-resolution';

/**
 * Runs a function's code in this process as Lambda's Node.js runtimes do: takes invocations from the Runtime API, calls the
 * handler, and reports the result. `function-process.ts` starts it with Lambda's environment variables, the mark of the run, where
 * modules are found, and whether a debugger is to see the code load.
 *
 * The runtimes of Node.js 20 and 22 differ from newer ones: a handler may take a callback there, and when nothing is left to run, the
 * runtime answers for a handler that never settles. From Node.js 24 on, callbacks are refused, and the process just ends.
 */
async function main(): Promise<void> {
  process.on('uncaughtException', (error) => die(error, 129));
  process.on('unhandledRejection', (reason) => die(named('Runtime.UnhandledPromiseRejection', String(reason), reason), 128));
  process.on('beforeExit', () => whenNothingIsLeft?.());
  // For whoever reads the traces here. It costs nothing where there are no source maps.
  process.setSourceMapsEnabled(true);
  resolveAsInLambda({ taskRoot, ...modules });
  const handler = await loadHandler(process.env._HANDLER!).catch((error) => die(error, 1));
  // Errors in the background of loading are reported first.
  setImmediate(() => void next(handler));
}

type Handler = (event: unknown, context: object, callback: Callback) => unknown;
type Callback = (error?: unknown, result?: unknown) => void;

// Taken before the function's own code is loaded: what that puts in their place, such as X-Ray, does not see the calls of this program.
const { Agent, request } = http;

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
// While the handler runs, a reused connection does not keep the process alive: only what the handler does.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const taskRoot = process.env.LAMBDA_TASK_ROOT!;
const { modules, waitsAt } = JSON.parse(process.argv[3]);
const takesCallbacks = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1]) < 24;

/** The invocation under way. */
let current: string | undefined;
/** Answers for the handler when the event loop is empty. */
let whenNothingIsLeft: (() => void) | undefined;

async function next(handler: Handler): Promise<void> {
  const { headers, body } = await call('GET', '/invocation/next');
  invoke(handler, headers, body);
}

function invoke(handler: Handler, headers: IncomingHttpHeaders, event: string): void {
  const requestId = current = String(headers['lambda-runtime-aws-request-id']);
  // X-Ray complains in long lines where there is none.
  process.env._X_AMZN_TRACE_ID = untraced();
  let answered = false;

  const answer = (path: string, content: unknown) => {
    if (answered) {
      return;
    }
    answered = true;
    whenNothingIsLeft = undefined;
    void call('POST', `/invocation/${requestId}/${path}`, content).then(() => setImmediate(() => void next(handler)));
  };
  const fail = (error: unknown) => {
    console.error('Invoke Error', error);
    answer('error', reported(error ?? 'handled'));
  };
  const succeed = (result: unknown) => {
    try {
      answer('response', JSON.stringify(result) ?? 'null');
    } catch (error) {
      fail(named('Runtime.JSONStringifyError', `Unable to stringify response body: ${(error as Error).message}`, error));
    }
  };
  const context = contextOf(headers, succeed, fail);
  const callback: Callback = (error, result) => {
    if (error !== undefined && error !== null) {
      fail(error);
    } else if (context.callbackWaitsForEmptyEventLoop) {
      whenNothingIsLeft = () => succeed(result);
    } else {
      succeed(result);
    }
  };

  if (takesCallbacks) {
    whenNothingIsLeft = handler.constructor.name === 'AsyncFunction'
      ? () => fail(named('Runtime.NodeJsExit', 'The handler never settled, and nothing was left to run.'))
      : () => succeed(null);
  }
  try {
    const result = handler(JSON.parse(event), context, callback) as PromiseLike<unknown> | undefined;
    if (typeof result?.then === 'function') {
      result.then(succeed, fail);
    } else if (!takesCallbacks) {
      succeed(result);
    }
  } catch (error) {
    fail(error);
  }
}

function contextOf(headers: IncomingHttpHeaders, succeed: (result: unknown) => void, fail: (error: unknown) => void) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: String(headers['lambda-runtime-aws-request-id']),
    invokedFunctionArn: String(headers['lambda-runtime-invoked-function-arn']),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    ...(takesCallbacks && {
      succeed,
      fail,
      done: (error: unknown, result: unknown) => error === undefined || error === null ? succeed(result) : fail(error),
    }),
  };
}

/** Reports the error that ends this environment, and ends it. */
function die(error: unknown, code: number): Promise<never> {
  if (current !== undefined) {
    // Code that does not load is named by the run itself.
    console.error(error);
  }
  const path = current === undefined ? '/init/error' : `/invocation/${current}/error`;
  return call('POST', path, reported(error)).then(() => process.exit(code), () => process.exit(code));
}

/** The id of a trace that is not recorded. */
function untraced(): string {
  const time = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${time}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}

/** With the trace of its cause: that of this file helps nobody. */
function named(name: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name, ...(cause instanceof Error && { stack: cause.stack }) });
}

function reported(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : { name: typeof error, message: String(error), stack: undefined };
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split('\n') ?? [] });
}

/** A call of the Runtime API. If it fails, the runner is gone, and so the process ends. */
function call(method: 'GET' | 'POST', path: string, content?: unknown): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  return new Promise((done) => {
    const sending = request(api + path, { method, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => done({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', () => process.exit());
    });
    sending.on('error', () => process.exit());
    sending.end(content);
  });
}

/** Finds the handler as Lambda does: `folder/file.export`. Its ending and its package decide whether the file is CommonJS or an ES module. */
async function loadHandler(handler: string): Promise<Handler> {
  const [file, ...path] = basename(handler).split('.');
  const exported = await loadModule(join(taskRoot, dirname(handler), file));
  const found = path.reduce<any>((nested, key) => nested?.[key], exported);
  if (typeof found !== 'function') {
    const problem = found === undefined ? 'undefined or not exported' : 'not a function';
    throw named('Runtime.HandlerNotFound', `${handler} is ${problem}`);
  }
  if (!takesCallbacks && found.length >= 3) {
    throw named('Runtime.CallbackHandlerDeprecated',
      `${handler} takes a callback, which Lambda refuses from Node.js 24 on. Make it an async function.`);
  }
  return found;
}

async function loadModule(path: string): Promise<unknown> {
  const ending = ['.js', '.mjs', '.cjs'].find((candidate) => existsSync(path + candidate));
  if (!ending) {
    throw named('Runtime.ImportModuleError', `Cannot find module '${basename(path)}' in ${dirname(path)}`);
  }
  const isModule = ending === '.mjs' || (ending === '.js' && isModulePackage(dirname(path)));
  const stopped = waitsAt !== undefined ? stopAtFirstLine(path + ending, waitsAt) : undefined;
  try {
    return await (isModule ? import(pathToFileURL(path + ending).href) : createRequire(path)(path + ending));
  } catch (error) {
    throw isModuleNotFound(error) ? named('Runtime.ImportModuleError', error.message, error)
      : error instanceof SyntaxError ? named('Runtime.UserCodeSyntaxError', `${error.message}\n${error.stack}`, error)
        : error;
  } finally {
    stopped?.();
  }
}

/** Whether the nearest package.json in the function's code makes its files ES modules. */
function isModulePackage(folder: string): boolean {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    return JSON.parse(readFileSync(file, 'utf8')).type === 'module';
  }
  return folder !== resolve(taskRoot) && dirname(folder) !== folder && isModulePackage(dirname(folder));
}

void main();
