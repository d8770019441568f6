import { isDeepStrictEqual } from 'node:util';
import type { LocalApp, LocalTable } from './assembly/app';
import type { FunctionTraits } from './function/function-traits';
import type { NamedResource } from './named-resource';

/** What differs between an app that ran and the one that was taken over. */
export interface LocalChange {
  readonly kind: 'table' | 'queue' | 'topic' | 'bucket' | 'function' | 'trigger';
  /** The construct path. */
  readonly path: string;
  /** `removed`: it is no longer in the app. What tables, queues, topics and buckets hold stays until the run ends. */
  readonly change: 'new' | 'changed' | 'removed';
  /** What has changed, such as `code`, `environment` or `batchSize`. */
  readonly what: readonly string[];
}

/** What runs of an app: the facts of each part, by kind and construct path. */
export type AppShape = Readonly<Record<LocalChange['kind'], ReadonlyMap<string, Facts>>>;

type Facts = Readonly<Record<string, unknown>>;

export const EMPTY_APP: AppShape = {
  table: new Map(), queue: new Map(), topic: new Map(), bucket: new Map(), function: new Map(), trigger: new Map(),
};

/** What a part is like that may be another one here than in the app: what was refused goes on as it was. */
export interface Actual {
  table(table: LocalTable): LocalTable | undefined;
  functionTraits(target: LocalApp['functions'][number]): FunctionTraits;
}

export function shapeOf(app: LocalApp, actual: Actual): AppShape {
  return {
    table: byPath(app.tables.flatMap((table) => actual.table(table) ?? []), ({ globalIndexes, localIndexes, ...table }) => ({
      'indexes': [globalIndexes, localIndexes], 'keys': table.keySchema, 'stream': table.streamViewType, 'time to live': table.timeToLiveAttribute,
    })),
    queue: byPath(app.queues, ({ attributes }) => ({ settings: attributes })),
    topic: byPath(app.topics, ({ attributes, subscriptions }) => ({ settings: attributes, subscriptions })),
    bucket: byPath(app.buckets, ({ notifications }) => ({ notifications })),
    function: byPath(app.functions, (target) => ({ ...actual.functionTraits(target) })),
    trigger: new Map(app.mappings.map(({ path, settings: { startingPosition: _, ...settings }, functionArn, table, destinationArn }) =>
      [path, { ...settings, function: functionArn, table: table.arn, destination: destinationArn }])),
  };
}

function byPath<T extends NamedResource>(parts: readonly T[], facts: (part: T) => Facts): Map<string, Facts> {
  // Under another name it is another resource.
  return new Map(parts.map((part) => [part.path, { name: part.arn, ...facts(part) }]));
}

export function changesBetween(before: AppShape, after: AppShape): LocalChange[] {
  return KINDS.flatMap((kind) => {
    const paths = [...new Set([...after[kind].keys(), ...before[kind].keys()])];
    return paths.flatMap((path): LocalChange[] => {
      const [had, has] = [before[kind].get(path), after[kind].get(path)];
      if (had === undefined || has === undefined) {
        return [{ kind, path, change: had === undefined ? 'new' : 'removed', what: [] }];
      }
      const what = [...new Set([...Object.keys(had), ...Object.keys(has)])].filter((fact) => !isDeepStrictEqual(had[fact], has[fact]));
      return what.length === 0 ? [] : [{ kind, path, change: 'changed', what }];
    });
  });
}

/** In the order in which people think of them. */
const KINDS = ['function', 'trigger', 'table', 'queue', 'topic', 'bucket'] as const;
