import { PoisonRecordError } from 'dynamo-stream-trigger/runtime';

/** A place, as the source table holds it. */
export interface Place {
  /** ISO 3166 code; the partition key. */
  readonly country: string;
  /** Province and city; the sort key. */
  readonly place: string;
  readonly city: string;
  readonly population: number;
  /** Latitude and longitude in degrees. */
  readonly location: readonly [number, number];
  /** IANA name. A few research stations have none. */
  readonly timeZone?: string;
}

/** A place, as the projection holds it: found by its time zone. */
export interface PlaceInTimeZone {
  /** The partition key. */
  readonly timeZone: string;
  /** The source's key as one; the sort key. */
  readonly countryAndPlace: string;
  readonly city: string;
  readonly population: number;
}

/** The time zone of the places of a country that have none of their own. */
export interface CountryTimeZone {
  /** ISO 3166 code; the partition key. */
  readonly country: string;
  readonly timeZone: string;
}

/**
 * What the projection holds of a place.
 *
 * @param usual the time zone of the country, for a place that has none of its own
 */
export function project(place: Place, usual?: string): PlaceInTimeZone {
  const timeZone = place.timeZone ?? usual;
  if (timeZone === undefined) {
    // It will have none at the next try either.
    throw new PoisonRecordError(`${place.country} ${place.place} has no time zone, and ${place.country} has no usual one`);
  }
  return {
    timeZone,
    countryAndPlace: `${place.country}#${place.place}`,
    city: place.city,
    population: place.population,
  };
}
