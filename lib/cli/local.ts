import { Command, InvalidArgumentError } from 'commander';
import { LocalRunError, startLocal, type LocalEvent, type LocalRun } from '../local';

/** `dynamo-stream-trigger local`: runs until it is asked to stop, or a part of it ends. */
export function localCommand(): Command {
  return new Command('local')
    .description('Run the triggers of a synthesized app on this machine, against DynamoDB Local')
    .option('--app <folder>', 'the synthesized app, as `cdk synth` writes it', 'cdk.out')
    .option('--port <number>', 'the port of DynamoDB Local (default: a free one)', portNumber)
    .action(async ({ app, port }: { app: string; port?: number }) => {
      // Whatever is still starting ends with the process.
      process.exit(await runUntilStopped(app, port));
    });
}

/** The exit code. */
async function runUntilStopped(assembly: string, port?: number): Promise<number> {
  const asked = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(undefined));
    }
  });
  let started: LocalRun;
  try {
    const first = await Promise.race([startLocal({ assembly, port, observer: (event) => print(lineOf(event)) }), asked]);
    if (!first) {
      return 0;
    }
    started = first;
  } catch (error) {
    if (!(error instanceof LocalRunError)) {
      throw error;
    }
    console.error(error.message);
    return 1;
  }
  print(overview(started));
  const failure = await Promise.race([started.failed, asked]);
  if (failure) {
    console.error(failure.message);
    return 1;
  }
  print('Stopping.');
  await started.stop();
  return 0;
}

function print(text: string | undefined): void {
  if (text !== undefined) {
    console.log(text);
  }
}

/** What a user has to know to write to the tables and to read the destinations. */
function overview(run: LocalRun): string {
  return [
    `DynamoDB       ${run.endpoints.dynamodb}`,
    `SQS, SNS, S3   ${run.endpoints.sqs}`,
    ...run.tables.map((table) => `Table          ${table.name}  (${table.path})`),
    ...run.queues.map((queue) => `Queue          ${queue.url}  (${queue.path})`),
    ...run.topics.map((topic) => `Topic          ${topic.arn}  (${topic.path})`),
    ...run.buckets.map((bucket) => `Bucket         ${bucket.name}  (${bucket.path})`),
    ...run.triggers.map((trigger) => `Trigger        ${trigger.tableName} -> ${trigger.functionName}  (${trigger.path})`),
    'Ready. Write to the tables with any AWS SDK client at this endpoint (any region, credentials of letters and digits); Ctrl-C ends the run.',
  ].join('\n');
}

/** A line for each event that says something to a person. */
function lineOf(event: LocalEvent): string | undefined {
  switch (event.type) {
    case 'warning': return `Note: ${event.message}`;
    case 'log': return `${event.functionName} | ${event.line}`;
    case 'invocationStarted': return undefined;
    case 'invocationEnded': {
      const { outcome } = event;
      const result = outcome.type === 'error' ? `failed: ${outcome.errorType}: ${outcome.errorMessage}`
        : outcome.type === 'throttled' ? 'throttled' : `returned ${JSON.stringify(outcome.response) ?? 'nothing'}`;
      return `${event.functionName} > ${event.event.Records.length} record(s) in ${Math.round(event.durationMs)} ms, ${result}`;
    }
    case 'delivered': {
      const { DDBStreamBatchInfo: batch, requestContext } = event.message;
      const where = event.accepted ? `on ${event.destinationArn}` : `refused by ${event.destinationArn}: ${event.reason}`;
      return `${event.trigger} > ${requestContext.condition}: ${batch.batchSize} record(s) ${where}`;
    }
    case 'notice': {
      const { notice } = event;
      switch (notice.type) {
        case 'retrying': return `${event.trigger} > retrying ${notice.records} record(s), attempt ${notice.attempt}`;
        case 'split': return `${event.trigger} > split into ${notice.first} and ${notice.second} record(s)`;
        case 'dropped': return `${event.trigger} > LOST ${notice.records.length} record(s): ${notice.reason}`;
        case 'trimmed': return `${event.trigger} > LOST records that the stream no longer holds, after ${notice.after ?? 'its start'}`;
        case 'count': return undefined;
      }
    }
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('It has to be a whole number from 1 to 65535.');
  }
  return port;
}
