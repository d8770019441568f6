import { NotParkedError, openDestination } from './destination';
import type { Destination, Parcel } from './destination';
import { IDENTIFIER, nameOf } from './failure';
import type { ParkedRecord } from '../stream/parked-record';

/** Puts a record on the failure destination. Rejects, with the reason, if the destination did not take it. */
export type Park = (record: ParkedRecord) => Promise<void>;

/** Milliseconds. A function in a VPC may have no way out: what does not answer must not use up the function's time. */
const SEND_TIMEOUT = 3_000;

/** Parks at an SQS queue, an SNS topic or an S3 bucket, told apart by the ARN. What is parked at one time is sent together. */
export function parkAt(arn: string): Park {
  let destination: Promise<Destination> | undefined;
  let waiting: Parcel[] = [];

  async function send(parcels: Parcel[], signal: AbortSignal): Promise<void> {
    // Loads the SDK, which most invocations never need.
    destination ??= openDestination(arn, signal);
    const opened = await destination;
    // What was refused must not be sent any more.
    signal.throwIfAborted();
    await opened.send(parcels, signal);
  }

  async function flush(): Promise<void> {
    const parcels = waiting;
    waiting = [];
    const controller = new AbortController();
    const fail = (error: unknown) => {
      destination = undefined;
      parcels.forEach(({ refuse }) => refuse(error));
    };
    const timer = setTimeout(() => {
      fail(new NotParkedError(`${arn} did not answer within ${SEND_TIMEOUT} ms`));
      controller.abort();
    }, SEND_TIMEOUT);
    await send(parcels, controller.signal).catch(fail);
    clearTimeout(timer);
  }

  return async (record) => new Promise((accept, refuse) => {
    if (waiting.push({ record, body: toJson(record), accept, refuse }) === 1) {
      setImmediate(flush);
    }
  });
}

/** As JSON without the two characters that SQS refuses. */
function toJson(record: ParkedRecord): string {
  return JSON.stringify(record).replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** Why a record was not parked, for the log: of errors that are not our own the name and code, because messages quote data. */
export function reasonOf(error: unknown): string {
  return error instanceof NotParkedError ? error.message : [nameOf(error), codeOf(error)].filter(Boolean).join(' ');
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && (error as { code?: unknown }).code;
  return typeof code === 'string' && IDENTIFIER.test(code) ? code : undefined;
}
