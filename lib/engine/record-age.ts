import { createdAt, type Entry } from './batch';
import type { MappingSettings } from '../rules/settings';
import { STREAM_RETENTION } from '../stream/shard';

/** How old records may get, and what becomes of older ones. */
export interface AgeLimit {
  /** Milliseconds. */
  readonly limit: number;
  /** 'retention': the stream itself has deleted the records, so nothing goes to the failure destination. */
  readonly reason: 'RecordAgeExceeded' | 'retention';
}

/** The limit of `maxRecordAge`, or the stream's retention where that is shorter. */
export function ageLimit(settings: MappingSettings): AgeLimit {
  const { maxRecordAge } = settings;
  return maxRecordAge !== -1 && maxRecordAge <= STREAM_RETENTION
    ? { limit: maxRecordAge * 1000, reason: 'RecordAgeExceeded' }
    : { limit: STREAM_RETENTION * 1000, reason: 'retention' };
}

/** The first moment at which something created then is too old. */
export function expiry(created: number, { limit }: AgeLimit): number {
  return created + limit + 1;
}

/** When the first of these records gets too old. Not always entry 0: creation times may decrease. */
export function firstExpiry(entries: readonly Entry[], age: AgeLimit): number {
  return entries.reduce((first, entry) => Math.min(first, expiry(createdAt(entry), age)), Infinity);
}

/** The first neighbours of these records that are too old, from `start` up to but not including `end`. */
export function agedNeighbours(now: number, entries: readonly Entry[], age: AgeLimit): { start: number; end: number } | undefined {
  const isAged = (entry: Entry) => expiry(createdAt(entry), age) <= now;
  const start = entries.findIndex(isAged);
  if (start === -1) {
    return undefined;
  }
  const next = entries.findIndex((entry, index) => index > start && !isAged(entry));
  return { start, end: next === -1 ? entries.length : next };
}
