import { BatchNotDoneError } from './errors';
import type { EventBatch } from './event';
import { describeThrown, type RecordFailure } from './failure';
import type { RedrivenResponse } from '../stream/boundary';
import type { BatchResponse } from '../stream/record';

/**
 * The failures to report: the lowest record not done.
 *
 * @throws BatchNotDoneError where the mapping would ignore them.
 */
export function notDone(sequenceNumber: string | undefined, report: boolean, cause: unknown): BatchResponse['batchItemFailures'] {
  if (!sequenceNumber) {
    return [];
  }
  if (!report) {
    throw new BatchNotDoneError(`Record ${sequenceNumber} is not done, and the mapping does not report it. Set reportBatchItemFailures on the mapping`, { cause });
  }
  return [{ itemIdentifier: sequenceNumber }];
}

/** The answer to a redriven event: every record not done, and why. */
export function redrivenResponse(
  { eventIds, sequenceNumbers }: EventBatch, done: ArrayLike<unknown>, failures: ReadonlyMap<number, Pick<RecordFailure, 'error'>>,
): RedrivenResponse {
  const steps = [...sequenceNumbers.keys()].filter((step) => !done[step]);
  return {
    batchItemFailures: steps.map((step) => ({ itemIdentifier: sequenceNumbers[step] })),
    redriven: {
      v: 1,
      failures: steps.map((step) => {
        const failure = failures.get(step);
        const { name, message } = failure ? describeThrown(failure.error) : NOT_TRIED;
        return { eventId: eventIds[step] ?? '', sequenceNumber: sequenceNumbers[step], error: { name, message } };
      }),
    },
  };
}

const NOT_TRIED = { name: 'NotTried', message: 'an earlier record of its item is not done, or the time was up' };
