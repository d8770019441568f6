import { BatchNotDoneError } from './errors';
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
    throw new BatchNotDoneError(`Record ${sequenceNumber} is not done, and the mapping does not report batch item failures, so Lambda `
      + 'sends the whole batch again. Set reportBatchItemFailures on the mapping', { cause });
  }
  return [{ itemIdentifier: sequenceNumber }];
}
