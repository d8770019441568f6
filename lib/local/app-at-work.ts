import type { VisibleStream } from './api/table-streams-api';
import { type AppOverview, appOverview, streamArnOf } from './app-overview';
import type { LocalApp, StoredValues } from './assembly/app';
import { changesBetween, type LocalChange, NOTHING, type Shape, shapeOf } from './changes';
import { LocalRunError } from './errors';
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
  private shape: Shape = NOTHING;
  private last: Promise<unknown> = Promise.resolve();

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

  /** Has a function run the code in this folder, until an app with other code is taken over. The construct path tells which. */
  takeCode(path: string, codeDirectory: string): Promise<readonly LocalChange[]> {
    return this.inTurn(async () => {
      const target = this.app?.functions.find((candidate) => candidate.path === path);
      if (target === undefined) {
        throw new LocalRunError('NO_APP', `No trigger invokes a function ${path}.`);
      }
      await this.functions.take([{ ...target, codeDirectory, inlineCode: undefined }]);
      return this.changed(this.app!);
    });
  }

  private inTurn<T>(exchange: () => Promise<T>): Promise<T> {
    const done = this.last.then(exchange);
    this.last = done.catch(() => {});
    return done;
  }

  private async take(app: LocalApp): Promise<readonly LocalChange[]> {
    const { setup: { observer }, services, functions, mappings } = this;
    observer({ type: 'app', functions: app.functions.map(({ name, path }) => ({ name, path })), triggers: app.mappings.map(({ path }) => path) });
    const withTables = withoutMissing(app, await services.take(app), 'TABLE_REFUSED', observer);
    this.show(withTables);
    const running = withoutMissing(withTables, await functions.take(withTables.functions), 'FUNCTION_NOT_LOADED', observer);
    await mappings.take(running.mappings);
    functions.keep(running.functions);
    return this.changed(running);
  }

  private show({ tables }: LocalApp): void {
    const { endpoints } = this.services;
    const known = new Set(this.streams.map(({ table }) => table.arn));
    this.streams.push(...tables.filter(({ arn }) => endpoints.streamLabels.has(arn) && !known.has(arn))
      .map((table) => ({ table, streamArn: streamArnOf(table, endpoints) })));
  }

  /** This is what runs now. */
  private changed(app: LocalApp): readonly LocalChange[] {
    const isFirst = this.app === undefined;
    const before = this.shape;
    this.app = app;
    this.shape = shapeOf(app, { table: this.services.tableOf, functionFacts: this.functions.factsOf });
    this.overview = appOverview(app, this.services);
    const changes = changesBetween(before, this.shape);
    if (!isFirst) {
      this.setup.observer({ type: 'takenOver', changes });
    }
    return changes;
  }
}
