import type { Overview, RedriveOptions, Result } from '../redrive';

/** 0: nothing is left. 3: something is. 5: records are lost. docs/operate/redrive.md has all exit codes. */
export function exitCodeOf(
  { tally, left, givenBack, stopped, notGivenBack }: Result, found: Overview | undefined, { dryRun, superseded, write }: RedriveOptions,
): 0 | 3 | 5 {
  const { held, failed, inexact, overtaken, unknown, tooLarge, notTried } = tally;
  if (tally.lost > 0) {
    return 5;
  }
  const wouldStay = (superseded === 'hold' ? found?.superseded ?? 0 : 0) + (found?.remarks.length ?? 0);
  const stays = held + failed + inexact + overtaken + unknown + tooLarge + left + (dryRun ? wouldStay : notTried + (write ? 0 : givenBack));
  return stays > 0 || stopped !== undefined || notGivenBack !== undefined ? 3 : 0;
}
