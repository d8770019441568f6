import { cityMapping } from 'city-timezones';
import type { Place } from '../place';

/** One write to the source table. `places` with the same key follow each other. */
export type Change =
  | { readonly type: 'insert' | 'update'; readonly place: Place }
  | { readonly type: 'delete'; readonly place: Pick<Place, 'country' | 'place'> };

/**
 * A life of 2,501 real places, in rounds: within a round every item is written once, so that the writes of a round may run side by
 * side. One place, a research station in the Antarctic, has no time zone: the handler can't process it.
 */
export function roundsOfChanges(): Change[][] {
  const places = realPlaces();
  const inhabited = places.filter((place) => place.timeZone !== undefined).slice(0, 2500);
  const station = places.filter((place) => place.timeZone === undefined).slice(0, 1);
  const [growing, busy, moving, leaving] = [inhabited.slice(0, 800), inhabited.slice(0, 50), inhabited.slice(900, 1000), inhabited.slice(2200)];

  const grown = (place: Place, by: number): Change => ({ type: 'update', place: { ...place, population: place.population + by } });
  return [
    [...inhabited.slice(0, 1200), ...station, ...inhabited.slice(1200)].map((place) => ({ type: 'insert', place })),
    growing.map((place) => grown(place, 1)),
    ...[2, 3, 4, 5].map((by) => busy.map((place) => grown(place, by))),
    moving.map((place) => ({ type: 'update', place: { ...place, timeZone: place.timeZone === 'Etc/UTC' ? 'Etc/GMT' : 'Etc/UTC' } })),
    leaving.map(({ country, place }) => ({ type: 'delete', place: { country, place } })),
  ];
}

/** The places of the data set, each under a key of its own. */
function realPlaces(): Place[] {
  const places = new Map<string, Place>();
  for (const { iso2, province, city, pop, lat, lng, timezone } of cityMapping) {
    if (iso2) {
      const place = `${province}#${city}`;
      places.set(`${iso2}#${place}`, {
        country: iso2, place, city, population: Math.round(pop), location: [lat, lng], timeZone: timezone ?? undefined,
      });
    }
  }
  return [...places.values()];
}
