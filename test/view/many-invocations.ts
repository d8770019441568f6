import { createModel, type View } from '../../lib/view';

/** So many invocations of four shards, of which some fail, are throttled, or do a part. */
export function manyInvocations(count: number): View {
  const model = createModel();
  let at = 1_735_689_600_000;
  for (let invocation = 1; invocation <= count; invocation++) {
    at += 100 + (invocation * 7919) % 900;
    const shardId = `shardId-0000000000000000000${invocation % 4}`;
    const about = { invocation, shardId, records: 1 + (invocation * 31) % 100, environment: 1 + invocation % 9 };
    model.add({ at, type: 'invocationStarted', ...about, first: `${invocation}`, iteratorAgeMs: 1000 + (invocation * 37) % 5000 });
    const fails = invocation % 53 === 0;
    model.add({
      at: at + 80, type: 'invocationEnded', ...about, outcome: fails ? { type: 'error', errorType: 'TypeError', errorMessage: `bad <${invocation}>` } : { type: 'response' },
    });
    if (fails) {
      model.add({ at: at + 80, type: 'notice', notice: { type: 'retrying', shardId, records: about.records, attempt: 2, at: at + 500 } });
    } else if (invocation % 97 === 0) {
      model.add({ at: at + 80, type: 'notice', notice: { type: 'count', shardId, name: 'FailedInvokeEventCount', value: Math.ceil(about.records / 2) } });
    }
  }
  return model.view;
}
