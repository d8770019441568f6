import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer as createWebServer, get, type RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import * as timers from 'node:timers';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { gzip } from 'node:zlib';
import * as fc from 'fast-check';
import { streamHandler, windowHandler } from '../../lib/runtime';
import { elapsed, simulateTrigger, type SimulationOptions, sleep, streamRecord } from '../../lib/testing';
import { measure } from '../granted-time';

const once = { mapping: { retryAttempts: 0, bisectBatchOnError: false }, shards: [{ records: [streamRecord({ newImage: { id: 'a' } })] }] };
const run = (options: Partial<SimulationOptions> & Pick<SimulationOptions, 'handler'>) => simulateTrigger({ ...once, timeout: 3, ...options });
const realTime = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A handler that does this for each record, and fails once, so that the runtime waits in virtual time. */
const failingOnce = (work: () => unknown) => {
  let failed = false;
  return streamHandler(async () => {
    await work();
    if (!failed) {
      failed = true;
      throw new Error('once');
    }
  });
};

const ends: (() => unknown)[] = [];

/** Milliseconds that this has waited for. */
const waited = () => {
  const { granted, end } = measure();
  ends.push(end);
  return granted;
};
afterEach(() => {
  ends.splice(0).forEach((end) => end());
});

/** Starts a server of the test's own process. */
async function started(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close(), () => sockets.forEach((socket) => socket.destroy()));
  return (server.address() as AddressInfo).port;
}

/** A server that answers each message, after so many milliseconds, or none. */
const listen = async (answers: boolean, milliseconds = 5) =>
  started(createServer((socket) => socket.on('data', (data) => answers && setTimeout(() => socket.write(data), milliseconds))));

/** The address of a web server. */
const serve = async (listener: RequestListener) => `http://127.0.0.1:${await started(createWebServer(listener))}/`;

const connected = (port: number) => new Promise<Socket>((resolve) => {
  const socket = connect(port, '127.0.0.1', () => resolve(socket));
  ends.push(() => socket.destroy());
});

const ask = (socket: Socket) => new Promise<void>((resolve) => {
  socket.once('data', () => resolve());
  socket.write('ping');
});

describe('real work of a handler is waited for, and takes no virtual time', () => {
  test.each<[string, () => unknown]>([
    ['a timer', () => realTime(50)],
    ['timers one after another', async () => {
      await realTime(5);
      await realTime(5);
    }],
    ['an immediate', () => new Promise((resolve) => setImmediate(resolve))],
    ['a file', () => readFile(__filename)],
    ['compression', () => promisify(gzip)(Buffer.alloc(5_000_000))],
    ['a tick', () => new Promise<void>((resolve) => process.nextTick(resolve))],
    ['a timer that keeps no process alive', () => new Promise<void>((resolve) => setTimeout(resolve, 20).unref())],
    ['the third tick of an interval', () => new Promise<void>((resolve) => {
      let ticks = 0;
      const interval = setInterval(() => ++ticks === 3 && resolve(clearInterval(interval)), 5);
    })],
  ])('%s', async (_, work) => {
    const { invocations } = await run({ handler: async () => void await work() });
    expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
  });

  test('a module that is loaded', async () => {
    const { invocations } = await run({
      handler: {
        load: async () => {
          await new Promise<void>((resolve) => setTimeout(resolve, 20).unref());
          return () => 'loaded';
        },
      },
    });
    expect(invocations).toMatchObject([{ durationMs: 0, response: 'loaded' }]);
  });

  test('a connection that the handler opened', async () => {
    const port = await listen(true);
    const { invocations } = await run({ handler: async () => ask(await connected(port)) });
    expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
  });

  test('a connection that was there before', async () => {
    const socket = await connected(await listen(true));
    const { invocations } = await run({ handler: () => ask(socket) });
    expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
  });
});

