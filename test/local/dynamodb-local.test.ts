import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { recordChildren } from '../../lib/local/process/children';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { freePort } from '../../lib/local/service/free-port';
import { folderWith } from '../folder';

jest.mock('../../lib/local/service/free-port', () => {
  const actual = jest.requireActual('../../lib/local/service/free-port');
  return { ...actual, freePort: jest.fn(actual.freePort) };
});

const children = recordChildren(folderWith({}));
afterAll(() => children.killAll());
const start = (port?: number) => startDynamoDbLocal(children, process.cwd(), undefined, port);

test('each starts on a free port of its own', async () => {
  const both = await Promise.all([start(), start()]);
  expect(new Set(both.map(({ endpoint }) => endpoint)).size).toBe(2);
  await Promise.all(both.map((database) => database.stop()));
});

test.each(['127.0.0.1', '0.0.0.0'])('a given port that another listens on at %s is refused', async (host) => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(start(port)).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(`Port ${port} is in use or not allowed (`) });
  server.close();
});

test('if another program takes the port before Java does, another port is used', async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  jest.mocked(freePort).mockResolvedValueOnce(port);
  const database = await start();
  expect(database.endpoint).not.toBe(`http://127.0.0.1:${port}`);
  await database.stop();
  server.close();
});
