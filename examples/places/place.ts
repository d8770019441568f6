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

/** What the projection holds of a place. */
export function project({ country, place, city, population }: Place, timeZone: string): PlaceInTimeZone {
  return { timeZone, countryAndPlace: `${country}#${place}`, city, population };
}
