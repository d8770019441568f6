/** What happened to the item. */
export enum StreamEventName {
  /** The item is new. */
  INSERT = 'INSERT',
  /** An existing item changed. */
  MODIFY = 'MODIFY',
  /** The item is gone. */
  REMOVE = 'REMOVE',
}

/** Which records of the stream reach the function. */
export class StreamFilter {
  /** Records of one of these kinds of change. */
  public static eventName(...names: StreamEventName[]): StreamFilter {
    return StreamFilter.fromPattern({ eventName: names });
  }

  /** An event pattern as Lambda takes it, as an object. */
  public static fromPattern(pattern: { [key: string]: any }): StreamFilter {
    return new StreamFilter(JSON.stringify(pattern));
  }

  /** An event pattern as Lambda takes it, as JSON text. */
  public static fromJson(json: string): StreamFilter {
    return new StreamFilter(json);
  }

  /** What `lambda.FilterCriteria.filter(…)` returns. */
  public static fromCriteria(criteria: { [key: string]: any }): StreamFilter {
    return new StreamFilter(criteria.pattern);
  }

  private constructor(private readonly json: string) {}

  /** The event pattern as JSON text, as it goes into the mapping. */
  public toJson(): string {
    return this.json;
  }
}
