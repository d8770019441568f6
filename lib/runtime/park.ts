import { openDestination } from './destination';
import type { Destination, Parcel } from './destination';
import type { ParkedRecord } from '../stream/parked-record';

/** Puts a record on the failure destination. Rejects, with the reason, if the destination did not take it. */
export type Park = (record: ParkedRecord) => Promise<void>;

/** Milliseconds. A function in a VPC may have no way out: what does not answer must not use up the function's time. */
const SEND_TIMEOUT = 3_000;

/** Parks at an SQS queue, an SNS topic or an S3 bucket, told apart by the ARN. What is parked at one time is sent together. */
export function parkAt(arn: string): Park {
  let destination: Promise<Destination> | undefined;
  let waiting: Parcel[] = [];

  async function send(parcels: Parcel[]): Promise<void> {
    // Loads the SDK, which most invocations never need.
    destination ??= openDestination(arn);
    await (await destination).send(parcels, AbortSignal.timeout(SEND_TIMEOUT));
  }

  async function flush(): Promise<void> {
    const parcels = waiting;
    waiting = [];
    const fail = (error: unknown) => parcels.forEach(({ refuse }) => refuse(error));
    const timer = setTimeout(() => fail(new Error(`${arn} did not answer within ${SEND_TIMEOUT} ms`)), SEND_TIMEOUT);
    await send(parcels).catch((error) => {
      destination = undefined;
      fail(error);
    });
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
  return JSON.stringify(record, plain).replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** A validator's issues may hold what JSON can't. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
