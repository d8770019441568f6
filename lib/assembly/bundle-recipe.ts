/**
 * How the code of a function was bundled, so that it can be bundled again without a synthesis. A StreamFunction has it in its construct's metadata,
 * and so in the assembly's manifest. It names no place of the machine: the assembly may be moved, and is the same wherever it is made.
 */
export interface BundleRecipe {
  /** The version of this shape. Who reads it skips others. */
  readonly v: typeof VERSION;
  /** The folder in which esbuild runs, from the folder in which the app runs, such as `../..`. As in all of its paths, `/` separates folders. */
  readonly root: string;
  /** The entry, from `root`. */
  readonly entry: string;
  /** The file of the code in the asset. */
  readonly outfile: string;
  /** The arguments of esbuild besides these, the runtime's alias and the source map. Paths in them are from `root`. */
  readonly args: readonly string[];
}

/** The type of the metadata's entry. */
export const BUNDLE_METADATA = 'dynamo-stream-trigger:bundle';

const VERSION = 1;

/** The recipe of a function; undefined if a part of it would not be the same on another machine. */
export function writtenRecipe(parts: Omit<BundleRecipe, 'v'>): BundleRecipe | undefined {
  const isPortable = /^(\.|(\.\.\/)*\.\.)$/.test(parts.root) || isInside(parts.root);
  return isPortable && isInside(parts.entry) && parts.args.every(isPortableArgument) ? { v: VERSION, ...parts } : undefined;
}

/** The recipe in a construct's metadata; undefined if there is none, or one of another version. */
export function readRecipe(metadata: readonly { readonly type: string; readonly data?: unknown }[] = []): BundleRecipe | undefined {
  const data = Object(metadata.find(({ type }) => type === BUNDLE_METADATA)?.data) as Partial<BundleRecipe>;
  const texts = [data.root, data.entry, data.outfile, ...Array.isArray(data.args) ? data.args : [undefined]];
  return data.v === VERSION && texts.every((text) => typeof text === 'string') ? data as BundleRecipe : undefined;
}

/** Whether a path goes down only. On Windows, another drive has a colon. */
function isInside(path: string): boolean {
  return !/^\/|^\.\.(\/|$)|\\|^[A-Za-z]:/.test(path) && path !== '';
}

/** The values of the first ones are code, and no paths. */
function isPortableArgument(argument: string): boolean {
  return /^--(banner|footer|define|drop|pure)\b/.test(argument) || !/[=:,](\/|\\|[A-Za-z]:[\\/]|\.\.[\\/])/.test(argument);
}
