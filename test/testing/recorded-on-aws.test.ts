import { simulateTrigger, type SimulatedMapping, streamRecord } from '../../lib/testing';
import { recorded } from '../recorded';

interface Responses {
  readonly cases: readonly {
    readonly source: string;
    readonly name: string;
    readonly functionReturns: unknown;
    readonly throws: boolean;
    readonly outcome: 'success' | 'failure';
    readonly invocations: number;
    readonly maximumRetryAttempts: number;
    readonly approximateInvokeCount: number | null;
    readonly functionErrorInDestination: string | null;
  }[];
}

interface Messages {
  readonly messages: readonly {
    readonly test: string;
    readonly source: 'dynamodb' | 'kinesis';
    readonly destination: 'sqs' | 'sns' | 's3';
    readonly config: { readonly [property: string]: any };
    readonly body: { readonly [name: string]: any };
    readonly recordsPerInvocation: readonly number[] | null;
  }[];
}

const responses = recorded<Responses>('aws-recorded-partial-batch-responses.json');
const messages = recorded<Messages>('aws-recorded-on-failure-messages.json');

describe('partial batch responses recorded on AWS', () => {
  for (const { source, name, functionReturns, throws, ...expected } of responses.data?.cases ?? []) {
    responses.test(`${source}: ${name}`, async () => {
      const run = await simulateTrigger({
        mapping: { retryAttempts: expected.maximumRetryAttempts, bisectBatchOnError: false, maxBatchingWindow: 1 },
        handler: () => {
          if (throws) {
            throw new Error('thrown');
          }
          return functionReturns;
        },
        shards: [{ records: [streamRecord()] }],
      });
      expect(run.invocations).toHaveLength(expected.invocations);
      expect(run.failed).toHaveLength(expected.outcome === 'success' ? 0 : 1);
      if (expected.outcome === 'failure') {
        expect(run.failed[0].requestContext.approximateInvokeCount).toBe(expected.approximateInvokeCount);
        expect(run.failed[0].responseContext!.functionError).toBe(expected.functionErrorInDestination);
      }
    });
  }
  if (!responses.data) {
    responses.test('partial batch responses', () => undefined);
  }
});

describe('failure messages recorded on AWS', () => {
  for (const message of messages.data?.messages ?? []) {
    messages.test(`${message.destination}: ${message.test}`, async () => {
      const run = await simulateTrigger(story(message));
      expect(run.failed).toHaveLength(1);
      const body = expectedBody(message.body);
      const got = JSON.parse(JSON.stringify(run.failed[0]));
      expect(shapeOf({ ...got, ...(got.payload && { payload: JSON.parse(got.payload) }) }, body)).toEqual(body);
      if (message.destination !== 's3') {
        expect(Object.keys(got)).toEqual(Object.keys(body));
        expect(Object.keys(got.DDBStreamBatchInfo)).toEqual(Object.keys(body.DDBStreamBatchInfo));
        expect(Object.keys(got.requestContext)).toEqual(Object.keys(body.requestContext));
      }
      if (message.recordsPerInvocation) {
        expect(run.invocations.map(({ event }) => event.Records.length)).toEqual(message.recordsPerInvocation);
      }
    });
  }
  if (!messages.data) {
    messages.test('failure messages', () => undefined);
  }
});

/** What each recording did, by its condition and its function's error. */
function story({ test: name, config, destination, body }: Messages['messages'][number]) {
  const expired = body.requestContext.condition === 'RecordAgeExceeded';
  const partial = /report_batch_item_failures(_with|$)/.test(name);
  const count = partial ? 6 : 1;
  const item = { my_partition_key: 'hello world' };
  const list = Array.from({ length: count }, () => streamRecord({ newImage: item, viewType: 'NEW_IMAGE' }));
  const last = list[count - 1].dynamodb!.SequenceNumber!;
  const mapping: SimulatedMapping = {
    batchSize: config.BatchSize,
    retryAttempts: config.MaximumRetryAttempts,
    maxRecordAge: config.MaximumRecordAgeInSeconds ?? -1,
    maxBatchingWindow: config.MaximumBatchingWindowInSeconds,
    // These mappings were made when their records were too old already.
    enabled: !expired,
    bisectBatchOnError: false,
    reportBatchItemFailures: config.FunctionResponseTypes.length > 0,
    onFailure: destination,
  };
  const answers = body.responseContext?.functionError === null;
  const handler = (event: { Records: { dynamodb: { SequenceNumber: string } }[] }) => {
    if (!answers) {
      throw new Error('thrown');
    }
    const failing = event.Records.some(({ dynamodb }) => dynamodb.SequenceNumber === last);
    return failing ? { batchItemFailures: [{ itemIdentifier: partial ? last : '' }] } : null;
  };
  return { mapping, handler, shards: [{ records: list }], switches: expired ? [{ at: 61, enabled: true }] : [] };
}

/** The body under the names of DynamoDB, whose times of records are whole seconds. */
function expectedBody({ KinesisBatchInfo: info, ...body }: Messages['messages'][number]['body']): { readonly [name: string]: any } {
  return JSON.parse(JSON.stringify(info ? { ...body, DDBStreamBatchInfo: info } : body));
}

/** The same, with the placeholders of the recording where it has some. */
function shapeOf(got: any, pattern: any): any {
  if (typeof pattern === 'string' && /<.*>|shardId-0+$|:111111111111:/.test(pattern)) {
    return got === undefined ? undefined : pattern;
  }
  if (typeof got !== 'object' || got === null || typeof pattern !== 'object' || pattern === null) {
    return got;
  }
  return Array.isArray(got)
    ? got.map((element, index) => shapeOf(element, pattern[index]))
    : Object.fromEntries(Object.entries(got).map(([key, value]) => [key, shapeOf(value, pattern[key])]));
}
