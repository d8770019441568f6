import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { shownValue } from './option-check';
import type { SimulationRun } from './run';
import { createModel, page } from '../view';

/**
 * Writes what happened in a simulation as one HTML file, which needs nothing else: a timeline of shards, batches, retries, environments and
 * failures, to be opened in any browser. Its title is the name of the file.
 *
 * The report holds sequence numbers, the keys of items and the messages of errors, but no other data of items.
 *
 * ```tsx
 * import { type SimulationRun, writeReport } from 'dynamo-stream-trigger/testing';
 *
 * declare const run: SimulationRun;
 *
 * writeReport(run, 'reports/outage.html');
 * ```
 *
 * @param run as `simulateTrigger` returned it
 * @param file Folders that do not exist are made. A file that exists is replaced.
 * @throws TypeError if `run` is not the result of a simulation.
 */
export function writeReport(run: SimulationRun, file: string): void {
  const notices: unknown = run?.notices;
  if (!Array.isArray(notices)) {
    throw new TypeError(`writeReport was given ${shownValue(run)} but takes a run, which simulateTrigger returns: writeReport(await simulateTrigger({ … }), `
      + '\'report.html\'). simulateTriggers returns several: give one of them.');
  }
  const model = createModel();
  run.notices.forEach((notice) => model.add(notice));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page(model.view, basename(file).replace(/\.html?$/i, '')));
}
