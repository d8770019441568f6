import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';

const COMMAND = resolve(__dirname, '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');
const STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/Bench/stream/2026-01-01T00:00:00.000';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:bench';
const FIRST = 10n ** 20n;
const PAGE = 1000;

/** Runs the real command over this many messages, and prints the most memory that it took. Linux only. */
export async function memory(messages: number): Promise<void> {
  for (const kind of ['parked records', 'failed batches of one record'] as const) {
    const aws = new FakeAws(messages, kind === 'parked records' ? parked : failedBatch);
    const endpoint = await aws.start();
    const begun = performance.now();
    const command = spawn(process.execPath, [...(process.env.NODE_ARGS ?? '').split(' ').filter(Boolean), COMMAND, 'redrive', '--queue-url', `${endpoint}/000000000000/bench`, '--json', '--limit', String(messages)], {
      env: { ...process.env, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let peak = 0;
    const timer = setInterval(() => peak = Math.max(peak, peakOf(command.pid!)), 200);
    let output = '';
    command.stdout.on('data', (text) => output += text);
    await once(command, 'close');
    clearInterval(timer);
    const { type, tally, removed, message } = JSON.parse(output.trim().split('\n').at(-1)!);
    if (type !== 'summary') {
      throw new Error(message);
    }
    const seconds = (performance.now() - begun) / 1000;
    console.log(`${messages} ${kind}: ${Math.round(peak / 1024)} MB at most, ${seconds.toFixed(0)} s; ${tally.done} done, ${removed} deleted, ${aws.invocations} invocations`);
    aws.stop();
  }
}

/** The peak of a process's resident memory, in kB. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** As much of AWS as the command asks for. It holds nothing: each message is made when it is asked for. */
class FakeAws {
  invocations = 0;
  private received = 0;
  private deleted = 0;

  private readonly server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks).toString();
    const action = String(request.headers['x-amz-target'] ?? request.url).split('.').at(-1)!;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(this.answer(action, body === '' ? {} : JSON.parse(body))));
  });

  constructor(private readonly messages: number, private readonly text: (n: number) => string) {}

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(action: string, input: any): object {
    switch (action) {
      case 'GetQueueAttributes': return {
        Attributes: {
          ApproximateNumberOfMessages: String(this.messages - this.received),
          ApproximateNumberOfMessagesNotVisible: String(this.received - this.deleted),
        },
      };
      case 'ReceiveMessage': {
        const count = Math.min(input.MaxNumberOfMessages, this.messages - this.received);
        const Messages = Array.from({ length: count }, () => this.message(this.received++));
        return count > 0 ? { Messages } : {};
      }
      case 'DeleteMessageBatch':
        this.deleted += input.Entries.length;
        return { Successful: input.Entries.map(({ Id }: any) => ({ Id })), Failed: [] };
      case 'ChangeMessageVisibilityBatch': return { Successful: input.Entries.map(({ Id }: any) => ({ Id })), Failed: [] };
      case 'BatchGetItem': return { Responses: {}, UnprocessedKeys: {} };
      case 'DescribeStream': return { StreamDescription: { Shards: [{ ShardId: 'shard' }] } };
      case 'GetShardIterator': return { ShardIterator: String(BigInt(input.SequenceNumber) - FIRST) };
      case 'GetRecords': {
        const from = Number(input.ShardIterator);
        const count = Math.min(PAGE, this.messages - from);
        const records = Array.from({ length: count }, (_, n) => {
          const { eventSourceARN: _arn, ...record } = recordAt(from + n);
          return record;
        });
        return { Records: records, NextShardIterator: String(from + count) };
      }
      default: return this.lambda(action);
    }
  }

  private lambda(url: string): object {
    if (url.includes('/invocations')) {
      this.invocations++;
      return { batchItemFailures: [], redriven: { v: 1, failures: [] } };
    }
    return url.includes('event-source-mappings') ? { EventSourceMappings: [] } : { Timeout: 60 };
  }

  private message(n: number): object {
    // As long as those of SQS.
    const Body = this.text(n);
    const MD5OfBody = createHash('md5').update(Body).digest('hex');
    return { MessageId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, ReceiptHandle: `${n} `.padEnd(400, 'x'), Body, MD5OfBody };
  }
}

/** Of a delete, so that the item is as it should be: gone. */
function recordAt(n: number) {
  return {
    eventID: n.toString(16).padStart(32, '0'), eventName: 'REMOVE', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'us-east-1', eventSourceARN: STREAM,
    dynamodb: {
      ApproximateCreationDateTime: 1_790_000_000, Keys: { id: { S: `an-item-with-a-key-of-some-length-${n}` } }, OldImage: { id: { S: `item-${n}` }, text: { S: 'x'.repeat(500) } },
      SequenceNumber: String(FIRST + BigInt(n)), SizeBytes: 600, StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}

function parked(n: number): string {
  const now = new Date().toISOString();
  return JSON.stringify({
    kind: 'dynamo-stream-trigger/parked-record', version: '1.0', record: recordAt(n), streamArn: STREAM, functionArn: FUNCTION, requestId: 'r',
    error: { name: 'Error', message: 'no', stack: 'x'.repeat(500) }, tries: 3, firstTriedAt: now, lastTriedAt: now,
  });
}

function failedBatch(n: number): string {
  const now = new Date().toISOString();
  const number = String(FIRST + BigInt(n));
  return JSON.stringify({
    requestContext: { requestId: 'r', functionArn: FUNCTION, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
    version: '1.0',
    timestamp: now,
    DDBStreamBatchInfo: {
      shardId: 'shard', streamArn: STREAM, startSequenceNumber: number, endSequenceNumber: number, batchSize: 1,
      approximateArrivalOfFirstRecord: now, approximateArrivalOfLastRecord: now,
    },
  });
}
