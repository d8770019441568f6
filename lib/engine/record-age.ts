import { createdAt, type Entry } from './batch';
import { type MappingSettings, STREAM_RETENTION } from '../rules/settings';

/** When records are too old, and what becomes of them then. */
export interface AgeLimit {
  /** Milliseconds. */
  readonly limit: number;
  /** 'retention': the stream itself has forgotten them, so that nothing goes to the failure destination. */
  readonly reason: 'RecordAgeExceeded' | 'retention';
}

/** The stream's retention ends what `maxRecordAge` does not. */
export function ageLimit(settings: MappingSettings): AgeLimit {
  const { maxRecordAge } = settings;
  return maxRecordAge !== -1 && maxRecordAge <= STREAM_RETENTION
    ? { limit: maxRecordAge * 1000, reason: 'RecordAgeExceeded' }
    : { limit: STREAM_RETENTION * 1000, reason: 'retention' };
}

/** The first moment at which a record is too old. */
export function expiry(entry: Entry, { limit }: AgeLimit): number {
  return createdAt(entry) + limit + 1;
}
