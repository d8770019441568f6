import { type Parcel, type Send, DESTINATIONS, NotParkedError } from './destination';
import { nameOf, wordOf } from './failure';
import { destinationKind } from '../stream/destination';
import type { ParkedRecord } from '../stream/parked-record';

/** Puts a record on the failure destination. Rejects, with the reason, if the destination did not take it. */
export type Park = (record: ParkedRecord) => Promise<void>;

/** Milliseconds. A function in a VPC may have no way out: what does not answer must not use up the function's time. */
const SEND_TIMEOUT = 3_000;

/** What an ARN of no such kind takes. */
const NOWHERE = { maxParcels: 0, maxBytes: 0, open: undefined };

/** Parks at an SQS queue, an SNS topic or an S3 bucket, told apart by the ARN. What is parked at one time is sent together. */
export function parkAt(arn: string): Park {
  const kind = destinationKind(arn);
  const { maxParcels, maxBytes, open } = kind ? DESTINATIONS[kind] : NOWHERE;
  let opened: Promise<Send> | undefined;
  let parcels: Parcel[] = [];
  let bytes = 0;
  let sent: ReturnType<Send>;

  /** Sends the parcels that are together when everything else that is due has run. */
  async function send(batch: Parcel[]): ReturnType<Send> {
    await new Promise(setImmediate);
    if (batch === parcels) {
      parcels = [];
    }
    const options = { abortSignal: AbortSignal.timeout(SEND_TIMEOUT) };
    const late = new Promise<never>((_, reject) => options.abortSignal.addEventListener('abort', () => {
      reject(new NotParkedError(`${arn} did not answer within ${SEND_TIMEOUT} ms`));
    }));
    try {
      // Loads the SDK, which most invocations never need.
      return await Promise.race([late, (opened ??= open!(arn, options)).then(async (deliver) => {
        // What was refused must not be sent any more.
        options.abortSignal.throwIfAborted();
        return deliver(batch, options);
      })]);
    } catch (error) {
      opened = undefined;
      throw error;
    }
  }

  return async (record) => {
    // Without the two characters that SQS refuses.
    const body = JSON.stringify(record).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');
    const size = Buffer.byteLength(body);
    if (!open) {
      throw new NotParkedError(`${arn} is not an SQS queue, SNS topic or S3 bucket`);
    }
    if (size > maxBytes) {
      throw new NotParkedError(`${size} bytes, at most ${maxBytes} are taken: use an S3 bucket`);
    }
    if (parcels.length === 0 || parcels.length === maxParcels || bytes + size > maxBytes) {
      parcels = [];
      bytes = 0;
      sent = send(parcels);
    }
    bytes += size;
    const id = String(parcels.length);
    parcels.push({ id, record, body });
    const refused = (await sent).Failed?.find(({ Id }) => Id === id);
    if (refused) {
      throw new NotParkedError(`refused, ${refused.Code}`);
    }
  };
}

/** Why a record was not parked, for the log: of errors that are not our own the name and code, because messages quote data. */
export function reasonOf(error: unknown): string {
  return error instanceof NotParkedError ? error.message
    : `${nameOf(error)} ${wordOf((error as { code?: unknown } | undefined)?.code)}`.trim();
}
