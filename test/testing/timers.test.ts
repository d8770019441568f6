import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as timers from 'node:timers';
import { promises } from 'node:timers';
import { scheduler, setInterval as everyTick, setTimeout as promised } from 'node:timers/promises';
import { promisify } from 'node:util';
import { streamHandler } from '../../lib/runtime';
import { elapsed, now, simulateTrigger, type SimulationOptions, streamRecord } from '../../lib/testing';

const START = 1_735_689_600_000;
const shards = [{ records: [streamRecord({ newImage: { id: 'a' } })] }];
const once = { shards, mapping: { retryAttempts: 0, bisectBatchOnError: false } };
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const HOUR = 3_600_000;

describe('timers: \'virtual\'', () => {
  const run = (handler: SimulationOptions['handler'], options: Partial<SimulationOptions> = {}) =>
    simulateTrigger({ ...once, handler, timers: 'virtual', timeout: 900, ...options });

  test.each<[string, (milliseconds: number) => Promise<unknown>]>([
    ['setTimeout', pause],
    ['setTimeout made a promise', async (milliseconds) => promisify(setTimeout)(milliseconds)],
    ['setTimeout of node:timers/promises', (milliseconds) => promises.setTimeout(milliseconds)],
    ['setTimeout of node:timers', (milliseconds) => new Promise<void>((resolve) => timers.setTimeout(resolve, milliseconds))],
    ['setTimeout that is imported from node:timers/promises', (milliseconds) => promised(milliseconds)],
    ['scheduler.wait', (milliseconds) => scheduler.wait(milliseconds)],
    ['the third tick of setInterval of node:timers/promises', async (milliseconds) => {
      let ticks = 0;
      for await (const value of everyTick(milliseconds / 3, 'tick')) {
        expect(value).toBe('tick');
        if (++ticks === 3) {
          return;
        }
      }
    }],
    ['setInterval of node:timers', (milliseconds) => new Promise<void>((resolve) => {
      const interval = timers.setInterval(() => resolve(timers.clearInterval(interval)), milliseconds);
    })],
    ['AbortSignal.timeout', (milliseconds) => new Promise((resolve) => AbortSignal.timeout(milliseconds).addEventListener('abort', resolve))],
    ['the second tick of an interval', (milliseconds) => new Promise<void>((resolve) => {
      let ticks = 0;
      const interval = setInterval(() => ++ticks === 2 && resolve(clearInterval(interval)), milliseconds / 2);
    })],
    ['a timer that is set again before it is due', (milliseconds) => new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds / 2);
      setTimeout(() => timer.refresh(), milliseconds / 2 - 1);
      setTimeout(() => undefined, 1);
    }).then(() => pause(1))],
  ])('%s takes virtual time', async (_, wait) => {
    const start = Date.now();
    const { invocations } = await run(async () => void await wait(600_000));
    expect(invocations).toMatchObject([{ durationMs: 600_000, response: null }]);
    expect(Date.now() - start).toBeLessThan(60_000);
  });

  test.each<[unknown, number]>([[undefined, 1], [NaN, 1], ['250', 250], [-5, 1], [Infinity, 1], [2 ** 31, 1], [2.9, 2]])(
    'a delay of %p is what it is in Node.js', async (delay, milliseconds) => {
      const { invocations } = await run(() => pause(delay as number));
      expect(invocations[0].durationMs).toBe(milliseconds);
    });

  test('its clocks show it, and those of the test real time', async () => {
    const real = Date.now();
    const { invocations } = await run(async () => {
      const start = performance.now();
      await pause(HOUR / 10);
      const date = new Date();
      return [Date.now() - START, date.getTime() - START, performance.now() - start, date instanceof Date, date.constructor === Date,
        new Date(5).getTime(), Date.UTC(2025, 0, 1) === START, Date().slice(0, 15) === new Date(START).toString().slice(0, 15)];
    });
    expect(invocations[0].response).toEqual([HOUR / 10, HOUR / 10, HOUR / 10, true, true, 5, true, true]);
    expect(Math.abs(Date.now() - real)).toBeLessThan(10_000);
    expect([new Date().constructor === Date, Object.hasOwn(performance, 'now'), Object.hasOwn(scheduler, 'wait')]).toEqual([true, false, false]);
  });

  test('so do formats without a date, classes that extend Date, and what was taken of Date before', async () => {
    class Moment extends Date {}
    const Before = Date;
    const format = new Intl.DateTimeFormat('en', { timeZone: 'UTC', dateStyle: 'short' });
    const { format: bound } = format;
    const { invocations } = await run(async () => {
      await pause(HOUR / 10);
      const year = format.formatToParts().at(-1)!.value;
      const five = new Moment(5).getTime();
      return [Moment.now() - START, Before.now() - START, format.format(), year, format.format(0), five, new Date() instanceof Before];
    });
    expect(invocations[0].response).toEqual([HOUR / 10, HOUR / 10, '1/1/25', '25', '1/1/70', 5, true]);
    expect([format.format(), format.formatToParts().length, bound()]).toEqual([format.format(new Date()), 5, format.format(new Date())]);
  });

  test('a timer may be set again after it has fired, unless it was cleared', async () => {
    const fired: [string, number][] = [];
    await run(async () => {
      const again = setTimeout(() => fired.push(['again', elapsed()]), 1000);
      const cleared = setTimeout(() => fired.push(['cleared', elapsed()]), 1000);
      await pause(1500);
      clearTimeout(cleared);
      again.refresh();
      cleared.refresh();
      await pause(2000);
    });
    expect(fired).toEqual([['again', 1], ['cleared', 1], ['again', 2.5]]);
  });

  test('a signal ends a wait of node:timers/promises', async () => {
    const { invocations } = await run(async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort('enough'), 1000);
      const tick = everyTick(HOUR, 1, controller)[Symbol.asyncIterator]().next();
      const ends = [promised(HOUR, undefined, controller), scheduler.wait(HOUR, controller), tick];
      const errors = await Promise.all(ends.map((end) => end.then(() => 'none', (error: any) => [error.name, error.code, error.message, error.cause])));
      return [...errors, await promised(HOUR, 1, controller).catch((error) => error.name)];
    });
    expect(invocations[0]).toMatchObject({ durationMs: 1000, response: [...Array(3).fill(['AbortError', 'ABORT_ERR', 'The operation was aborted', 'enough']), 'AbortError'] });
  });

  test('a timer is what Node.js has: a number, disposable, and nothing to wait for if it is unref\'d', async () => {
    const fired: string[] = [];
    const { invocations } = await run(async () => {
      clearTimeout(+setTimeout(() => fired.push('cleared by number'), 100));
      clearTimeout(String(+setTimeout(() => fired.push('cleared by text'), 100)) as any);
      const timer: any = setTimeout(() => fired.push('disposed'), 100);
      timer[(Symbol as any).dispose ?? Symbol.for('none')]?.();
      const background = setTimeout(() => fired.push('background'), 200).unref();
      expect([background.hasRef(), background.ref().hasRef(), background.unref().hasRef()]).toEqual([false, true, false]);
      await pause(300);
    });
    expect([fired, invocations[0].durationMs]).toEqual([['background'], 300]);
  });

  test.each<[string, () => AbortSignal]>([
    ['AbortSignal.timeout', () => AbortSignal.timeout(2000)],
    ['a timer', () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), 2000);
      return controller.signal;
    }],
  ])('a call that is never answered is ended by %s', async (_, guard) => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { invocations } = await run(() => fetch(address, { signal: guard() }), { realTimeLimit: 0.3 });
    expect(invocations).toMatchObject([{ durationMs: 2000, error: { errorType: 'TimeoutError', errorMessage: 'The operation was aborted due to timeout' } }]);
    server.close();
    server.closeAllConnections();
  });

  test('an unref\'d timer does not hide a real wait that hangs', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await expect(run(async () => {
      setTimeout(() => undefined, HOUR).unref();
      await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    }, { realTimeLimit: 0.2 })).rejects.toThrow(/It may wait for what it has open: (an HTTP request|a connection)/);
    server.close();
    server.closeAllConnections();
  });

  test('a timer that is cleared does not fire, and nobody waits for it', async () => {
    const fired: string[] = [];
    const { invocations } = await run(async () => {
      const timer = setTimeout(() => fired.push('cleared'), 1000);
      const interval = setInterval(() => fired.push('interval'), 400);
      await pause(500);
      clearTimeout(timer);
      clearInterval(interval);
      clearTimeout(undefined);
      await pause(1000);
    });
    expect([fired, invocations[0].durationMs]).toEqual([['interval'], 1500]);
  });

  test('a timeout that the handler sets for its own calls strikes in virtual time', async () => {
    const within = <T>(work: Promise<T>, milliseconds: number) =>
      Promise.race([work, pause(milliseconds).then(() => Promise.reject(new Error('took too long')))]);
    const { invocations } = await run(() => within(new Promise(() => undefined), 5000));
    expect(invocations).toMatchObject([{ durationMs: 5000, error: { errorMessage: 'took too long' } }]);
  });

  test('timers of the test stay on real time, and are there again afterwards', async () => {
    const before = [setTimeout, clearTimeout, setInterval, clearInterval, AbortSignal.timeout];
    let ticks = 0;
    const interval = setInterval(() => ticks++, 1);
    const running = run(() => pause(HOUR / 10));
    const real = pause(20);
    expect((await running).invocations[0].durationMs).toBe(HOUR / 10);
    await real;
    clearInterval(interval);
    expect(ticks).toBeLessThan(2000);
    expect([setTimeout, clearTimeout, setInterval, clearInterval, AbortSignal.timeout]).toEqual(before);
  });

  test('it moves only when nothing real is under way', async () => {
    const server = createServer((_, response) => setTimeout(() => response.end('fine'), 30));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const told: number[] = [];
    const { invocations } = await run(async () => {
      const guard = setTimeout(() => told.push(NaN), 1000);
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      told.push(await response.text() === 'fine' ? elapsed() : NaN);
      clearTimeout(guard);
      await pause(2000);
      told.push(elapsed());
    });
    server.close();
    server.closeAllConnections();
    expect([told, invocations[0].durationMs]).toEqual([[0, 2], 2000]);
  });

  test('a frozen environment\'s timers wait until it thaws', async () => {
    const log: string[] = [];
    let invocations = 0;
    await run(async () => {
      if (++invocations === 1) {
        setTimeout(() => log.push(`left over at ${elapsed()}`), 1000);
      }
      await pause(100);
    }, { environments: 1, shards: [{ records: [0, 60].map((seconds) => streamRecord({ createdAt: START / 1000 + seconds })) }] });
    expect(log).toEqual(['left over at 60']);
  });
});

