import { createHmac } from 'node:crypto';
import { describeThrown, framesOf, nameOf, type RecordFailure } from './failure';
import { guarded } from './guarded';
import { createMetrics, type Metrics } from './metrics';
import type { RuntimeEvent } from './observer';
import type { StreamHandlerOptions } from './stream-handler-options';
import { OUT_OF_TIME } from './time-budget';
import type { KnownHost } from './trigger-facts';
import { itemKey } from '../stream/item-key';
import type { StreamRecord } from '../stream/record';

/** What becomes of a record that failed, where it was parked. */
export const PARKED = 'parked';

/** Tells the observer and the log what becomes of an invocation's records. */
export interface Report {
  readonly observe: (event: RuntimeEvent) => void;
  /** A record failed. `outcome`: that it was parked, or why it was not. */
  readonly failed: (record: StreamRecord, failure: Pick<RecordFailure, 'error' | 'tries'>, outcome: string) => void;
  /** What the handler's author wrote failed, and has no other effect. */
  readonly complain: (what: string) => (error: unknown) => void;
  readonly uninformed: (streamArn: string) => void;
  readonly exit: (running: number, sequenceNumber: string | undefined) => void;
  readonly metrics: Metrics;
  /** Logs what was kept back. */
  readonly flush: () => void;
  /** Settles when everything that the observer returned has settled; undefined if it has. */
  readonly settled: () => Promise<unknown> | undefined;
}

/**
 * Holds nothing of an item in the log: no key, no image, no error message, unless `logErrors` says so, or the function runs on its author's machine.
 *
 * @param salt is asked when a record fails; undefined: the log does not say which records are of one item.
 * @param host its `log` is called where there is no logger: in Lambda's JSON format an object becomes fields, and a text would be nested JSON; in
 * its text format it is one line of JSON.
 */
// eslint-disable-next-line max-lines-per-function -- small functions over one state, which is theirs alone
export function createReport(
  { observer, logger, logErrors }: Pick<StreamHandlerOptions, 'observer' | 'logger' | 'logErrors'>, requestId: string | undefined,
  { log: print, observe: watch }: Pick<KnownHost, 'observe'> & { readonly log: (entry: any) => void },
  salt: () => string | undefined,
): Report {
  // At the timeout many records may fail at once: a line for each would take longer than is left.
  let late: { [error: string]: number } = {};
  let flushed = false;
  const pending = new Set<Promise<void>>();
  const metrics = createMetrics();

  function log(message: string, fields: object): void {
    const entry = { message: `dynamo-stream-trigger: ${message}`, ...fields, requestId };
    // The records matter more than their log.
    void guarded(() => logger ? logger.error(entry)
      : print(process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON' ? entry : JSON.stringify({ level: 'ERROR', ...entry })));
  }

  const complain = (what: string) => (error: unknown) => log(`${what} failed`, about(error));

  function observe(event: RuntimeEvent): void {
    metrics.count(event.type);
    watch?.(event);
    const settling = observer && guarded(() => observer({ ...event, ...requestId && { requestId } }), complain('observer'));
    if (settling) {
      pending.add(settling);
      void settling.then(() => pending.delete(settling));
    }
  }

  function flush(): void {
    const errors = late;
    late = {};
    flushed = true;
    if (Object.keys(errors)[0]) {
      log('records failed', { outcome: OUT_OF_TIME, errors });
    }
  }

  return {
    metrics,
    observe,
    settled: () => pending.size ? Promise.all(pending) : undefined,
    complain,
    failed: (record, { error, tries }, outcome) => {
      if (outcome === OUT_OF_TIME) {
        const name = nameOf(error);
        late[name] = (late[name] ?? 0) + 1;
        if (flushed) {
          // A call that was abandoned has failed after the answer, and others may in a moment.
          flushed = false;
          setImmediate(flush);
        }
      } else {
        log('record failed', {
          outcome,
          sequenceNumber: record.dynamodb?.SequenceNumber,
          eventId: record.eventID,
          eventName: record.eventName,
          item: itemHash(record, salt()),
          streamArn: record.eventSourceARN,
          tries,
          ...about(error),
          ...(logErrors || isOnLaptop()) && { thrown: describeThrown(error) },
        });
      }
      observe(outcome === PARKED ? { type: 'recordParked', record, error, tries } : { type: 'recordFailed', record, error, tries, reason: outcome });
    },
    uninformed: (streamArn) => log('no trigger informed the function', { streamArn }),
    exit: (running, sequenceNumber) => {
      log('the process ends, because calls no longer settle', { outcome: 'exit', running, sequenceNumber });
      observe({ type: 'exit', running });
    },
    flush,
  };
}

/**
 * The same for all records of an item, so that a query can count the items that fail. It must not say which item: there are few enough keys to try
 * them all against a plain hash. So it is keyed with what the log does not have.
 */
function itemHash({ eventSourceARN, dynamodb }: StreamRecord, salt: string | undefined): string | undefined {
  return salt && createHmac('sha256', String(salt)).update(eventSourceARN + itemKey(dynamodb!.Keys!)).digest('hex').slice(0, 16);
}

/** Whether `dynamo-stream-trigger local` runs the function. Lambda sets this variable itself, and nobody else can. */
function isOnLaptop(): boolean {
  return process.env.AWS_LAMBDA_LOG_STREAM_NAME === 'local';
}

/** What the log says of an error. */
function about(error: unknown): object {
  return { error: nameOf(error), at: framesOf(error) };
}
