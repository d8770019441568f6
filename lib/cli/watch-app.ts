import { resolve } from 'node:path';
import type { CdkProject } from './cdk-project';
import type { Output } from './output';
import { synthesize } from './synth';
import { watchSources } from './watch-sources';
import type { LocalOptions, LocalRun } from '../local';

/** An app that runs, as its sources are at the time. */
interface WatchedApp {
  /** Rejects if the app can't be synthesized or started. */
  readonly started: Promise<LocalRun>;
  end(): Promise<void>;
}

/** Synthesizes and starts an app, and synthesizes it again each time a source of it changes and has the run take it over. */
export function watchApp(project: CdkProject, { assembly = 'cdk.out', data }: LocalOptions, output: Output, start: () => Promise<LocalRun>): WatchedApp {
  const outdir = resolve(assembly);
  let run: LocalRun | undefined;
  const sources = watchSources(project, [outdir, ...data === undefined ? [] : [resolve(data)]], async (changed) => {
    output.synthesizing(changed);
    await synthesize(project, outdir);
    if (run === undefined) {
      run = await start();
    } else {
      await run.takeOver();
    }
  }, (error) => output.notTakenOver(error));
  return { started: sources.begin().then(() => run!), end: () => sources.end() };
}