describe('a framework\'s fake timers', () => {
  const advanceTimers = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

  beforeEach(() => void jest.useFakeTimers({ now: START }));
  afterEach(() => void jest.useRealTimers());

  test('move with the virtual clock, the date included', async () => {
    const told: number[][] = [];
    const { invocations } = await simulateTrigger({
      ...once,
      advanceTimers,
      handler: streamHandler(async () => {
        for (const milliseconds of [1, 250, 1500, 20_000]) {
          await pause(milliseconds);
          told.push([now() - START, Date.now() - START]);
        }
      }),
    });
    expect(told).toEqual([[1, 1], [251, 251], [1751, 1751], [21_751, 21_751]]);
    expect(invocations).toMatchObject([{ durationMs: 21_751, response: { batchItemFailures: [] } }]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['setImmediate', () => new Promise((resolve) => setImmediate(resolve))],
    ['setImmediate made a promise', () => promisify(setImmediate)()],
    ['process.nextTick', () => new Promise<void>((resolve) => process.nextTick(resolve))],
    ['queueMicrotask', () => new Promise<void>((resolve) => queueMicrotask(resolve))],
  ])('are not waited for by %s, which waits for no time', async (_, wait) => {
    for (const options of [{ advanceTimers }, {}]) {
      const { invocations } = await simulateTrigger({
        ...once, ...options, handler: async () => {
          await wait();
          await wait();
          return elapsed();
        },
      });
      expect(invocations).toMatchObject([{ durationMs: 0, response: 0 }]);
    }
    const heard: string[] = [];
    setImmediate(() => heard.push('of the test'));
    expect(heard).toEqual([]);
    jest.advanceTimersByTime(0);
    expect(heard).toEqual(['of the test']);
  });

  test('are not those of a framework that leaves some real', async () => {
    jest.useFakeTimers({ doNotFake: ['setTimeout', 'setImmediate'] });
    const { invocations } = await simulateTrigger({ ...once, advanceTimers, handler: () => pause(20) });
    expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
  });

  test('move through hours of retries', async () => {
    let down = true;
    setTimeout(() => down = false, HOUR);
    const { invocations, failed } = await simulateTrigger({
      shards, advanceTimers, handler: () => {
        if (down) {
          throw new Error('down');
        }
      },
    });
    expect(failed).toEqual([]);
    expect(invocations.at(-1)!.at - START).toBeGreaterThanOrEqual(HOUR);
    expect(invocations.at(-1)!.at - START).toBeLessThan(HOUR + 60_000);
  });

  test('stop the virtual clock where they are due, and may be cleared by number', async () => {
    const told: number[] = [];
    await simulateTrigger({
      ...once,
      advanceTimers,
      handler: async () => {
        clearTimeout(+setTimeout(() => told.push(NaN), 500));
        await Promise.all([pause(3000), pause(700).then(() => told.push(elapsed()))]);
        told.push(elapsed());
      },
    });
    expect(told).toEqual([0.7, 3]);
  });

  test('that nobody moves are an error, not a timeout', async () => {
    await expect(simulateTrigger({ ...once, handler: () => pause(1000) })).rejects.toThrow(new Error(
      'The handler waits for a fake timer, but nothing moves it. Move fake timers with the virtual clock, as in advanceTimers: (ms) => '
      + 'jest.advanceTimersByTimeAsync(ms), or use real ones.'));
    const { invocations } = await simulateTrigger({ ...once, handler: async () => clearTimeout(setTimeout(() => undefined, 1000)) });
    expect(invocations[0].error).toBeUndefined();
  });
});

describe('a timer function that somebody has wrapped, such as a tracer', () => {
  const { setTimeout: before } = globalThis;
  afterEach(() => void (globalThis.setTimeout = before));

  test.each<[string, typeof setTimeout]>([
    ['and that returns what Node.js returns', ((callback: () => void, delay: number) => before(callback, delay)) as never],
    ['and that returns something else', ((callback: () => void, delay: number) => ({ task: before(callback, delay) })) as never],
    ['in a mock', jest.fn((callback: () => void, delay: number) => before(callback, delay)) as never],
  ])('is real %s', async (_, wrapped) => {
    globalThis.setTimeout = wrapped;
    for (const options of [{}, { advanceTimers: async () => undefined }]) {
      const { invocations } = await simulateTrigger({ ...once, ...options, handler: () => pause(20) });
      expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
    }
    const { invocations } = await simulateTrigger({ ...once, timers: 'virtual', handler: () => pause(HOUR / 100) });
    expect(invocations).toMatchObject([{ durationMs: HOUR / 100, response: null }]);
  });
});

describe('an error that the callback of a timer throws', () => {
  const thrown = () => {
    throw new RangeError('in the callback');
  };
  const failed = { errorType: 'RangeError', errorMessage: 'in the callback' };

  test.each<[string, () => unknown]>([
    ['setTimeout', () => setTimeout(thrown, 100)],
    ['setInterval', () => setInterval(thrown, 100)],
    ['AbortSignal.timeout', () => AbortSignal.timeout(100).addEventListener('abort', thrown)],
  ])('of %s fails the invocation and ends the process, and Lambda tries again', async (_, start) => {
    for (const runtime of [false, true]) {
      let calls = 0;
      const work = async () => {
        if (++calls === 1) {
          start();
        }
        await pause(500);
      };
      const { invocations, lost } = await simulateTrigger({
        shards, timers: 'virtual', handler: { load: () => runtime ? streamHandler(work) : work },
      });
      expect(invocations).toMatchObject([{ durationMs: 100, error: failed }, { durationMs: 500 }]);
      expect(invocations[1].environment).not.toBe(invocations[0].environment);
      expect([invocations.length, lost]).toEqual([2, []]);
    }
  });

  test('that fires when its environment thaws fails the invocation under way', async () => {
    let calls = 0;
    const { invocations, lost } = await simulateTrigger({
      timers: 'virtual', environments: 1, mapping: { batchSize: 1 },
      shards: [{ records: ['a', 'b'].map((id, n) => streamRecord({ newImage: { id }, createdAt: START / 1000 + 10 * n })) }],
      handler: async () => {
        if (++calls === 1) {
          setTimeout(thrown, 100);
        }
      },
    });
    expect(invocations.map(({ error, event }) => [event.Records[0].dynamodb?.Keys?.id.S, error])).toEqual([['a', undefined], ['b', failed], ['b', undefined]]);
    expect(invocations.map(({ environment }) => environment)).toEqual([1, 1, 2]);
    expect(lost).toEqual([]);
  });

  test('is the handler\'s with fake timers too', async () => {
    jest.useFakeTimers();
    try {
      const { invocations } = await simulateTrigger({
        ...once, advanceTimers: (milliseconds) => jest.advanceTimersByTimeAsync(milliseconds),
        handler: async () => {
          setTimeout(thrown, 100);
          await pause(500);
        },
      });
      expect(invocations).toMatchObject([{ durationMs: 100, error: failed }]);
    } finally {
      jest.useRealTimers();
    }
  });
});
