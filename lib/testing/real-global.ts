import { runInThisContext } from 'node:vm';

/** The global object of Node.js. jest runs tests with a global object of their own, whose process is a copy that hears of nothing. */
export const realGlobal: {
  readonly process: NodeJS.Process & { _getActiveHandles(): any[]; _getActiveRequests(): any[] };
  readonly queueMicrotask: typeof queueMicrotask;
  [name: symbol]: unknown;
} = runInThisContext('globalThis');
