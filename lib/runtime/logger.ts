/** Where failures are logged: the Logger of Powertools fits, and so do `console`, pino and winston. */
export interface Logger {
  /** Gets one object for each failure; its `message` is a text, the rest are fields to search by. */
  error(entry: any): unknown;
}
