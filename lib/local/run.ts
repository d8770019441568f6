import { LambdaApi } from './api/lambda-api';
import { type Api, startApiServer } from './api/server';
import { StoredValuesApi } from './api/stored-values-api';
import { TableStreamsApi } from './api/table-streams-api';
import { AppAtWork } from './app-at-work';
import { runOverview } from './app-overview';
import type { LocalApp } from './assembly/app';
import { readApp } from './assembly/read-app';
import { checkpointsIn } from './checkpoints';
import { takeDataFolder } from './data-folder';
import { LocalRunError } from './errors';
import { debuggingFor } from './function/debugging';
import { localFunctions, type LocalFunctions } from './function/functions';
import { givenVariables } from './function/given-variables';
import { nodeProgram, versionWarning } from './function/node-program';
import { requireProfile } from './function/profiles';
import { accessNotes } from './function/service-access';
import { Mappings } from './mappings';
import type { LocalOptions, LocalRun } from './options';
import { endLeftovers, recordChildren } from './process/children';
import type { RunSetup } from './run-setup';
import { startServices, type Services } from './service/services';

/** See startLocal in start-local.ts. */
export async function startRun(options: LocalOptions): Promise<LocalRun> {
  const { assembly = 'cdk.out', port, profile, endpoints = {}, watch = false, observer = () => {} } = options;
  const app = readApp(assembly);
  if (profile !== undefined) {
    requireProfile(profile);
  }
  const world = { variables: givenVariables(options), access: { ...(profile !== undefined && { profile }), endpoints } };
  const node = nodeProgram(options.node);
  const leftovers = await endLeftovers();
  const warn = (message: string) => observer({ type: 'warning', message });
  const note = once(warn);
  const children = recordChildren();
  const api = await startApiServer();
  try {
    const data = options.data === undefined ? undefined : await takeDataFolder(children, options.data, warn);
    const setup = {
      project: process.cwd(), port, data, checkpoints: checkpointsIn(data), node, debugging: debuggingFor(options), watch, world,
      children, api, observer, note,
    };
    [...accessNotes(world.access), ...leftovers.length > 0 ? [leftoversNote(leftovers.length)] : []].forEach(note);
    const read = () => noted(readApp(assembly), setup);
    return await start(setup, app, read);
  } catch (error) {
    api.close();
    children.killAll();
    throw error;
  }
}

/** Says what the user must know of an app before it runs. */
function noted(app: LocalApp, { world, node, note }: RunSetup): LocalApp {
  [
    ...app.notRunning.map((what) => `Not running here: ${what.replace(/\.$/, '')}.`),
    ...app.notes,
    ...world.variables.notes(app.functions),
    ...app.functions.flatMap((target) => versionWarning(node, target) ?? []),
  ].forEach(note);
  return app;
}

function leftoversNote(number: number): string {
  return `Ended ${number} process${number === 1 ? '' : 'es'} of a run that was killed.`;
}

/** Calls it once with each text. */
function once(call: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) {
      said.add(text);
      call(text);
    }
  };
}

/** @param read reads the app again, to take it over */
async function start(setup: RunSetup, app: LocalApp, read: () => LocalApp): Promise<LocalRun> {
  noted(app, setup);
  const services = await startServices(setup);
  try {
    return await startWith(services, setup, app, read);
  } catch (error) {
    await services.stop();
    throw error;
  }
}

async function startWith(services: Services, setup: RunSetup, app: LocalApp, read: () => LocalApp): Promise<LocalRun> {
  let ended: Error | undefined;
  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => fail = resolve);
  // What ended the run counts, and not what came of stopping the rest.
  const end = (error: Error) => void stop(error).catch(() => {}).then(() => fail(error));
  const functions = localFunctions(setup, services.endpoints, ({ path }) => void atWork.takeSources(path).catch(({ message }: Error) => {
    if (ended === undefined) {
      setup.observer({ type: 'warning', message: `${path}: its new sources were not taken over. ${message}` });
    }
  }));
  const mappings = new Mappings(setup, services, functions, end);
  const atWork = new AppAtWork(setup, services, functions, mappings);
  const takeOver = (next: () => LocalApp) => atWork.takeOver(next).catch((error) => {
    throw ended ?? error;
  });
  void services.ended.then(end);
  setup.api.serve(apis(services, functions, mappings, atWork));
  await takeOver(() => app).catch(async (error) => {
    throw ended ? await failed : error;
  });

  return {
    ...runOverview(services.endpoints, app.functions[0].region),
    get triggers() {
      return atWork.overview.triggers;
    },
    get tables() {
      return atWork.overview.tables;
    },
    get queues() {
      return atWork.overview.queues;
    },
    get topics() {
      return atWork.overview.topics;
    },
    get buckets() {
      return atWork.overview.buckets;
    },
    failed,
    drained: () => mappings.drained(),
    kill: functions.kill,
    takeOver: () => takeOver(read),
    stop: () => stop(new LocalRunError('STOPPED', 'The run was stopped before everything was done.')),
  };

  async function stop(reason: Error): Promise<void> {
    ended ??= reason;
    mappings.stop(reason);
    setup.api.close();
    await Promise.all([functions.stop(), services.stop()]);
    setup.children.killAll();
  }
}

/** They answer with what runs at the time of the request. */
function apis({ endpoints, removals }: Services, functions: LocalFunctions, mappings: Mappings, atWork: AppAtWork): Api[] {
  return [
    new LambdaApi({
      functions,
      endpoints,
      get mappings() {
        return mappings.visible;
      },
    }).answer,
    new StoredValuesApi(() => atWork.storedValues()).answer,
    new TableStreamsApi(endpoints.dynamodb, atWork.streams, removals).answer,
  ];
}
