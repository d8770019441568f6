import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import { arnParts } from '../../stream/arn';

/** What the construct asks for. CloudFormation passes each value as a text. */
export interface LookupProperties {
  /** The table's name, or its ARN if the table belongs to another account. */
  readonly TableName: string;
}

/** The attributes of the custom resource, for `GetAtt`. */
export interface LookupResult {
  /** The ARN of the table's stream. */
  readonly StreamArn: string;
  /** The ARN of the KMS key that encrypts table and stream. Ends in `key/none`, which is not a key, if the account has none for them. */
  readonly KeyArn: string;
}

/** What is used of CloudFormation's request to a custom resource. */
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

/** The part of the function's time that is kept for the answer, in milliseconds. Without an answer CloudFormation waits for an hour. */
const TIME_TO_ANSWER = 15_000;

/** How long one call may take, in milliseconds. */
const CALL_LIMIT = 5_000;

/** How long a table may be missing, in milliseconds: DescribeTable is eventually consistent. */
const MISSING_LIMIT = 10_000;

/** The longest reason, in characters. CloudFormation allows an answer of 4,096 bytes. */
const REASON_LIMIT = 2_000;

/**
 * Looks up a table's stream for CloudFormation.
 *
 * @throws Error if CloudFormation's URL does not accept the answer. Lambda then invokes the function again.
 */
export async function handler(request: LookupRequest, context: { getRemainingTimeInMillis(): number }): Promise<void> {
  const end = Date.now() + context.getRemainingTimeInMillis();
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = request;
  const outcome = await outcomeOf(request, end - TIME_TO_ANSWER);
  console.log(JSON.stringify({ request: request.RequestType, stack: StackId, resource: LogicalResourceId, ...outcome }));
  await answer(ResponseURL, {
    ...outcome,
    // CloudFormation takes another id for a replacement, and would delete what has the old one.
    PhysicalResourceId: request.PhysicalResourceId ?? LogicalResourceId,
    StackId, RequestId, LogicalResourceId,
  }, end);
}

type LookupOutcome = Pick<LookupResponse, 'Status' | 'Reason' | 'Data'>;

async function outcomeOf({ RequestType, ResourceProperties }: LookupRequest, deadline: number): Promise<LookupOutcome> {
  if (RequestType === 'Delete') {
    return { Status: 'SUCCESS' };
  }
  const { TableName } = ResourceProperties;
  const attempts: Attempts = {};
  try {
    const table = await inTime(describe(TableName, deadline, attempts), deadline, () => attempts.failure === undefined
      ? new Error(`DynamoDB did not describe table ${TableName} in time. Deploy again.`)
      : explained(attempts.failure, TableName));
    return { Status: 'SUCCESS', Data: resultOf(table) };
  } catch (error) {
    return { Status: 'FAILED', Reason: (error as Error).message.slice(0, REASON_LIMIT) };
  }
}

function resultOf({ TableName, TableArn = '', LatestStreamArn, StreamSpecification, SSEDescription }: TableDescription): LookupResult {
  const { partition, region, account } = arnParts(TableArn);
  // The ARN of a stream stays after the stream is switched off.
  if (!LatestStreamArn || !StreamSpecification?.StreamEnabled) {
    throw new Error(`The stream of table ${TableName} in ${region} is off, but the trigger needs one. Switch it on with \`aws dynamodb update-table `
      + `--region ${region} --table-name ${TableName} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES\`. If a CDK app `
      + 'defines the table, set its stream (a Table) or dynamoStream (a TableV2) to StreamViewType.NEW_AND_OLD_IMAGES there. Then deploy again.');
  }
  return {
    StreamArn: LatestStreamArn,
    KeyArn: SSEDescription?.KMSMasterKeyArn ?? `arn:${partition}:kms:${region}:${account}:key/none`,
  };
}

/** What the last attempt failed with, for the answer if the next one hangs until the deadline. */
interface Attempts {
  failure?: Error;
}

/** Tries until the deadline: new permissions take some seconds to become effective, and DynamoDB may throttle. */
async function describe(tableName: string, deadline: number, attempts: Attempts): Promise<TableDescription> {
  // Loaded here, so that CloudFormation gets an answer even if the SDK can't be loaded.
  const { DescribeTableCommand, DynamoDBClient: Client } = await import('@aws-sdk/client-dynamodb');
  const client: DynamoDBClient = new Client({ maxAttempts: 1 });
  const start = Date.now();
  for (let attempt = 0; ; attempt++) {
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }), { abortSignal: AbortSignal.timeout(CALL_LIMIT) });
      return Table!;
    } catch (error) {
      attempts.failure = error as Error;
      const pause = backoff(attempt);
      if (Date.now() + pause > Math.min(deadline, start + patience(error as Error))) {
        throw explained(error as Error, tableName);
      }
      await sleep(pause);
    }
  }
}

/** How long to try again after such an error, in milliseconds. */
function patience({ name }: Error): number {
  switch (name) {
    case 'ValidationException': return 0;
    case 'ResourceNotFoundException': return MISSING_LIMIT;
    default: return Infinity;
  }
}

function explained(error: Error, tableName: string): Error {
  const table = `Table ${tableName} in ${process.env.AWS_REGION}`;
  switch (error.name) {
    case 'ResourceNotFoundException':
      return new Error(`${table} does not exist. Check its name and Region. If another stack makes it, deploy that stack first.`);
    case 'AccessDeniedException':
      return new Error(`${table} can't be described: ${error.message}. If the table belongs to another account, its resource policy must `
        + 'allow dynamodb:DescribeTable to this account.');
    default:
      return new Error(`${table} can't be described: ${error.name}: ${error.message}. Deploy again.`);
  }
}

/** Rejects at the deadline, whatever hangs. */
function inTime<Value>(work: Promise<Value>, deadline: number, late: () => Error): Promise<Value> {
  let timer: NodeJS.Timeout;
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), deadline - Date.now());
  });
  return Promise.race([work, end]).finally(() => clearTimeout(timer));
}

/**
 * Sends bytes: the URL is signed for a request without a content type, and `fetch` gives a text one. Follows no redirect. Nothing that it throws has the
 * URL in it, because whoever has that can answer for the function.
 */
async function answer(url: string, response: LookupResponse, end: number): Promise<void> {
  if (!/^https:\/\/[^/]/.test(url) || !URL.canParse(url)) {
    throw new Error(`The result of ${response.LogicalResourceId} can't be sent: ResponseURL is not an https URL.`);
  }
  const body = Buffer.from(JSON.stringify(response));
  for (let attempt = 0; ; attempt++) {
    try {
      const outcome = await put(url, body);
      if (outcome === 'taken') {
        return;
      }
      throw new Error(`CloudFormation's URL ${outcome} to the result of ${response.LogicalResourceId}. Lambda invokes this function again.`);
    } catch (error) {
      const pause = backoff(attempt);
      if (Date.now() + pause + CALL_LIMIT > end) {
        throw error;
      }
      await sleep(pause);
    }
  }
}

/** In words of our own what did not work. */
async function put(url: string, body: Buffer): Promise<string> {
  try {
    const { ok, status } = await fetch(url, { method: 'PUT', body, redirect: 'error', signal: AbortSignal.timeout(CALL_LIMIT) });
    return ok ? 'taken' : `answered ${status}`;
  } catch (error) {
    return `did not answer (${(error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name})`;
  }
}

/** From 200 ms to 5 s, doubled each time, with full jitter. */
function backoff(attempt: number): number {
  return Math.random() * Math.min(5_000, 200 * 2 ** attempt);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