describe('the virtual clock stands still while real work is under way, also if something waits for virtual time', () => {
  /** Longer than an answered connection is looked at. */
  const WHILE = 150;

  test.each<[string, () => Promise<() => unknown>]>([
    ['an answer that takes long', async () => {
      const address = await serve((_, response) => void setTimeout(() => response.end('fine'), 400));
      return async () => (await fetch(address)).text();
    }],
    ['an answer whose end takes long', async () => {
      const address = await serve((_, response) => {
        response.write('fi');
        setTimeout(() => response.end('ne'), WHILE);
      });
      return async () => (await fetch(address)).text();
    }],
    ['an answer to node:http', async () => {
      const address = await serve((_, response) => {
        response.flushHeaders();
        setTimeout(() => response.end('fine'), WHILE);
      });
      return () => new Promise((resolve) => get(address, (response) => response.resume().on('end', resolve)));
    }],
    ['an answer of HTTP/2', async () => {
      const port = await started(createHttp2Server((_, response) => void setTimeout(() => response.end('fine'), WHILE)));
      const client = connectHttp2(`http://127.0.0.1:${port}`);
      ends.push(() => client.destroy());
      return () => new Promise((resolve) => client.request().resume().on('end', resolve));
    }],
    ['questions one after another on one connection', async () => {
      const port = await listen(true, WHILE);
      return async () => {
        const socket = await connected(port);
        await ask(socket);
        await ask(socket);
      };
    }],
    ['a connection that was there before', async () => {
      const socket = await connected(await listen(true, WHILE));
      return () => ask(socket);
    }],
    ['a server that speaks first', async () => {
      const port = await started(createServer((socket) => void setTimeout(() => socket.write('welcome'), WHILE)));
      return async () => new Promise<void>(async (resolve) => (await connected(port)).once('data', () => resolve()));
    }],
    ['a child process', async () => () => promisify(execFile)(process.execPath, ['-e', `setTimeout(() => {}, ${WHILE})`])],
    ['a worker', async () => () => new Promise((resolve) => {
      new Worker(`setTimeout(() => {}, ${WHILE})`, { eval: true }).on('exit', resolve);
    })],
    ['a timer that is due before', async () => () => realTime(200)],
    ['a timer of node:timers', async () => () => new Promise<void>((resolve) => timers.setTimeout(resolve, 200))],
  ])('%s', async (_, prepare) => {
    const work = await prepare();
    const seen: number[] = [];
    const { invocations } = await run({
      handler: async () => {
        await Promise.race([sleep(1000), Promise.resolve(work()).then(() => seen.push(elapsed()))]);
        await sleep(500);
        seen.push(elapsed());
      },
    });
    expect(seen).toEqual([0, 0.5]);
    expect(invocations).toMatchObject([{ durationMs: 500, response: null }]);
  });

  test('an answer that never comes is waited for until realTimeLimit, and then counts as one that never comes', async () => {
    const port = await listen(false);
    const start = Date.now();
    const { invocations } = await run({
      realTimeLimit: 0.3, handler: async () => Promise.race([ask(await connected(port)), sleep(1000).then(() => 'guard')]),
    });
    expect(invocations).toMatchObject([{ durationMs: 1000, response: 'guard' }]);
    expect(Date.now() - start).toBeGreaterThan(290);
  });

  test('a handler may wait for what another one waits for in virtual time', async () => {
    const port = await listen(true);
    let first: Promise<void> | undefined;
    const { invocations } = await run({
      shards: ['a', 'b'].map((id) => ({ records: [streamRecord({ newImage: { id } })] })),
      handler: async () => first ??= connected(port).then(ask).then(() => sleep(1000)),
    });
    expect(invocations).toMatchObject([{ durationMs: 1000 }, { durationMs: 1000 }]);
  });
});

