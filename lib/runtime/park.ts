import { type Destination, type Open, type Parcel, type Send, DESTINATIONS, NotParkedError } from './destination';
import { ownNameOf, wordOf } from './failure';
import { parkedText } from './parked-text';
import { arnParts } from '../stream/arn';
import type { DestinationKind } from '../stream/destination-kind';
import type { ParkedRecord } from '../stream/parked-record';

/** Puts a record on the failure destination. Rejects, with the reason, if the destination did not take it. */
export type Park = (record: ParkedRecord) => Promise<void>;

/** Milliseconds. A function in a VPC may have no way out: what does not answer must not use up the function's time. */
const SEND_TIMEOUT = 3_000;

/** Parcels that are sent together. */
interface Shipment {
  readonly parcels: Parcel[];
  bytes: number;
  readonly answer: ReturnType<Send>;
}

/** Parks at an SQS queue, an SNS topic or an S3 bucket. What is parked at one time is sent together. */
export function parkAt(arn: string): Park {
  const destination = DESTINATIONS[arnParts(arn).service as DestinationKind] as Destination | undefined;
  if (!destination) {
    return async () => {
      throw new NotParkedError(`${arn} is not an SQS queue, SNS topic or S3 bucket`);
    };
  }
  const [maxParcels, maxBytes, open] = destination;
  const send = sender(arn, open);
  let collecting: Shipment | undefined;
  let limit = maxBytes;

  /** Collects parcels until everything else that is due has run, then sends them. */
  function collect(): Shipment {
    const parcels: Parcel[] = [];
    const answer = new Promise(setImmediate).then(async () => {
      if (collecting === shipment) {
        collecting = undefined;
      }
      return send(parcels);
    });
    const shipment = { parcels, bytes: 0, answer };
    return shipment;
  }

  /** Answers why the parcel was refused, if it was. */
  async function ship(record: ParkedRecord, body: string): Promise<Refusal | undefined> {
    const size = Buffer.byteLength(body);
    if (!collecting || collecting.parcels.length === maxParcels || collecting.bytes + size > limit) {
      collecting = collect();
    }
    const { parcels, answer } = collecting;
    collecting.bytes += size;
    const id = String(parcels.length);
    parcels.push({ id, record, body });
    try {
      const refused = (await answer).Failed?.find(({ Id }) => Id === id);
      return refused && { error: new NotParkedError(`refused, ${refused.Code}`), message: refused.Message };
    } catch (error) {
      return { error, message: (error as Partial<Error> | undefined)?.message };
    }
  }

  return async function park(record): Promise<void> {
    const within = limit;
    const refusal = await ship(record, await parkedText(record, within));
    if (refusal) {
      limit = Math.min(limit, limitIn(refusal.message));
      if (limit === within) {
        throw refusal.error;
      }
      await park(record);
    }
  };
}

/** Opens a destination when there is something to send, and sends within the time. */
function sender(arn: string, open: Open): (parcels: Parcel[]) => ReturnType<Send> {
  let opened: Promise<Send> | undefined;
  return async (parcels) => {
    const options = { abortSignal: AbortSignal.timeout(SEND_TIMEOUT) };
    try {
      // Loads the SDK, which most invocations never need.
      return await Promise.race([late(options.abortSignal, arn), (opened ??= open({ arn, ...arnParts(arn) }, options)).then(async (deliver) => {
        // The records of a shipment that is late are not parked, so the rest of it must not be sent.
        options.abortSignal.throwIfAborted();
        return deliver(parcels, options);
      })]);
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
}

/** Why a parcel was refused, and what the destination says of it. */
interface Refusal {
  readonly error: unknown;
  readonly message: string | undefined;
}

/** The limit of a queue that takes less than SQS does, which it names when it refuses: "Message must be shorter than 262144 bytes." */
function limitIn(message: string | undefined): number {
  return Number(/(?:shorter|longer) than (\d+) bytes/.exec(message ?? '')?.[1] ?? Infinity) - 1;
}

async function late(signal: AbortSignal, arn: string): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => {
    reject(new NotParkedError(`${arn} did not answer within ${SEND_TIMEOUT} ms`));
  }));
}

/** Why a record was not parked, for the log: of errors that are not our own the name and code, because messages quote data. */
export function reasonOf(error: unknown): string {
  return error instanceof NotParkedError ? error.message
    : `${ownNameOf(error)} ${wordOf((error as { code?: unknown } | undefined)?.code)}`.trim();
}
