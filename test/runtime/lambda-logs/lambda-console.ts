import { format } from 'node:util';

const LEVELS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

/**
 * Makes of console what Lambda's Node.js runtime makes of it, by the rule of LogPatch.js in aws-lambda-ric 3.3.0 for standard output: a line
 * with time, request id and level. In JSON format, an object that is printed alone is the message with its fields; all else is a text.
 *
 * The package itself is not a dependency: its installation builds curl with cmake and autotools, and fails where they are missing.
 */
export function patchConsole(requestId: string): void {
  const line = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON' ? jsonLine : textLine;
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method as keyof typeof LEVELS] = (...values: unknown[]) => {
      process.stdout.write(`${line(requestId, level, values).replaceAll('\n', '\r')}\n`);
    };
  }
}

function textLine(requestId: string, level: string, values: readonly unknown[]): string {
  return [new Date().toISOString(), requestId, level, format(...values)].join('\t');
}

function jsonLine(requestId: string, level: string, values: readonly unknown[]): string {
  const written = (message: unknown) => JSON.stringify({ timestamp: new Date().toISOString(), level, requestId, message }, withErrors);
  try {
    return written(values.length === 1 ? values[0] : format(...values));
  } catch {
    return written(format(...values));
  }
}

function withErrors(_: string, value: unknown): unknown {
  return value instanceof Error
    ? { errorType: value.constructor.name, errorMessage: value.message, stackTrace: value.stack?.split('\n'), ...value }
    : value;
}
