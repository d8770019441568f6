/** What the command line knows of its package. */
export interface About {
  readonly version: string;
  /** The address of the repository on the web. */
  readonly repository: string;
}

/** The address of a page of the documentation. */
export function pageOf({ repository }: About, path: string): string {
  return `${repository}/blob/main/docs/${path}`;
}
