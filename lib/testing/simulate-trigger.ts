import { shared } from './handler-context';
import { resolveMapping } from './mapping-input';
import { shownValue } from './option-check';
import { checkSimulation, type SimulationOptions } from './options';
import type { SimulationRun } from './run';
import { simulate } from './simulation';

/**
 * Runs a handler behind a mapping as Lambda would, under a virtual clock: hours of retries take milliseconds.
 *
 * The clock starts at the earliest record. The mapping, the faults and the waits of `streamHandler` move it; real waiting in a handler
 * does not. Each invocation gets its own copy of the event.
 *
 * ```tsx
 * import { streamHandler } from 'dynamo-stream-trigger/runtime';
 * import { simulateTrigger } from 'dynamo-stream-trigger/testing';
 *
 * const handler = streamHandler(async () => {});
 *
 * test('no order is lost', async () => {
 *   const run = await simulateTrigger({ mapping: { batchSize: 10 }, handler, shards: [{ records: [{ orderId: 'A-1' }] }] });
 *   expect(run.lost).toEqual([]);
 * });
 * ```
 *
 * @param options at least `handler` and `shards`
 * @throws TypeError if an option is not what it must be.
 */
export async function simulateTrigger(options: SimulationOptions): Promise<SimulationRun> {
  const [run] = await simulateTriggers([options]);
  return run;
}

/**
 * `simulateTrigger` for several triggers under one virtual clock. Returns their runs, in the same order.
 *
 * Triggers with the same `handler` drive one function: they share its environments, and wait for each other. Triggers with the same
 * `shards` read one stream independently. Options of what they share (`timeout`, `environments`, `faults.reshards`) are enough on one
 * of them.
 *
 * ```tsx
 * import { type Handler, type ShardInput, simulateTriggers } from 'dynamo-stream-trigger/testing';
 *
 * declare const onOrder: Handler;
 * declare const onAudit: Handler;
 * declare const shards: ShardInput[];
 *
 * test('both get every record', async () => {
 *   const [orders, audit] = await simulateTriggers([{ handler: onOrder, shards }, { handler: onAudit, shards, mapping: { batchSize: 1000 } }]);
 *   expect([...orders.lost, ...audit.lost]).toEqual([]);
 * });
 * ```
 *
 * @param triggers as for `simulateTrigger`, each
 * @throws Error if it is called in a handler or in `advanceTimers` of a simulation that runs.
 * @throws TypeError if an option is not what it must be, if triggers disagree on what they share, or if two triggers connect one
 * stream to one handler, which AWS refuses.
 */
export async function simulateTriggers(triggers: readonly SimulationOptions[]): Promise<SimulationRun[]> {
  if (shared.running && (shared.storage.getStore() || shared.called.getStore() === shared.running)) {
    const where = shared.storage.getStore() ? 'a handler that another simulation runs' : 'advanceTimers of another simulation';
    const error = new Error(`A simulation was started in ${where}, and would wait for that one forever. Start it in the `
      + 'test, before or after the other one, or give both triggers to one call of simulateTriggers.');
    // The handler may catch it, and Lambda would try again.
    shared.running.fail(error);
    throw error;
  }
  if (!Array.isArray(triggers) || triggers.length === 0) {
    throw new TypeError(`simulateTriggers was given ${Array.isArray(triggers) ? 'an empty list' : shownValue(triggers)} but takes a list of at least one trigger: `
      + 'simulateTriggers([{ handler, shards }]).');
  }
  triggers.forEach(checkSimulation);
  const resolved = triggers.map((trigger) => ({ ...trigger, mapping: resolveMapping(trigger.mapping) }));
  // Simulations take turns: there is one virtual time, and one set of global timers.
  const run = Promise.resolve(shared.lastRuns.get(globalThis)).then(() => simulate(resolved));
  const over = () => undefined;
  shared.lastRuns.set(globalThis, run.then(over, over));
  return run;
}
