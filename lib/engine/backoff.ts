import { FIRST_RETRY_DELAY, LONGEST_RETRY_DELAY } from './limits';

/** How long to wait after so many failures in a row, in milliseconds. None: not at all. */
export function backoff(failures: number): number {
  return failures === 0 ? 0 : Math.min(FIRST_RETRY_DELAY * 2 ** (failures - 1), LONGEST_RETRY_DELAY);
}