describe('work of others', () => {
  test('a timer that fires meanwhile makes no timeout of a success', async () => {
    for (const others of [[30], [1, 30, 60, 150], [300]]) {
      const left = others.map((milliseconds) => setTimeout(() => undefined, milliseconds));
      const { invocations } = await run({ handler: () => realTime(100) });
      expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
      left.forEach(clearTimeout);
    }
  });

  test('neither timers, servers, requests nor kept connections of the test hold up a handler that waits for virtual time alone', async () => {
    const interval = setInterval(() => undefined, 1);
    const timer = setTimeout(() => undefined, 60_000);
    ends.push(() => clearInterval(interval), () => clearTimeout(timer));
    void ask(await connected(await listen(false)));
    await ask(await connected(await listen(true)));
    const time = waited();
    const { invocations } = await run({ handler: () => new Promise(() => undefined) });
    expect(invocations).toMatchObject([{ durationMs: 3000, error: { errorType: 'Sandbox.Timedout' } }]);
    expect(time()).toBeLessThan(5000);
  });
});

/** What code of the process may do again and again that is in no handler: a loop that an earlier test has left behind, for example. */
const NOISES: [string, () => Promise<() => unknown>][] = [
  ['files', async () => () => readFile(__filename)],
  ['connections that are refused', async () => () => new Promise<void>((resolve) => {
    connect(9, '127.0.0.1').on('error', () => resolve());
  })],
  ['requests', async () => {
    const address = await serve((_, response) => void response.end('fine'));
    return async () => (await fetch(address)).text();
  }],
  ['questions on a connection that is kept', async () => {
    const socket = await connected(await listen(true));
    return () => ask(socket);
  }],
];

/** Does it again and again until the test is over. */
function repeat(work: () => unknown): Promise<void> {
  let over = false;
  ends.push(() => over = true);
  return (async () => {
    while (!over) {
      await work();
    }
  })().catch(() => undefined);
}

describe.each(NOISES)('beside code of the process that does this without end: %s', (_, prepare) => {
  const hangs = () => new Promise<never>(() => undefined);
  const results = async (options: Pick<SimulationOptions, 'handler'>) => {
    const { invocations, lost } = await run({ realTimeLimit: 0.1, ...options });
    return [invocations.map(({ durationMs, error, response }) => [durationMs, error?.errorType, response]), lost.length];
  };

  test('a handler that never answers is ended as it is without that, and one that waits for virtual time waits for no longer', async () => {
    const handlers = [hangs, streamHandler(hangs), async () => sleep(500), async () => {
      await realTime(10);
      await sleep(500);
      await realTime(10);
    }];
    const alone = [];
    for (const handler of handlers) {
      alone.push(await results({ handler }));
    }
    void repeat(await prepare());
    for (const [at, handler] of handlers.entries()) {
      expect(await results({ handler })).toEqual(alone[at]);
    }
  });

  test('which a handler of a simulation that has failed began: the next one is not disturbed', async () => {
    const noise = await prepare();
    await expect(run({ realTimeLimit: 0.1, handler: () => repeat(noise) })).rejects.toThrow('The handler did not answer');
    expect(await results({ handler: async () => sleep(500) })).toEqual([[[500, undefined, null]], 0]);
    expect(await results({ handler: hangs })).toEqual([[[3000, 'Sandbox.Timedout', undefined]], 0]);
  });
});

test.each<[string, () => Promise<() => unknown>, string]>([
  ['a connection that was there before', NOISES[3][1], 'a connection to 127.0.0.1, port'],
  ['files that other code reads', async () => {
    // A queue of the module, whose loop does not belong to a handler.
    const queue: (() => void)[] = [];
    void repeat(async () => {
      await readFile(__filename);
      queue.shift()?.();
    });
    return () => new Promise<void>((resolve) => queue.push(resolve));
  }, 'a file operation of other code'],
])('a handler that asks others again and again for too long is an error, not taken for one that hangs: %s', async (_, prepare, named) => {
  const question = await prepare();
  await expect(run({ realTimeLimit: 0.3, handler: () => repeat(question) })).rejects.toThrow(named);
});

test('a question on a connection from before that is never answered is named, whatever others ask', async () => {
  const port = await listen(false);
  const [silent, noisy] = [await connected(port), await connected(await listen(true))];
  void repeat(() => ask(noisy));
  await expect(run({ realTimeLimit: 0.1, handler: () => ask(silent) })).rejects.toThrow(`a connection to 127.0.0.1, port ${port}`);
});

