import { beforeProcessEnds, END_SIGNALS } from '../../lib/local/process/process-end';

const EVENTS = ['exit', ...END_SIGNALS];
const listeners = () => EVENTS.map((event) => process.listenerCount(event));
/** What this process does at these events, without what others do. */
const added = (before: Function[][]) => EVENTS.map((event, at) =>
  process.listeners(event as 'exit').filter((each) => !before[at].includes(each)) as ((event: unknown) => void)[]);
const all = () => EVENTS.map((event) => [...process.listeners(event as 'exit')] as Function[]);

test('a process listens for its end as long as there is something to clean up, and once for all of it', () => {
  const before = listeners();
  const [first, second] = [beforeProcessEnds(() => {}), beforeProcessEnds(() => {})];
  expect(listeners()).toEqual(before.map((count) => count + 1));
  first();
  first();
  expect(listeners()).toEqual(before.map((count) => count + 1));
  second();
  expect(listeners()).toEqual(before);
  second();
  beforeProcessEnds(() => {})();
  expect(listeners()).toEqual(before);
});

test('everything is cleaned up at the end, by a function that may call off itself', () => {
  const before = all();
  const done: number[] = [];
  const callOffs = [1, 2, 3].map((n) => beforeProcessEnds(() => {
    done.push(n);
    callOffs[n - 1]();
  }));
  callOffs[1]();
  const [[atExit]] = added(before);
  atExit(0);
  expect(done).toEqual([1, 3]);
  expect(all()).toEqual(before);
});

describe('a signal', () => {
  let kill: jest.SpyInstance;
  beforeEach(() => kill = jest.spyOn(process, 'kill').mockReturnValue(true));
  afterEach(() => kill.mockRestore());

  test.each(END_SIGNALS.map((signal, at) => [signal, at + 1] as const))('%s ends the process as it would have, once it has cleaned up', (signal, at) => {
    const others = process.listeners(signal);
    others.forEach((other) => process.off(signal, other));
    const before = all();
    const cleanUp = jest.fn();
    const callOff = beforeProcessEnds(cleanUp);
    const [onSignal] = added(before)[at];
    onSignal(signal);
    expect([cleanUp.mock.calls.length, kill.mock.calls, process.listenerCount(signal)]).toEqual([1, [[process.pid, signal]], 0]);
    callOff();
    others.forEach((other) => process.on(signal, other));
  });

  test('that the program handles itself ends nothing', () => {
    const before = all();
    const cleanUp = jest.fn();
    const callOff = beforeProcessEnds(cleanUp);
    const [onSignal] = added(before)[1];
    const own = () => {};
    process.once('SIGINT', own);
    onSignal('SIGINT');
    expect([cleanUp.mock.calls, kill.mock.calls]).toEqual([[], []]);
    process.off('SIGINT', own);
    callOff();
  });
});
