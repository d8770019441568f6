import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { folderWith, onLinux } from './fixture-app';
import { recordChildren } from '../../lib/local/children';
import { startDynamoDbLocal } from '../../lib/local/dynamodb-local';

jest.setTimeout(60_000);

const children = recordChildren(folderWith({}));
afterAll(() => children.killAll());
const start = (port?: number) => startDynamoDbLocal(children, process.cwd(), undefined, port);

onLinux('it listens on 127.0.0.1 alone, each on a port of its own', async () => {
  const both = await Promise.all([start(), start()]);
  const ports = both.map(({ endpoint }) => Number(new URL(endpoint).port));
  expect(new Set(ports).size).toBe(2);
  for (const port of ports) {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    // The local address of each socket that listens (state 0A); IPv4 addresses are the last 4 bytes of IPv6 ones, and 127.0.0.1 is 0100007F here.
    const listening = execFileSync('cat', ['/proc/net/tcp', '/proc/net/tcp6'], { encoding: 'utf8' }).split('\n')
      .map((line) => line.trim().split(/\s+/)).filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === '0A');
    expect(listening.map(([, local]) => local)).toEqual([expect.stringMatching(/0100007F:/)]);
  }
  await Promise.all(both.map((database) => database.stop()));
});

test.each(['127.0.0.1', '0.0.0.0'])('a given port that another listens on at %s is refused', async (host) => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(start(port)).rejects.toMatchObject({ name: 'PortInUseError', message: expect.stringContaining(`Port ${port} is taken or not allowed (`) });
  server.close();
});
