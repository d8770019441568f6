import { describe, framesOf, nameOf } from './failure';
import type { StreamRecord } from '../stream/record';

/** Where failures are logged: the Logger of Powertools fits, and so do `console`, pino and winston. */
export interface Logger {
  /** Gets one object for each failure; its `message` is a text, the rest are fields to search by. */
  error(entry: any): unknown;
}

/** A failure in the log. Holds nothing of the item: no key, no image, no error message. */
export interface LogEntry {
  readonly message: string;
  readonly [field: string]: unknown;
}

/** How an invocation logs. */
export interface Log {
  readonly record: (record: StreamRecord, error: unknown, tries: number, outcome: string) => void;
  readonly other: (message: string, fields: object) => void;
}

/** @param logErrors whether what an error says, which may quote the item, is logged too. */
export function createLog(logger: Logger, logErrors: boolean | undefined, requestId: string | undefined): Log {
  function write(entry: LogEntry): void {
    try {
      Promise.resolve(logger.error({ ...entry, message: `dynamo-stream-trigger: ${entry.message}`, requestId })).catch(() => {});
    } catch {
      // The records matter more than their log.
    }
  }
  return {
    other: (message, fields) => write({ message, ...fields }),
    record: (record, error, tries, outcome) => write({
      message: 'record failed',
      outcome,
      sequenceNumber: record.dynamodb?.SequenceNumber,
      eventId: record.eventID,
      eventName: record.eventName,
      streamArn: record.eventSourceARN,
      tries,
      error: nameOf(error),
      at: framesOf(error),
      ...logErrors && { thrown: describe(error) },
    }),
  };
}

/** In Lambda's JSON format an object becomes fields, and a text would be nested JSON; in its text format it is one line of JSON. */
export function printing(print: (entry: any) => void): Logger {
  return {
    error: (entry: LogEntry) => print(process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON' ? entry : JSON.stringify({ level: 'ERROR', ...entry })),
  };
}
