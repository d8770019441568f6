/**
 * How long an app of 50 triggers takes to synthesize, beside one with the same 50 wired by hand: the CDK's event source with the
 * trigger's settings, and a failure queue as the trigger makes it. Nothing is bundled; tables and functions are the same.
 *
 *     npx projen compile && npx ts-node -T --project bench/tsconfig.json bench/synth/index.ts
 *
 * Both are synthesized in turn, in one process, and the medians compared: as `cdk synth` does it, which has a limit, and without the
 * CDK's own validation of the templates, which takes its time for either.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { DynamoStreamTrigger } from 'dynamo-stream-trigger';

const TRIGGERS = 50;
const ROUNDS = 15;
const WARM_UPS = 3;
const LIMIT = 1.25;

type Wiring = (stack: Stack, id: number, table: TableV2, handler: Function) => void;

const wirings: Record<string, Wiring> = {
  'by hand': (stack, id, table, handler) => {
    const queue = new Queue(stack, `FailureQueue${id}`, {
      encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14), removalPolicy: RemovalPolicy.RETAIN,
    });
    handler.addEventSource(new DynamoEventSource(table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      retryAttempts: 100,
      maxRecordAge: Duration.hours(22),
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(queue),
    }));
  },
  'triggers': (stack, id, table, handler) => {
    new DynamoStreamTrigger(stack, `Trigger${id}`, { table, handler });
  },
};

/** Milliseconds of processor time from an empty app to its assembly: what else the machine does counts for neither. */
function synthesize(wiring: Wiring): number {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  const start = process.cpuUsage();
  const app = new App({ outdir });
  const stack = new Stack(app, 'Stack');
  for (let id = 0; id < TRIGGERS; id++) {
    const table = new TableV2(stack, `Table${id}`, {
      partitionKey: { name: 'id', type: AttributeType.STRING }, dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    const handler = new Function(stack, `Function${id}`, {
      runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => {};'),
      timeout: Duration.minutes(1),
    });
    wiring(stack, id, table, handler);
  }
  app.synth();
  const { user, system } = process.cpuUsage(start);
  rmSync(outdir, { recursive: true });
  return (user + system) / 1000;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

// What the CDK's validation says of either goes to the console.
console.error = console.warn = () => {};
for (const [validation, setting, limit] of [['as it is', 'true', LIMIT], ['without the CDK\'s validation', 'false', Infinity]] as const) {
  process.env.CDK_VALIDATION = setting;
  const times = Object.fromEntries(Object.keys(wirings).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (const [name, wiring] of Object.entries(wirings)) {
      const took = synthesize(wiring);
      if (round >= 0) {
        times[name].push(took);
      }
    }
  }
  const [byHand, triggers] = Object.values(times).map(median);
  const ratio = triggers / byHand;
  console.log(`${validation}: by hand ${byHand.toFixed(0)} ms, triggers ${triggers.toFixed(0)} ms, ratio ${ratio.toFixed(2)}`
    + (limit === Infinity ? '' : ` (limit ${limit})`));
  if (ratio > limit) {
    process.exitCode = 1;
  }
}
