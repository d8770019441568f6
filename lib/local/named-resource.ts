/** A resource with its names: in the app, in its template, and here. */
export interface NamedResource {
  /** The construct path, such as `Shop/Orders`. */
  readonly path: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly region: string;
}
