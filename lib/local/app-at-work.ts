import type { VisibleStream } from './api/table-streams-api';
import { type AppOverview, appOverview, localStreamArn } from './app-overview';
import type { LocalApp, StoredValues } from './assembly/app';
import { changesBetween, type LocalChange, EMPTY_APP, type AppShape, shapeOf } from './changes';
import type { LocalFunctions } from './function/functions';
import type { Mappings } from './mappings';
import { withoutMissing } from './missing';
import type { RunSetup } from './run-setup';
import type { Services } from './service/services';

/**
 * The app that runs. It is exchanged for a newer one while services, tables and positions stay. A run starts with the exchange of nothing
 * for the app.
 *
 * One exchange after another: whoever asks during one waits for the next.
 */
export class AppAtWork {
  /** The streams of all tables so far: iterators count on their places. */
  readonly streams: VisibleStream[] = [];
  overview: AppOverview = { triggers: [], tables: [], queues: [], topics: [], buckets: [] };
  private app: LocalApp | undefined;
  /** The same with the parts that could not be started. */
  private whole: LocalApp | undefined;
  private shape: AppShape = EMPTY_APP;
  private last: Promise<unknown> = Promise.resolve();
  /** The functions whose sources will be taken over, by construct path. */
  private readonly sourcesDue = new Set<string>();

  constructor(
    private readonly setup: RunSetup, private readonly services: Services, private readonly functions: LocalFunctions,
    private readonly mappings: Mappings,
  ) {}

  storedValues(): StoredValues {
    return this.app?.storedValues(this.services.endpoints) ?? { parameters: [], secrets: [] };
  }

  /**
   * Takes over the app that is read when it is its turn. If that fails, the old one goes on.
   *
   * @throws LocalRunError, also with what ended the run meanwhile
   */
  takeOver(read: () => LocalApp): Promise<readonly LocalChange[]> {
    return this.inTurn(() => this.take(read()));
  }

  /**
   * Has a function, by its construct path, run what its sources are when it is its turn. One that did not load before is started with its triggers.
   *
   * @throws LocalRunError
   */
  async takeSources(path: string): Promise<void> {
    if (!this.sourcesDue.has(path)) {
      this.sourcesDue.add(path);
      await this.inTurn(async () => {
        this.sourcesDue.delete(path);
        const target = this.app?.functions.find((candidate) => candidate.path === path);
        if (target !== undefined) {
          await this.functions.take([target]);
          this.changed(this.app!, { ifAny: true });
        } else if (this.whole?.functions.some((candidate) => candidate.path === path)) {
          await this.take(this.whole, { ifAny: true });
        }
      });
    }
  }

  private inTurn<T>(exchange: () => Promise<T>): Promise<T> {
    const done = this.last.then(exchange);
    this.last = done.catch(() => {});
    return done;
  }

  private async take(app: LocalApp, reporting: Reporting = {}): Promise<readonly LocalChange[]> {
    const { setup: { observer }, services, functions, mappings } = this;
    observer({ type: 'app', functions: app.functions.map(({ name, path }) => ({ name, path })), triggers: app.mappings.map(({ path }) => path) });
    const withTables = withoutMissing(app, await services.take(app), 'TABLE_REFUSED', observer);
    this.show(withTables);
    const running = withoutMissing(withTables, await functions.take(withTables.functions), 'FUNCTION_NOT_LOADED', observer);
    await mappings.take(running.mappings);
    functions.keep(running.functions);
    this.whole = app;
    return this.changed(running, reporting);
  }

  private show({ tables }: LocalApp): void {
    const { endpoints } = this.services;
    const known = new Set(this.streams.map(({ table }) => table.arn));
    this.streams.push(...tables.filter(({ arn }) => endpoints.streamLabels.has(arn) && !known.has(arn))
      .map((table) => ({ table, streamArn: localStreamArn(table, endpoints) })));
  }

  /** This is what runs now. */
  private changed(app: LocalApp, { ifAny = false }: Reporting): readonly LocalChange[] {
    const isFirst = this.app === undefined;
    const before = this.shape;
    this.app = app;
    this.shape = shapeOf(app, { table: this.services.tableOf, functionTraits: this.functions.traitsOf });
    this.overview = appOverview(app, this.services);
    const changes = changesBetween(before, this.shape);
    if (!isFirst && !(ifAny && changes.length === 0)) {
      this.setup.observer({ type: 'takenOver', changes });
    }
    return changes;
  }
}

/** Whether changes are reported only if there are any. Nobody asked for those of sources, and a source that failed has been reported. */
interface Reporting {
  readonly ifAny?: boolean;
}
