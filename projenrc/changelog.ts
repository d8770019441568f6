/** A version of CHANGELOG.md. */
export interface Entry {
  readonly version: string;
  /** What changed, as Markdown. */
  readonly notes: string;
}

/** The version at the top, which is the one to release. */
export function entryToRelease(changelog: string, released: readonly string[]): Entry {
  const [, title, notes] = /^## (.*)\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(changelog) ?? [];
  const version = /^(\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$/.exec(title ?? '')?.[1];
  if (version === undefined) {
    throw new Error(`The first heading in CHANGELOG.md is "${title}" but must be a version and its day, such as "0.1.0 (2027-01-31)". `
      + 'Replace "Unreleased" by it in a commit of its own, then release that commit.');
  }
  if (released.includes(version)) {
    throw new Error(`CHANGELOG.md has ${version} at the top, which is released already. Write what changed since, under the next version.`);
  }
  return { version, notes: notes.trim() };
}
