import { existsSync, type FSWatcher, rmSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bundle, BundleError, entryOf, isSameCode } from './bundle';
import type { LambdaFunction } from '../assembly/app';
import type { Children } from '../process/children';

/** The code of functions, bundled from their sources as the assembly says, with source maps: traces and breakpoints are in the sources then. */
export interface Bundles {
  /**
   * The folder with the code of a function, bundled now. Undefined if it can't be bundled here.
   *
   * Without a watch it is undefined, too, if it is not the code of the assembly. With one, the sources count: the assembly may be older.
   */
  codeOf(target: LambdaFunction): Promise<string | undefined>;
  stop(): void;
}

interface BundlesOptions {
  /** The folder in which the app runs. */
  readonly project: string;
  readonly children: Children;
  /** Called when a source of a function has changed; undefined if nobody wants to know. */
  readonly onChange?: (target: LambdaFunction) => void;
  /** Called with what keeps a function from being bundled. */
  readonly onError: (target: LambdaFunction, error: BundleError) => void;
}

/** An editor writes a file in several steps. */
const SETTLED = 30;

/** Code that is still running may load a part of it later, so some are kept. */
const KEPT = 3;

export function bundlesOf({ project, children, onChange, onError }: BundlesOptions): Bundles {
  /** By ARN. */
  const known = new Map<string, Known>();
  return {
    codeOf: async (target) => {
      const { bundle: recipe, codeDirectory } = target;
      if (recipe === undefined || codeDirectory === undefined || !existsSync(entryOf(recipe, project))) {
        return undefined;
      }
      const of = known.get(target.arn) ?? {
        target, made: [], watch: onChange && watchSources(entryOf(recipe, project), () => onChange(known.get(target.arn)!.target)),
      };
      known.set(target.arn, of);
      of.target = target;
      const into = children.temporaryFolder();
      try {
        const { folder, sources } = await bundle(recipe, { project, into });
        of.watch?.of(sources);
        of.made.push({ into, folder });
        of.made.splice(0, of.made.length - KEPT).forEach((old) => remove(old.into));
        return onChange || isSameCode(recipe, folder, codeDirectory) ? folder : undefined;
      } catch (error) {
        remove(into);
        if (!(error instanceof BundleError)) {
          throw error;
        }
        onError(target, error);
        of.watch?.failed();
        return onChange && of.made.at(-1)?.folder;
      }
    },
    stop: () => known.forEach((of) => of.watch?.stop()),
  };
}

/** A function that was bundled, or was to be. */
interface Known {
  /** In the newest version of the app. */
  target: LambdaFunction;
  /** The newest last. */
  readonly made: { readonly into: string; readonly folder: string }[];
  readonly watch?: SourceWatch;
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Tells when one of some files changes. */
interface SourceWatch {
  /** These files, from now on. */
  of(files: readonly string[]): void;
  /** What keeps the files from being bundled may be any file beside them. */
  failed(): void;
  stop(): void;
}

/** Folders are watched, because many editors replace a file by a new one. */
function watchSources(entry: string, onChange: () => void): SourceWatch {
  const folders = new Map<string, FSWatcher>();
  let files: ReadonlySet<string> = new Set();
  let isFailed = false;
  let timer: NodeJS.Timeout | undefined;
  add(dirname(entry));
  return {
    of: (given) => {
      files = new Set(given);
      isFailed = false;
      const wanted = new Set(given.map(dirname));
      wanted.forEach(add);
      [...folders.keys()].filter((folder) => !wanted.has(folder)).forEach(leave);
    },
    failed: () => {
      isFailed = true;
    },
    stop: () => {
      clearTimeout(timer);
      [...folders.keys()].forEach(leave);
    },
  };

  function add(folder: string): void {
    if (!folders.has(folder)) {
      // A folder may be removed while it is watched.
      folders.set(folder, watch(folder, (_, name) => changed(folder, name)).on('error', () => leave(folder)));
    }
  }

  function leave(folder: string): void {
    folders.get(folder)?.close();
    folders.delete(folder);
  }

  function changed(folder: string, name: string | null): void {
    if (isFailed || name === null || files.has(join(folder, basename(name)))) {
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLED);
    }
  }
}
