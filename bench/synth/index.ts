/**
 * How long apps with triggers take to synthesize, beside the same apps wired by hand: the CDK's event source with the trigger's settings, and
 * a failure queue as the trigger makes it. Nothing is bundled; tables and functions are the same.
 *
 *     npx projen compile && npx ts-node -T --project bench/tsconfig.json bench/synth/index.ts [triggers [stacks [others]]]
 *
 * Tables, functions and wirings are in one, two or three stacks, with other resources beside them. Both are synthesized in turn, in one
 * process, and the medians compared, without the CDK's own validation of the templates, which takes its time for either.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { CfnQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { median } from '../median';
import { DynamoStreamTrigger } from 'dynamo-stream-trigger';

const ROUNDS = 7;
const WARM_UPS = 1;
const LIMIT = 1.25;

interface Size {
  readonly triggers: number;
  readonly stacks: number;
  readonly others: number;
}

type Wiring = (stack: Stack, id: number, table: TableV2, handler: Function) => void;

const wirings: Record<string, Wiring> = {
  'by hand': (_stack, id, table, handler) => {
    const queue = new Queue(Stack.of(handler), `FailureQueue${id}`, {
      encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14), removalPolicy: RemovalPolicy.RETAIN,
    });
    handler.addEventSource(new DynamoEventSource(table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      retryAttempts: 10,
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
function synthesize(wiring: Wiring, { triggers, stacks: count, others }: Size): number {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  const start = process.cpuUsage();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  const stacks = Array.from({ length: count }, (_, index) => new Stack(app, `Stack${index}`));
  const [tables, functions, mappings] = [0, 1, 2].map((index) => stacks[Math.min(index, count - 1)]);
  for (let id = 0; id < others; id++) {
    new CfnQueue(stacks[id % count], `Other${id}`, { queueName: `other-${id}`, tags: [{ key: 'id', value: String(id) }] });
  }
  for (let id = 0; id < triggers; id++) {
    const table = new TableV2(tables, `Table${id}`, {
      partitionKey: { name: 'id', type: AttributeType.STRING }, dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    const handler = new Function(functions, `Function${id}`, {
      runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => {};'),
      timeout: Duration.minutes(1),
    });
    wiring(mappings, id, table, handler);
  }
  app.synth();
  const { user, system } = process.cpuUsage(start);
  rmSync(outdir, { recursive: true });
  return (user + system) / 1000;
}

/** The sizes that the command line asks for, or all. */
function sizes(): Size[] {
  const [triggers, stacks, others] = process.argv.slice(2).map((argument) => [Number(argument)]);
  return (triggers ?? [40, 120]).flatMap((ofTriggers) => (stacks ?? [1, 2, 3]).flatMap((ofStacks) => (others ?? [0, 300, 1_000])
    .map((ofOthers) => ({ triggers: ofTriggers, stacks: ofStacks, others: ofOthers }))));
}

process.env.CDK_VALIDATION = 'false';
for (const size of sizes()) {
  const times = Object.fromEntries(Object.keys(wirings).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (const [name, wiring] of Object.entries(wirings)) {
      const took = synthesize(wiring, size);
      if (round >= 0) {
        times[name].push(took);
      }
    }
  }
  const [byHand, triggers] = Object.values(times).map(median);
  const ratio = triggers / byHand;
  console.log(`${size.triggers} triggers, ${size.stacks} stacks, ${size.others} others: by hand ${byHand.toFixed(0)} ms, triggers ${triggers.toFixed(0)} ms, `
    + `ratio ${ratio.toFixed(2)} (limit ${LIMIT})`);
  if (ratio > LIMIT) {
    process.exitCode = 1;
  }
}
