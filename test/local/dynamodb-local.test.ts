import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { recordChildren } from '../../lib/local/process/children';
import { clientOptions } from '../../lib/local/service/credentials';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { freePort } from '../../lib/local/service/free-port';
import { folderWith } from '../folder';
import { onLinux } from '../needing';

jest.mock('../../lib/local/service/free-port', () => {
  const actual = jest.requireActual('../../lib/local/service/free-port');
  return { ...actual, freePort: jest.fn(actual.freePort) };
});

const children = recordChildren(folderWith({}));
afterAll(() => children.killAll());
const start = (port?: number, warn?: (message: string) => void) => startDynamoDbLocal(children, process.cwd(), undefined, port, warn);

onLinux('each starts on ports of its own, and behind the printed one Java serves the runner alone, or a warning says that it can\'t', async () => {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const restricted = await start(undefined, warn);
  await expect(fetch(restricted.direct.endpoint)).rejects.toThrow();
  const tables = new DynamoDBClient({ ...clientOptions(''), ...restricted.direct });
  expect(await tables.send(new ListTablesCommand())).toMatchObject({ TableNames: [] });
  tables.destroy();
  expect(warnings).toEqual([]);

  // As Java 24 and newer do.
  const home = folderWith({
    'bin/java': '#!/bin/sh\ncase "$*" in *security.manager*) echo "Enabling a Security Manager is not supported."; exit 1;; esac\nexec java "$@"\n',
  });
  chmodSync(join(home, 'bin', 'java'), 0o755);
  const { JAVA_HOME } = process.env;
  process.env.JAVA_HOME = home;
  const open = await start(undefined, warn);
  if (JAVA_HOME === undefined) {
    delete process.env.JAVA_HOME;
  } else {
    process.env.JAVA_HOME = JAVA_HOME;
  }
  expect(warnings).toEqual([expect.stringContaining(`DynamoDB Local at port ${new URL(open.direct.endpoint).port} `)]);
  expect(open.endpoint).not.toBe(restricted.endpoint);
  expect((await fetch(open.endpoint)).headers.get('server')).toContain('Jetty');
  await Promise.all([restricted, open].map((database) => database.stop()));
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
  expect(database.direct.endpoint).not.toBe(`http://127.0.0.1:${port}`);
  await database.stop();
  server.close();
});
