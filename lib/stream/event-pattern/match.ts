import type { EventPattern } from './parse';

/** Whether a pattern lets a record (any JSON object) pass. Never throws. */
export function matchesEventPattern(_pattern: EventPattern, _record: object): boolean {
  return true;
}
