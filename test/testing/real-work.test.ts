import { readFile } from 'node:fs/promises';
import { createServer as createWebServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { streamHandler } from '../../lib/runtime';
import { simulateTrigger, type SimulationOptions, streamRecord } from '../../lib/testing';

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
afterEach(() => {
  ends.splice(0).forEach((end) => end());
});

/** A server of the test's own process that answers each message, or none. */
async function listen(answers: boolean): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', (data) => answers && setTimeout(() => socket.write(data), 5));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close(), () => sockets.forEach((socket) => socket.destroy()));
  return (server.address() as AddressInfo).port;
}

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

describe('work of others', () => {
  test('a timer that fires meanwhile makes no timeout of a success', async () => {
    for (const others of [[30], [1, 30, 60, 150], [300]]) {
      const left = others.map((milliseconds) => setTimeout(() => undefined, milliseconds));
      const { invocations } = await run({ handler: () => realTime(100) });
      expect(invocations).toMatchObject([{ durationMs: 0, response: null }]);
      left.forEach(clearTimeout);
    }
  });

  test('neither timers, servers nor requests of the test hold up a handler that waits for virtual time alone', async () => {
    const interval = setInterval(() => undefined, 1);
    const timer = setTimeout(() => undefined, 60_000);
    ends.push(() => clearInterval(interval), () => clearTimeout(timer));
    void ask(await connected(await listen(false)));
    const start = Date.now();
    const { invocations } = await run({ handler: () => new Promise(() => undefined) });
    expect(invocations).toMatchObject([{ durationMs: 3000, error: { errorType: 'Sandbox.Timedout' } }]);
    expect(Date.now() - start).toBeLessThan(1000);
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
      const server = createWebServer((_, response) => setTimeout(() => response.end('fine'), 5));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ends.push(() => server.close(), () => server.closeAllConnections());
      return async () => (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
    }],
  ])('%s', async (_, prepare) => {
    const handler = failingOnce(await prepare());
    const start = Date.now();
    const { invocations, calls, lost } = await run({ handler });
    expect(invocations).toMatchObject([{ response: { batchItemFailures: [] } }]);
    expect(invocations[0].durationMs).toBeLessThan(3000);
    expect([calls.length, lost]).toEqual([2, []]);
    expect(Date.now() - start).toBeLessThan(5000);
  });
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

  test('a module that does not load', async () => {
    const loading = run({ handler: { load: () => new Promise<never>(() => undefined) }, realTimeLimit: 0.1 });
    await expect(loading).rejects.toThrow('The handler\'s load() did not settle within 0.1 s of real time in which nothing happened.');
  });

  test('the next simulation is not disturbed', async () => {
    await refused(() => new Promise((resolve) => ends.push(() => clearTimeout(setTimeout(resolve, 600_000)))));
    expect((await run({ handler: () => 'fine' })).invocations).toMatchObject([{ response: 'fine' }]);
  });
});
