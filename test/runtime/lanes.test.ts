import * as fc from 'fast-check';
import { runLanes } from '../../lib/runtime/lanes';
import { runs } from '../runs';

/** Lets the microtasks run that are due. */
const tick = async () => new Promise((resolve) => setImmediate(resolve));

/** Lanes whose steps end when the test says so. */
function controlled(laneNames: string, concurrency: number, mayStart = () => true) {
  const started: number[] = [];
  const finish = new Map<number, (done: boolean) => void>();
  const lanes = runLanes({
    waitsFor: () => undefined,
    lanes: [...laneNames],
    concurrency,
    mayStart,
    run: async (step) => {
      started.push(step);
      return new Promise<void>((resolve, reject) => finish.set(step, (done) => done ? resolve() : reject(new Error('no'))));
    },
    succeeded: () => undefined,
    failed: async () => 'not done',
  });
  return {
    lanes, started, finish: async (step: number, done = true) => {
      finish.get(step)!(done); await tick();
    },
  };
}

test('steps of one lane run one after another, lanes side by side', async () => {
  const { started, finish } = controlled('aab', 10);
  expect(started).toEqual([0, 2]);
  await finish(0);
  expect(started).toEqual([0, 2, 1]);
});

test('the lowest step that may run is started first', async () => {
  const { started, finish } = controlled('aaabcd', 2);
  expect(started).toEqual([0, 3]);
  await finish(0);
  expect(started).toEqual([0, 3, 1]);
  await finish(3);
  await finish(1);
  expect(started).toEqual([0, 3, 1, 4, 2]);
});

test('a lane stops at its first step that is not done, and the others go on', async () => {
  const { lanes, started, finish } = controlled('abab', 2);
  await finish(0, false);
  await finish(1);
  await finish(3);
  await lanes.ended;
  expect(started).toEqual([0, 1, 3]);
  expect([...lanes.done]).toEqual([0, 1, 0, 1]);
});

test('nothing is started once it may not, and what is running is known', async () => {
  let open = true;
  const { lanes, started, finish } = controlled('abc', 2, () => open);
  open = false;
  await finish(0);
  expect(started).toEqual([0, 1]);
  expect([lanes.open(), lanes.running()]).toEqual([[1], 1]);
  expect([...lanes.done]).toEqual([1, 0, 0]);
});

test('a recovery that fails stops its lane, and no other', async () => {
  const started: number[] = [];
  const lanes = runLanes({
    waitsFor: () => undefined,
    lanes: [...'aabb'],
    concurrency: 1,
    mayStart: () => true,
    run: (step) => {
      started.push(step); if (step === 0) {
        throw new Error('no');
      }
    },
    succeeded: () => undefined,
    failed: async () => {
      throw new Error('in the recovery');
    },
  });
  await lanes.ended;
  expect(started).toEqual([0, 2, 3]);
  expect([...lanes.done]).toEqual([0, 0, 1, 1]);
});

test('a step that waits to be run again takes no place, and holds up its lane', async () => {
  const started: number[] = [];
  let again!: () => void;
  const waiting = new Promise<void>((resolve) => {
    again = resolve;
  });
  const lanes = runLanes({
    waitsFor: () => undefined,
    lanes: [...'aabc'],
    concurrency: 1,
    mayStart: () => true,
    run: (step) => {
      started.push(step);
      if (started.filter((one) => one === 0).length === 1 && step === 0) {
        throw new Error('not yet');
      }
    },
    succeeded: () => undefined,
    failed: async () => {
      await waiting;
      return 'again';
    },
  });
  await tick();
  expect(started).toEqual([0, 2, 3]);
  expect([lanes.open(), lanes.running()]).toEqual([[0], 0]);
  again();
  await lanes.ended;
  expect(started).toEqual([0, 2, 3, 0, 1]);
  expect([...lanes.done]).toEqual([1, 1, 1, 1]);
});

test('a step that waits before it is run takes no place, and keeps its turn', async () => {
  const started: number[] = [];
  let release!: () => void;
  const before = new Map([[0, new Promise<void>((resolve) => {
    release = () => {
      before.clear();
      resolve();
    };
  })]]);
  const lanes = runLanes({
    waitsFor: (step) => before.get(step),
    lanes: [...'aabc'],
    concurrency: 1,
    mayStart: () => true,
    run: (step) => {
      started.push(step);
    },
    succeeded: () => undefined,
    failed: async () => 'not done',
  });
  await tick();
  expect(started).toEqual([2, 3]);
  expect([lanes.open(), lanes.running()]).toEqual([[0], 0]);
  release();
  await lanes.ended;
  expect(started).toEqual([2, 3, 0, 1]);
});

test('no steps end at once', async () => {
  const { lanes } = controlled('', 10);
  await lanes.ended;
  expect(lanes.done).toHaveLength(0);
});

test('whatever the lanes, latencies and failures: in order, within the limit, each step once, up to the failure', async () => {
  const steps = fc.array(fc.record({ lane: fc.nat(5), ticks: fc.nat(3), done: fc.boolean(), sync: fc.boolean() }), { maxLength: 40 });
  await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (plan, concurrency) => {
    const started: number[] = [];
    const ended: number[] = [];
    let running = 0;
    const lanes = runLanes({
      waitsFor: () => undefined,
      lanes: plan.map(({ lane }) => String(lane)),
      concurrency,
      mayStart: () => true,
      succeeded: () => undefined,
      failed: async () => 'not done',
      run: (step) => {
        const { lane, ticks, done, sync } = plan[step];
        const before = plan.slice(0, step).flatMap((other, index) => other.lane === lane ? [index] : []);
        expect(ended).toEqual(expect.arrayContaining(before));
        expect(before.every((index) => plan[index].done)).toBe(true);
        started.push(step);
        if (sync) {
          ended.push(step);
          if (!done) {
            throw new Error('no');
          }
          return undefined;
        }
        expect(++running).toBeLessThanOrEqual(concurrency);
        return (async () => {
          for (let i = 0; i < ticks; i++) {
            await Promise.resolve();
          }
          running--;
          ended.push(step);
          if (!done) {
            throw new Error('no');
          }
        })();
      },
    });
    await lanes.ended;
    const failedBefore = (step: number) => plan.some(({ lane, done }, index) => index < step && lane === plan[step].lane && !done);
    const expected = plan.flatMap((_, step) => failedBefore(step) ? [] : [step]);
    expect([...started].sort((a, b) => a - b)).toEqual(expected);
    const notDone = plan.findIndex(({ done }) => !done);
    expect(lanes.done.indexOf(0)).toBe(notDone);
  }), runs(100));
});
