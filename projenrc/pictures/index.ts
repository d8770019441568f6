import { bisect } from './bisect';
import type { Drawing } from './drawing';
import { lanes } from './lanes';
import { parkedOrGivenUp } from './parked-or-given-up';
import { wayOfARecord } from './way-of-a-record';

/** The pictures of docs/pictures/, by the names of their files. */
export const PICTURES: Readonly<Record<string, () => Drawing>> = {
  'way-of-a-record.svg': wayOfARecord,
  'lanes.svg': lanes,
  'bisect.svg': bisect,
  'parked-or-given-up.svg': parkedOrGivenUp,
};
