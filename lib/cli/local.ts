import { Command, InvalidArgumentError, Option } from 'commander';
import { assemblyContent } from './assembly-content';
import { cdkProject } from './cdk-project';
import { offerNewer } from './offer-newer';
import { jsonLines, lines, type Output } from './output';
import { watchApp } from './watch-app';
import { LocalRunError, startLocal, type LocalOptions } from '../local';
import { END_SIGNALS } from '../local/process/process-end';

/** `dynamo-stream-trigger local`: runs until it is asked to stop, or a part of it ends. */
export function localCommand(): Command {
  return new Command('local')
    .description('Run the triggers of a synthesized app on this machine, against DynamoDB Local')
    .option('--app <folder>', 'the synthesized app, as `cdk synth` writes it', 'cdk.out')
    .option('--watch', 'synthesize the app (with the commands of cdk.json) now and when its sources change, and take it over')
    .option('--port <number>', 'the port of DynamoDB Local (default: a free port)', portNumber)
    .option('--data <folder>', 'keep the tables and how far each trigger has read them in this folder (default: in memory)')
    .option('--node <path>', 'the Node.js that runs the functions (default: the one that runs this command)')
    .option('--env-file <file>', 'environment variables for all functions, in lines of NAME=value')
    .option('--env-vars <file>', 'environment variables by function, in JSON as for `sam local --env-vars`')
    .option('--profile <name>', 'credentials for every service except DynamoDB, Lambda, SQS, SNS and S3, which run here')
    .addOption(new Option('--endpoint <service=URL>', 'where the functions reach another service; can be repeated').argParser(endpoint).default({}, 'none'))
    .option('--inspect [port]', 'let a debugger attach to each process of a function, from this port on (default: 9229)', portNumber)
    .option('--inspect-brk [port]', 'the same, and stop before the first line of the function\'s code', portNumber)
    .option('--json', 'print one JSON object per line')
    .action(async ({ app, json, endpoint: endpoints, ...options }: Omit<LocalOptions, 'assembly' | 'endpoints'> & Given) => {
      const output = json ? jsonLines(process.stdout) : lines(process.stdout);
      // Whatever is still starting ends with the process.
      process.exit(await runUntilStopped({ ...options, assembly: app, endpoints }, output));
    });
}

/** The options that `startLocal` has under another name. */
interface Given {
  readonly app: string;
  readonly json?: boolean;
  readonly endpoint: Readonly<Record<string, string>>;
}

/** The exit code: 0 if it ran until it was asked to stop. */
async function runUntilStopped(options: LocalOptions, output: Output): Promise<0 | 1> {
  const asked = askedToStop();
  output.starting();
  const failure = await run(options, output, asked).catch((error) => {
    if (!(error instanceof LocalRunError)) {
      throw error;
    }
    return error;
  });
  output.ended(failure);
  return failure ? 1 : 0;
}

async function run(options: LocalOptions, output: Output, asked: Promise<undefined>): Promise<Error | undefined> {
  const content = options.watch ? undefined : assemblyContent(options.assembly!);
  const start = () => startLocal({ ...options, observer: (event) => output.happened(event) });
  const watched = options.watch ? watchApp(cdkProject(process.cwd()), options, output, start) : undefined;
  const started = await Promise.race([watched ? watched.started : start(), asked]);
  if (!started) {
    return undefined;
  }
  output.ready(started);
  const endLoop = watched ? watched.end : offerNewer(started, options.assembly!, content, output);
  const failure = await Promise.race([started.failed, asked]);
  await endLoop();
  await started.stop();
  return failure;
}

/** Resolves at Ctrl-C, at another signal to end, or when nobody reads the output. */
function askedToStop(): Promise<undefined> {
  return new Promise((resolve) => {
    END_SIGNALS.forEach((signal) => process.once(signal, () => resolve(undefined)));
    // The reader of the output has ended, such as `head`.
    process.stdout.on('error', () => resolve(undefined));
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
  }
  return port;
}

/** Such as `eventbridge=http://127.0.0.1:4566`, added to those before. */
function endpoint(text: string, before: Record<string, string>): Record<string, string> {
  const [, service, url = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (service === undefined || !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new InvalidArgumentError('It must be a service and a URL, such as eventbridge=http://127.0.0.1:4566.');
  }
  return { ...before, [service]: url };
}