test('a timer that keeps no process alive and sets the next one is not waited for longer than realTimeLimit', async () => {
  let timer: NodeJS.Timeout | undefined;
  const beat = () => void (timer = setTimeout(beat, 5).unref());
  ends.push(() => clearTimeout(timer));
  const { invocations } = await run({
    realTimeLimit: 0.2, handler: () => {
      beat();
      return new Promise(() => undefined);
    },
  });
  expect(invocations).toMatchObject([{ durationMs: 3000, error: { errorType: 'Sandbox.Timedout' } }]);
});

test('a process that is stopped at any moment, for longer than realTimeLimit, changes nothing', async () => {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const socket = await connected(await listen(true, 20));
  const address = await serve((__, response) => {
    response.write('fi');
    setTimeout(() => response.end('ne'), 20);
  });
  const silent = await connected(await listen(false));
  const guard = (work: () => unknown) => Promise.race([Promise.resolve(work()).then(() => 'work'), sleep(1000).then(() => 'guard')]);
  const works: (() => unknown)[] = [
    () => guard(() => ask(socket)),
    () => guard(async () => (await fetch(address)).text()),
    () => guard(() => realTime(30)),
    () => guard(() => readFile(__filename)),
    () => guard(() => ask(silent)),
    async () => {
      await ask(socket);
      await sleep(100);
      return 'work';
    },
  ];
  const expected = ['work', 'work', 'work', 'work', 'guard', 'work'];
  // One after another, so that each meets stops at moments of its own.
  const moments = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 20, max: 150 })), { minLength: 1, maxLength: 2 });
  await fc.assert(fc.asyncProperty(moments, async (stops) => {
    for (const [at, work] of works.entries()) {
      const stopping = stops.map(([moment, length]) => setTimeout(() => Atomics.wait(stop, 0, 0, length), moment));
      const { invocations } = await run({ realTimeLimit: 0.1, handler: work });
      stopping.forEach(clearTimeout);
      expect([at, invocations[0].response, invocations[0].error]).toEqual([at, expected[at], undefined]);
    }
  }), { numRuns: 3 });
});

