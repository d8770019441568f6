import { existsSync, type FSWatcher, rmSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bundle, BundleError, entryOf, isSameCode } from './bundle';
import { contentOf } from './function-traits';
import type { BundleRecipe } from '../../assembly/bundle-recipe';
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

export interface BundlesOptions {
  /** The folder in which the app runs. */
  readonly project: string;
  readonly children: Children;
  /** Called when a source of a function has changed; undefined if nobody wants to know. */
  readonly onChange?: (target: LambdaFunction) => void;
  /** Whether a function runs the code in this folder. */
  readonly isUsed: (folder: string) => boolean;
  /** Called with what keeps a function from being bundled. */
  readonly onError: (target: LambdaFunction, error: BundleError) => void;
}

/** An editor writes a file in several steps. */
const SETTLED = 30;

/** An invocation of replaced code may load a part of it later, so some are kept. */
const KEPT = 3;

export function bundlesOf({ project, children, onChange, isUsed, onError }: BundlesOptions): Bundles {
  /** By ARN. */
  const known = new Map<string, KnownBundle>();
  return {
    codeOf: async (target) => {
      const { bundle: recipe, codeDirectory } = target;
      if (recipe === undefined || codeDirectory === undefined) {
        return undefined;
      }
      const entry = entryOf(recipe, project);
      const of = known.get(target.arn) ?? (existsSync(entry) ? begin(target, entry) : undefined);
      if (of === undefined) {
        return undefined;
      }
      of.target = target;
      const made = await bundled(of, recipe, entry);
      return [...made === undefined ? [] : [made], ...of.made.filter(isUsed)]
        .find((folder) => onChange !== undefined || isSameCode(recipe, folder, codeDirectory));
    },
    stop: () => known.forEach((of) => of.watch?.stop()),
  };

  function begin(target: LambdaFunction, entry: string): KnownBundle {
    const of: KnownBundle = { target, made: [], watch: onChange && watchFiles(entry, () => onChange(of.target)) };
    known.set(target.arn, of);
    return of;
  }

  /** The folder with the code; undefined if it can't be bundled. */
  async function bundled(of: KnownBundle, recipe: BundleRecipe, entry: string): Promise<string | undefined> {
    const into = children.temporaryFolder();
    try {
      const { folder, sources } = await bundle(recipe, { project, into });
      of.watch?.of(sources);
      return kept(of, folder);
    } catch (error) {
      rmSync(into, REMOVED);
      if (!(error instanceof BundleError)) {
        throw error;
      }
      onError(of.target, error);
      of.watch?.failed(entry);
      return undefined;
    }
  }

  /** The same code stays in the folder where it is, so that a function that runs it goes on. */
  function kept(of: KnownBundle, folder: string): string {
    const same = of.made.find((one) => contentOf(one) === contentOf(folder));
    if (same !== undefined) {
      rmSync(dirname(folder), REMOVED);
      return same;
    }
    const old = of.made.slice(0, -KEPT).filter((one) => !isUsed(one));
    old.forEach((one) => rmSync(dirname(one), REMOVED));
    of.made = [...of.made.filter((one) => !old.includes(one)), folder];
    return folder;
  }
}

const REMOVED = { recursive: true, force: true };

/** A function that was bundled, or was to be. */
interface KnownBundle {
  /** In the newest version of the app. */
  target: LambdaFunction;
  /** The folders with its code, the newest last. */
  made: readonly string[];
  readonly watch?: FileWatch;
}

/** Tells when one of some files changes. */
interface FileWatch {
  /** These files, from now on. */
  of(files: readonly string[]): void;
  /** What keeps the files from being bundled may be any file beside them, or beside the entry. */
  failed(newEntry: string): void;
  stop(): void;
}

/** Folders are watched, because many editors replace a file by a new one. */
function watchFiles(entry: string, onChange: () => void): FileWatch {
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
    failed: (newEntry) => {
      isFailed = true;
      add(dirname(newEntry));
    },
    stop: () => {
      clearTimeout(timer);
      [...folders.keys()].forEach(leave);
    },
  };

  function add(folder: string): void {
    if (!folders.has(folder) && existsSync(folder)) {
      // A folder may be removed while it is watched.
      folders.set(folder, watch(folder, (_, name) => changed(folder, name)).on('error', () => leave(folder)));
    }
  }

  function leave(folder: string): void {
    folders.get(folder)?.close();
    folders.delete(folder);
  }

  function changed(folder: string, name: string | null): void {
    if (name === null || (isFailed && !isEditors(name)) || files.has(join(folder, basename(name)))) {
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLED);
    }
  }
}

/** Whether a file is one that an editor keeps beside the file that is edited. */
function isEditors(name: string): boolean {
  return /^\.|~$/.test(basename(name));
}
