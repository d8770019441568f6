import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';

/** What the construct asks for. CloudFormation passes every value as a text. */
export interface LookupProperties {
  /** The table's name, or its ARN where it is of another account. */
  readonly TableName: string;
}

/** What CloudFormation's `GetAtt` finds. */
export interface LookupResult {
  /** The ARN of the table's stream. */
  readonly StreamArn: string;
  /** The ARN of the KMS key that encrypts table and stream; where there is none in KMS, one that names no key. */
  readonly KeyArn: string;
}

/** The part of a custom resource's request that matters here. */
export interface LookupRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: LookupProperties;
}

/** What CloudFormation waits for. */
export interface LookupResponse {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: LookupResult;
}

/** Left of the function's time for the answer, in milliseconds: whatever happens, CloudFormation gets one, or it waits for an hour. */
const TIME_TO_ANSWER = 15_000;

/** How long one call may take, in milliseconds. */
const CALL_LIMIT = 5_000;

/** How long a table may be missing, in milliseconds: DescribeTable is eventually consistent. */
const MISSING_LIMIT = 10_000;

/** The longest answer that CloudFormation takes is 4,096 bytes. */
const REASON_LIMIT = 2_000;

/**
 * Looks up a table's stream for CloudFormation.
 *
 * @throws Error if CloudFormation's URL takes no answer, so that Lambda invokes it again.
 */
export async function handler(request: LookupRequest, context: { getRemainingTimeInMillis(): number }): Promise<void> {
  const end = Date.now() + context.getRemainingTimeInMillis();
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = request;
  const outcome = await outcomeOf(request, end - TIME_TO_ANSWER);
  console.log(JSON.stringify({ request: request.RequestType, stack: StackId, resource: LogicalResourceId, ...outcome }));
  await answer(ResponseURL, {
    ...outcome,
    // Never another one: to CloudFormation that would be a replacement, with something to delete.
    PhysicalResourceId: request.PhysicalResourceId ?? LogicalResourceId,
    StackId, RequestId, LogicalResourceId,
  }, end);
}

type Outcome = Pick<LookupResponse, 'Status' | 'Reason' | 'Data'>;

async function outcomeOf({ RequestType, ResourceProperties }: LookupRequest, deadline: number): Promise<Outcome> {
  if (RequestType === 'Delete') {
    return { Status: 'SUCCESS' };
  }
  try {
    const table = await inTime(describe(ResourceProperties.TableName, deadline), ResourceProperties.TableName, deadline);
    return { Status: 'SUCCESS', Data: resultOf(table) };
  } catch (error) {
    return { Status: 'FAILED', Reason: (error as Error).message.slice(0, REASON_LIMIT) };
  }
}

function resultOf({ TableName, TableArn = '', LatestStreamArn, StreamSpecification, SSEDescription }: TableDescription): LookupResult {
  const [, partition, , region, account] = TableArn.split(':');
  // A stream that was switched off is still the latest.
  if (!LatestStreamArn || !StreamSpecification?.StreamEnabled) {
    throw new Error(`The table ${TableName} in ${region} has no stream that is on, which the trigger needs. Switch one on with \`aws dynamodb update-table `
      + `--region ${region} --table-name ${TableName} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES\`, or where the `
      + 'table is defined with stream: StreamViewType.NEW_AND_OLD_IMAGES (a Table) or dynamoStream (a TableV2). Then deploy again.');
  }
  return {
    StreamArn: LatestStreamArn,
    KeyArn: SSEDescription?.KMSMasterKeyArn ?? `arn:${partition}:kms:${region}:${account}:key/none`,
  };
}

/** Tries until the deadline: permissions that were just granted take a while, and so does DynamoDB when it throttles. */
async function describe(tableName: string, deadline: number): Promise<TableDescription> {
  // Loaded here, so that a failure to load it is answered too.
  const { DescribeTableCommand, DynamoDBClient: Client } = await import('@aws-sdk/client-dynamodb');
  const client: DynamoDBClient = new Client({ maxAttempts: 1 });
  const start = Date.now();
  for (let attempt = 0; ; attempt++) {
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }), { abortSignal: AbortSignal.timeout(CALL_LIMIT) });
      return Table!;
    } catch (error) {
      const pause = backoff(attempt);
      if (Date.now() + pause > Math.min(deadline, start + patience(error as Error))) {
        throw explained(error as Error, tableName);
      }
      await sleep(pause);
    }
  }
}

/** For how long a call that failed so is tried again, in milliseconds. */
function patience({ name }: Error): number {
  switch (name) {
    case 'ValidationException': return 0;
    case 'ResourceNotFoundException': return MISSING_LIMIT;
    default: return Infinity;
  }
}

function explained(error: Error, tableName: string): Error {
  const place = `${process.env.AWS_REGION}`;
  switch (error.name) {
    case 'ResourceNotFoundException':
      return new Error(`There is no table ${tableName} in ${place}. Check its name and Region; if another stack makes it, that one has to be deployed first.`);
    case 'AccessDeniedException':
      return new Error(`The table ${tableName} in ${place} may not be described: ${error.message}. If it is of another account, its resource policy has to `
        + 'allow dynamodb:DescribeTable to this account.');
    default:
      return new Error(`The table ${tableName} in ${place} can't be described: ${error.name}: ${error.message}. Deploy again.`);
  }
}

/** Whatever hangs, at the deadline there is something to answer. */
function inTime<Value>(work: Promise<Value>, tableName: string, deadline: number): Promise<Value> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`DynamoDB did not say in time what the stream of ${tableName} is. Deploy again.`)), deadline - Date.now());
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** As bytes, because the URL is signed for an answer without a content type, and a text has one. */
async function answer(url: string, response: LookupResponse, end: number): Promise<void> {
  const body = Buffer.from(JSON.stringify(response));
  for (let attempt = 0; ; attempt++) {
    try {
      const { ok, status } = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(CALL_LIMIT) });
      if (ok) {
        return;
      }
      throw new Error(`CloudFormation answered ${status} to the outcome of ${response.LogicalResourceId}`);
    } catch (error) {
      const pause = backoff(attempt);
      if (Date.now() + pause + CALL_LIMIT > end) {
        throw error;
      }
      await sleep(pause);
    }
  }
}

/** From 200 ms to 5 s, doubled each time, with full jitter. */
function backoff(attempt: number): number {
  return Math.random() * Math.min(5_000, 200 * 2 ** attempt);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