describe('a real timer beside a wait for virtual time', () => {
  const within = <T>(work: Promise<T>, milliseconds: number) => {
    let guard: NodeJS.Timeout;
    const late = new Promise<string>((resolve) => guard = setTimeout(() => resolve('guard'), milliseconds));
    ends.push(() => clearTimeout(guard));
    return Promise.race([work, late]);
  };
  const working = (milliseconds: number) => sleep(milliseconds).then(() => 'work');

  test.each<[number, number, string]>([[2000, 500, 'work'], [2000, 1999, 'work'], [150, 500, 'guard'], [150, 150, 'guard']])(
    'of %d ms and one of %d ms: the %s is first', async (guard, work, first) => {
      const time = waited();
      const { invocations } = await run({ handler: () => within(working(work), guard) });
      expect(invocations).toMatchObject([{ durationMs: first === 'work' ? work : 0, response: first }]);
      expect(time()).toBeLessThan(1500);
    });

  test.each<[number, number, string]>([[2000, 500, 'work'], [150, 500, 'guard']])(
    'of %d ms and one of %d ms in calls side by side: the %s is first', async (guard, work, first) => {
      const seen: string[] = [];
      await run({
        timeout: 10, shards: [{ records: ['a', 'b', 'c'].map((id) => streamRecord({ newImage: { id } })) }],
        handler: streamHandler(async () => void seen.push(await within(working(work), guard))),
      });
      expect(seen).toEqual([first, first, first]);
    });

  test('is waited for when it is all that is left', async () => {
    const both = async () => void await Promise.all([working(100), realTime(150)]);
    for (const handler of [both, streamHandler(both)]) {
      const { invocations, lost } = await run({ handler });
      expect(invocations).toMatchObject([{ durationMs: 100, response: handler === both ? null : { batchItemFailures: [] } }]);
      expect(lost).toEqual([]);
    }
  });

  test.each<[string, SimulationOptions['handler']]>([
    ['invocations', () => within(working(500), 1000)],
    ['calls', streamHandler({ concurrency: 1, onRecord: async () => void await within(working(500), 1000) })],
  ])('that is left behind holds up none of the later %s for long', async (_, handler) => {
    const time = waited();
    const { invocations } = await run({
      handler, mapping: { batchSize: typeof handler === 'function' && handler.length === 0 ? 1 : 50 }, timeout: 60,
      shards: [{ records: Array.from({ length: 50 }, (__, n) => streamRecord({ newImage: { id: `${n}` } })) }],
    });
    expect(invocations.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(25_000);
    expect(time()).toBeLessThan(2500);
  });
});

describe('what was begun elsewhere is waited for', () => {
  const records = (count: number) => [{ records: Array.from({ length: count }, (_, n) => streamRecord({ newImage: { id: `${n}` }, createdAt: 1_735_689_600 + n })) }];
  const elsewhere = { timeout: 3, mapping: { batchSize: 1, retryAttempts: 0, bisectBatchOnError: false } };

  test('in another environment: a connection that the first call opens, and all use', async () => {
    const port = await listen(true, 20);
    let opened: Promise<Socket> | undefined;
    let answers = 0;
    const { invocations } = await simulateTrigger({
      ...elsewhere, shards: records(4), handler: {
        load: () => async () => {
          await ask(await (opened ??= connected(port)));
          await Promise.race([sleep(1000), ask(await opened)]);
          answers++;
        },
      },
    });
    expect(new Set(invocations.map(({ environment }) => environment)).size).toBeGreaterThan(1);
    expect(invocations.map(({ durationMs, error }) => [durationMs, error])).toEqual(Array(4).fill([0, undefined]));
    expect(answers).toBe(4);
  });

  test.each<[string, () => Promise<() => Promise<unknown>>]>([
    ['a request', async () => {
      const address = await serve((_, response) => void setTimeout(() => response.end('fine'), 80));
      return async () => (await fetch(address)).text();
    }],
    ['a timer', async () => () => realTime(80)],
    ['a file', async () => () => readFile(__filename)],
  ])('in an environment that has ended: %s', async (_, prepare) => {
    const work = await prepare();
    let begun: Promise<unknown> | undefined;
    const { invocations } = await simulateTrigger({
      ...elsewhere, shards: [{ records: [{ id: 'a' }] }], faults: { crash: () => begun === undefined && true },
      mapping: { retryAttempts: 1 }, handler: {
        load: () => async () => {
          if (begun) {
            await begun;
          } else {
            begun = work();
          }
        },
      },
    });
    expect(invocations.map(({ durationMs, error }) => [durationMs, error?.errorType])).toEqual([[0, 'Runtime.ExitError'], [0, undefined]]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a connection that opens', async () => connected(await listen(true))],
    ['a connection whose server is asked', async () => ask(await connected(await listen(true, 80)))],
    ['a request', async () => (await fetch(await serve((_, response) => void setTimeout(() => response.end('fine'), 400)))).text()],
    ['files', async () => {
      for (let n = 0; n < 20; n++) {
        await readFile(__filename);
      }
    }],
  ])('before the simulation, by the module: %s', async (_, begin) => {
    const begun = begin();
    const { invocations } = await run({ handler: async () => void await begun });
    expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
  });
});

describe('what a handler keeps does not hold up its waits for virtual time', () => {
  test.each<[string, () => Promise<() => unknown>]>([
    ['a connection that answers', async () => {
      const port = await listen(true);
      let socket: Socket | undefined;
      return async () => ask(socket ??= await connected(port));
    }],
    ['a connection that is written to only', async () => {
      const port = await listen(false);
      let socket: Socket | undefined;
      return async () => (socket ??= await connected(port)).write('metric');
    }],
    ['an interval', async () => {
      let interval: NodeJS.Timeout | undefined;
      ends.push(() => clearInterval(interval));
      return () => interval ??= setInterval(() => undefined, 20);
    }],
    ['the timer of an idle connection', async () => () => {
      const timer = setTimeout(() => undefined, 10_000);
      ends.push(() => clearTimeout(timer));
    }],
    ['requests to a server of the test', async () => {
      const address = await serve((_, response) => void setTimeout(() => response.end('fine'), 5));
      return async () => (await fetch(address)).text();
    }],
    ['a timer that sets the next one', async () => {
      let timer: NodeJS.Timeout | undefined;
      const flush = () => void (timer = setTimeout(flush, 20));
      ends.push(() => clearTimeout(timer));
      return () => timer ?? flush();
    }],
  ])('%s', async (_, prepare) => {
    const handler = failingOnce(await prepare());
    const time = waited();
    const { invocations, calls, lost } = await run({ handler, realTimeLimit: 0.5 });
    expect(invocations).toMatchObject([{ response: { batchItemFailures: [] } }]);
    expect(invocations[0].durationMs).toBeLessThan(3000);
    expect([calls.length, lost]).toEqual([2, []]);
    expect(time()).toBeLessThan(5000);
  });
});

test.each<[string, Partial<SimulationOptions>, (milliseconds: number) => Promise<unknown>, 'before' | 'in the first']>([
  ['sleep, made in the first one', {}, sleep, 'in the first'],
  ['a virtual timer, made in the first one', { timers: 'virtual' }, realTime, 'in the first'],
  ['sleep, made before the simulation', {}, sleep, 'before'],
])('a listener on a kept connection waits for the invocation under way: with %s', async (_, options, wait, made) => {
  const port = await listen(true);
  let socket = made === 'before' ? connected(port) : undefined;
  const asking: (() => void)[] = [];
  let listens = false;
  const { invocations } = await run({
    ...options, environments: 1, realTimeLimit: 1, mapping: { batchSize: 1 }, shards: [{ records: [streamRecord(), streamRecord()] }],
    handler: async () => {
      const own = await (socket ??= connected(port));
      if (!listens) {
        listens = true;
        own.on('data', () => void wait(500).then(asking.shift()));
      }
      await new Promise<void>((resolve) => {
        asking.push(resolve);
        own.write('ping');
      });
    },
  });
  expect(invocations.map(({ durationMs }) => durationMs)).toEqual([500, 500]);
});

describe('a handler that waits for something real in which nothing happens ends the simulation with an error that names it', () => {
  const refused = async (work: () => unknown): Promise<string> =>
    run({ handler: async () => void await work(), realTimeLimit: 0.2 }).then(() => 'no error', (error) => error.message);

  test('a timer', async () => {
    const message = await refused(() => new Promise((resolve) => {
      const timer = setTimeout(resolve, 600_000);
      ends.push(() => clearTimeout(timer));
    }));
    expect(message).toBe('The handler did not answer within 0.2 s of real time in which nothing happened. It may wait for what it has open: a timer of '
      + '600000 ms. Let it wait in virtual time, with sleep() of dynamo-stream-trigger/testing or the options timers or advanceTimers, close what '
      + 'it does not need, or raise realTimeLimit.');
  });

  test('a connection', async () => {
    const port = await listen(false);
    expect(await refused(async () => ask(await connected(port)))).toContain(`what it has open: a connection to 127.0.0.1, port ${port}.`);
  });

  test('a connection and an interval beside a call that hangs', async () => {
    const port = await listen(true);
    expect(await refused(async () => {
      await ask(await connected(port));
      const interval = setInterval(() => undefined, 50);
      ends.push(() => clearInterval(interval));
      await new Promise(() => undefined);
    })).toContain(`a connection to 127.0.0.1, port ${port}, an interval of 50 ms.`);
  });

  test.each<[string, (address: string) => Promise<unknown>, string]>([
    ['fetch', (address) => fetch(address), 'an HTTP request to http://127.0.0.1:PORT, a connection to 127.0.0.1, port PORT.'],
    ['node:http', (address) => new Promise((resolve) => get(address, resolve).on('error', resolve)),
      'a connection to 127.0.0.1, port PORT, an HTTP request to 127.0.0.1.'],
  ])('an HTTP request by %s', async (_, request, named) => {
    const address = await serve(() => undefined);
    expect(await refused(() => request(address))).toContain(`what it has open: ${named.replaceAll('PORT', new URL(address).port)}`);
  });

  test.each<[string, (request: () => Promise<unknown>) => Promise<void>]>([
    ['timers', () => realTime(20)],
    ['requests', async (request) => void await request()],
    ['timers and requests', async (request) => {
      await realTime(20);
      await request();
    }],
    ['immediates', () => new Promise((resolve) => setImmediate(resolve))],
    ['files', async () => void await readFile(__filename)],
  ])('%s without end', async (_, work) => {
    const address = await serve((__, response) => void response.end('not yet'));
    let over = false;
    const time = waited();
    const message = await refused(async () => {
      while (!over) {
        await work(async () => (await fetch(address)).text());
      }
    });
    over = true;
    expect(message).toMatch(/^The handler did not answer within 0\.[23] s of real time/);
    expect(time()).toBeLessThan(5000);
  });

  test('something that happens again and again, one and a half times as long', async () => {
    const address = await serve((_, response) => void response.end('not yet'));
    let over = false;
    const time = waited();
    await expect(run({
      realTimeLimit: 0.4, handler: async () => {
        while (!over) {
          await (await fetch(address)).text();
          await realTime(50);
        }
      },
    })).rejects.toThrow(/^The handler did not answer within 0\.6 s of real time\. It may wait for what it has open: .+\. Let it wait in virtual time, with sleep\(\) of dynamo-stream-trigger\/testing or the options timers or advanceTimers, close what it does not need, or raise realTimeLimit\.$/);
    over = true;
    expect(time()).toBeLessThan(5000);
  });

  test('with the defaults, within 5 seconds', async () => {
    const address = await serve(() => undefined);
    const time = waited();
    await expect(run({ handler: async () => void await fetch(address) })).rejects.toThrow('within 3 s of real time in which nothing happened');
    expect(time()).toBeLessThan(5000);
  });

  test('a module that does not load', async () => {
    const loading = run({ handler: { load: () => new Promise<never>(() => undefined) }, realTimeLimit: 0.1 });
    await expect(loading).rejects.toThrow(new Error(
      'The handler\'s load() did not settle within 0.1 s of real time in which nothing happened. Raise realTimeLimit if it takes longer.'));
  });

  test('the next simulation is not disturbed', async () => {
    await refused(() => new Promise((resolve) => ends.push(() => clearTimeout(setTimeout(resolve, 600_000)))));
    expect((await run({ handler: () => 'fine' })).invocations).toMatchObject([{ response: 'fine' }]);
  });
});

describe('a request that is never answered is ended by the time budget of the runtime', () => {
  const options = { timeout: 10, realTimeLimit: 0.5 };

  test.each<[string, 'real' | 'virtual', (address: string, signal: AbortSignal) => Promise<unknown>]>([
    ['fetch with the signal', 'real', (address, signal) => fetch(address, { signal })],
    ['fetch with the signal, and virtual timers', 'virtual', (address, signal) => fetch(address, { signal })],
    ['fetch that ignores the signal', 'real', (address) => fetch(address)],
    ['fetch with the signal, beside a connection that is kept', 'real', async (address, signal) => {
      await ask(await connected(await listen(true)));
      await fetch(address, { signal });
    }],
  ])('%s', async (_, kind, request) => {
    const address = await serve(() => undefined);
    const ended: number[] = [];
    const time = waited();
    const { invocations, failed } = await run({
      ...options, timers: kind, handler: streamHandler(async (__, { signal }) => {
        signal.addEventListener('abort', () => ended.push(elapsed()));
        await request(address, signal);
      }),
    });
    expect(ended).toEqual([9.5]);
    expect(invocations).toMatchObject([{ response: { batchItemFailures: [{}] } }]);
    expect([invocations[0].durationMs >= 9500 && invocations[0].durationMs < 10_000, failed.length]).toEqual([true, 1]);
    expect(time()).toBeLessThan(5000);
  });

  test('in windowHandler too', async () => {
    const address = await serve(() => undefined);
    const { invocations } = await run({
      ...options, mapping: { retryAttempts: 0, tumblingWindow: 10 },
      handler: windowHandler<{ n: number }>({
        initialState: () => ({ n: 0 }),
        onRecord: async (state, _, { signal }) => {
          await fetch(address, { signal });
          return state;
        },
      }),
    });
    expect(invocations[0].durationMs).toBeLessThan(10_000);
  });

  test('but not one that is answered late', async () => {
    const address = await serve((_, response) => void setTimeout(() => response.end('late'), 100));
    const { invocations } = await run({ ...options, handler: streamHandler(async (_, { signal }) => void await fetch(address, { signal })) });
    expect(invocations).toMatchObject([{ durationMs: 0, response: { batchItemFailures: [] } }]);
  });

  test.each<[string, (request: () => Promise<unknown>) => SimulationOptions['handler']]>([
    ['without a budget', (request) => request],
    ['that goes on after the runtime', (request) => {
      const runtime = streamHandler(() => undefined);
      return async (event, context) => {
        await runtime(event, context);
        await request();
      };
    }],
  ])('nor one of a handler %s, which is an error still', async (_, handler) => {
    const address = await serve(() => undefined);
    await expect(run({ ...options, handler: handler(() => fetch(address)) })).rejects.toThrow('an HTTP request to');
  });
});

describe('a server that is silent again', () => {
  const records = Array.from({ length: 5 }, (_, n) => streamRecord({ newImage: { id: `${n}` } }));
  const guarded = (address: string) => async () => {
    const guard = new AbortController();
    await Promise.race([fetch(address, { signal: guard.signal }), sleep(1000)]);
    guard.abort();
  };

  test.each<[string, (address: string) => SimulationOptions]>([
    ['for each invocation', (address) => ({ ...once, handler: guarded(address), mapping: { batchSize: 1 }, shards: [{ records }] })],
    ['for each call', (address) => ({ handler: streamHandler({ concurrency: 1, onRecord: guarded(address) }), shards: [{ records }] })],
    ['for each call, with a signal', (address) => ({
      timers: 'virtual', shards: [{ records }], handler: streamHandler({
        concurrency: 1, onRecord: async () => void await fetch(address, { signal: AbortSignal.timeout(1000) }).catch(() => undefined),
      }),
    })],
  ])('is not waited for as long %s', async (_, options) => {
    const address = await serve(() => undefined);
    const start = Date.now();
    const time = waited();
    const { invocations } = await simulateTrigger({ realTimeLimit: 0.4, ...options(address) });
    expect(invocations.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(5000);
    expect(Date.now() - start).toBeGreaterThan(400);
    expect(time()).toBeLessThan(1500);
  });

  test('is waited for as long as others when it has answered', async () => {
    let asked = 0;
    const times = [null, 20, 300];
    const port = await started(createServer((socket) => socket.on('data', () => {
      const time = times[asked++];
      if (time !== null) {
        setTimeout(() => socket.write('fine'), time);
      }
    })));
    const seen: string[] = [];
    await run({
      realTimeLimit: 1, handler: async () => {
        for (let n = 0; n < 3; n++) {
          seen.push(await Promise.race([ask(await connected(port)).then(() => 'answer'), sleep(100).then(() => 'guard')]));
        }
      },
    });
    expect(seen).toEqual(['guard', 'answer', 'answer']);
  });
});

test('a request is known in every test file of a process: the channel that reports it outlives the copy of this module that has asked for it', async () => {
  const script = `
    require(${JSON.stringify(join(__dirname, '..', '..', 'build', 'testing'))});
    const channel = new WeakRef(require('node:diagnostics_channel').channel('undici:request:create'));
    Object.keys(require.cache).forEach((file) => delete require.cache[file]);
    module.children.length = 0;
    setImmediate(() => {
      gc();
      console.log(channel.deref() !== undefined);
    });`;

  expect((await promisify(execFile)(process.execPath, ['--expose-gc', '-e', script])).stdout).toBe('true\n');
});
