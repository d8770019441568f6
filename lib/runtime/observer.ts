import type { StreamRecord } from '../stream/record';

/** What happens while a batch is worked through. Times are in milliseconds. */
export type RuntimeEvent =
  | { readonly type: 'batchStarted'; readonly streamArn: string; readonly records: number }
  | { readonly type: 'recordDone'; readonly record: StreamRecord }
  /** Done before, in this environment, and delivered again. */
  | { readonly type: 'recordSkipped'; readonly record: StreamRecord }
  | { readonly type: 'recordRetried'; readonly record: StreamRecord; readonly error: unknown; readonly attempt: number; readonly delay: number }
  | { readonly type: 'recordParked'; readonly record: StreamRecord; readonly error: unknown; /** Calls of the handler in this invocation. */ readonly tries: number }
  /** Not done and not parked; `reason` says why not. Its item waits for Lambda to deliver it again. */
  | { readonly type: 'recordFailed'; readonly record: StreamRecord; readonly error: unknown; readonly tries: number; readonly reason: string }
  /** So many records were parked in a row that parking stopped until one is done. */
  | { readonly type: 'brake'; readonly parked: number }
  /** The time was up; `running` calls were abandoned. */
  | { readonly type: 'deadline'; readonly running: number }
  /** The batch came to its end. `sequenceNumber`: where Lambda starts again, unless everything is done. */
  | { readonly type: 'checkpoint'; readonly streamArn: string; readonly sequenceNumber?: string };

/** Is told what happens. What it throws, or rejects with, is printed, and changes nothing. */
export type Observer = (event: RuntimeEvent) => void;

/** An observer that can't do harm. */
export function harmless(observer: Observer): Observer {
  return async (event) => {
    try {
      await observer(event);
    } catch (error) {
      console.error(error);
    }
  };
}
