import { createHash } from 'node:crypto';
import { readFileSync, type Stats } from 'node:fs';
import { relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';
import picomatch from 'picomatch';
import type { CdkProject } from './cdk-project';

/** Editors write a file in several steps, and programs several files, in milliseconds. */
const SETTLED = 50;

/** What is done first, and when a source changes: one time after the other, and once more if a source changed meanwhile. */
interface SourceWatch {
  /** Does the work for the first time, when every later change is seen. Rejects as the work does. */
  begin(): Promise<void>;
  end(): Promise<void>;
}

/**
 * Watches the sources of an app: what `watch` of cdk.json includes and does not exclude, as `cdk watch` does. Files and folders with a dot, those in
 * node_modules, and `ignored` are not among them.
 *
 * Synthesis may write files among the sources. A file counts as changed only if its content has; and one that changes during each synthesis is
 * taken for its result.
 *
 * @param ignored folders
 * @param work is called with the changed files, relative to the folder of the project: none the first time
 * @param onError is called if the work fails, except for the first time
 */
export function watchSources(
  project: CdkProject, ignored: readonly string[], work: (changed: readonly string[]) => Promise<void>, onError: (error: Error) => void,
): SourceWatch {
  const changes = new Changes((path) => relative(project.folder, path), work, onError);
  const watcher = watch(project.folder, { ignoreInitial: true, ignored: isIgnored(project, ignored) });
  watcher.on('all', (event, path) => event.endsWith('Dir') || changes.happened(path, event === 'add'));
  // A folder that can't be watched is not one of sources.
  watcher.on('error', () => {});
  const ready = new Promise<void>((resolve) => watcher.once('ready', resolve));
  return {
    begin: async () => {
      await ready;
      await changes.begin();
    },
    end: () => {
      changes.end();
      return watcher.close();
    },
  };
}

function isIgnored({ folder, include, exclude }: CdkProject, ignored: readonly string[]): (path: string, stats?: Stats) => boolean {
  const isIncluded = matcherOf(include);
  const isExcluded = matcherOf(exclude);
  return (path, stats) => {
    const name = relative(folder, path).split(sep).join('/');
    return name !== '' && (NEVER.test(name) || ignored.includes(path) || isExcluded(name) || (stats?.isFile() === true && !isIncluded(name)));
  };
}

/** Tells real changes from others, and does the work for them. */
class Changes {
  private readonly contents = new Map<string, string | undefined>();
  private readonly changed = new Set<string>();
  /** The changed files that are new. */
  private readonly added = new Set<string>();
  /** The files that changed while the work was done: now, and the time before. */
  private meanwhile = new Set<string>();
  private before: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | undefined;
  private isWorking = false;

  constructor(
    private readonly nameOf: (path: string) => string, private readonly work: (changed: readonly string[]) => Promise<void>,
    private readonly onError: (error: Error) => void,
  ) {}

  async begin(): Promise<void> {
    try {
      await this.workOn([]);
    } finally {
      void this.workOnChanges();
    }
  }

  /** @param isNew whether there was no such file */
  happened(path: string, isNew: boolean): void {
    const content = hashOf(path);
    if (isNew) {
      this.added.add(path);
    }
    if (this.contents.has(path) && this.contents.get(path) === content) {
      return;
    }
    this.contents.set(path, content);
    if (this.isWorking) {
      this.meanwhile.add(path);
      if (this.before.has(path)) {
        return;
      }
    }
    this.changed.add(path);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.workOnChanges(), SETTLED);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private async workOnChanges(): Promise<void> {
    // Whoever is at work looks again at its end.
    while (!this.isWorking && this.changed.size > 0) {
      const files = [...this.changed].filter((path) => !this.cameAndWent(path)).map(this.nameOf);
      this.changed.clear();
      this.added.clear();
      if (files.length > 0) {
        await this.workOn(files).catch(this.onError);
      }
    }
  }

  /** As files of editors do. The event of its removal may come later: it is not a change then. */
  private cameAndWent(path: string): boolean {
    const isGone = this.added.has(path) && hashOf(path) === undefined;
    if (isGone) {
      this.contents.set(path, undefined);
    }
    return isGone;
  }

  private async workOn(files: readonly string[]): Promise<void> {
    this.isWorking = true;
    this.meanwhile = new Set();
    try {
      await this.work(files);
    } finally {
      // The events of what it has written come a moment later.
      await sleep(2 * SETTLED);
      this.before = this.meanwhile;
      this.isWorking = false;
    }
  }
}

const NEVER = /(^|\/)(\.|node_modules(\/|$))/;

/** A pattern of a folder is one of all that is in it. */
function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  return picomatch(patterns.flatMap((pattern) => [pattern, `${pattern}/**`]), { dot: true });
}

/** Undefined if there is no such file. */
function hashOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64');
  } catch {
    return undefined;
  }
}
