import { nameOf, framesOf } from './failure';
import { createLog, printing } from './logger';
import { type Observing, observing, type RuntimeEvent } from './observer';
import type { StreamHandlerOptions } from './stream-handler-options';
import type { StreamRecord } from '../stream/record';

/** Tells the observer and the log what becomes of an invocation's records. */
export interface Report {
  readonly observe: (event: RuntimeEvent) => void;
  readonly failed: (record: StreamRecord, error: unknown, tries: number, reason: string) => void;
  readonly parked: (record: StreamRecord, error: unknown, tries: number) => void;
  readonly onParkFailed: (error: unknown) => void;
  readonly uninformed: (streamArn: string) => void;
  readonly exit: (running: number, sequenceNumber: string | undefined) => void;
  /** Logs what was kept back. */
  readonly flush: () => void;
  /** Settles when the observer has. */
  readonly settled: () => Promise<unknown>;
}

export function createReport(options: Pick<StreamHandlerOptions, 'observer' | 'logger' | 'logErrors'>, requestId: string | undefined, print: (entry: string) => void): Report {
  const log = createLog(options.logger ?? printing(print), options.logErrors, requestId);
  const complain = (what: string) => (error: unknown) => log.other(`${what} failed`, { error: nameOf(error), at: framesOf(error) });
  const { observe, settled }: Observing = observing(options.observer, requestId, complain('observer'));
  // At the timeout many records may fail at once: a line for each would take longer than is left.
  let late: { [error: string]: number } = {};
  let flushed = false;
  return {
    observe,
    settled,
    onParkFailed: complain('onPark'),
    failed: (record, error, tries, reason) => {
      if (reason === 'out of time') {
        const name = nameOf(error);
        late[name] = (late[name] ?? 0) + 1;
        if (flushed) {
          // A call that was abandoned has failed after the answer, and others may in a moment.
          flushed = false;
          setImmediate(flush);
        }
      } else {
        log.record(record, error, tries, reason);
      }
      observe({ type: 'recordFailed', record, error, tries, reason });
    },
    parked: (record, error, tries) => {
      log.record(record, error, tries, 'parked');
      observe({ type: 'recordParked', record, error, tries });
    },
    uninformed: (streamArn) => log.other('no trigger informed the function', { streamArn }),
    exit: (running, sequenceNumber) => {
      log.other('the process ends, because calls no longer settle in it; Lambda starts a new one', { outcome: 'exit', running, sequenceNumber });
      observe({ type: 'exit', running });
    },
    flush,
  };

  function flush(): void {
    const errors = late;
    late = {};
    flushed = true;
    if (Object.keys(errors).length > 0) {
      log.other('records failed', { outcome: 'out of time', errors });
    }
  }
}
