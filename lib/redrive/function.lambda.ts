import { tmpdir } from 'node:os';
import { awsPorts, bucketSource, clientsOf, queueSource } from './aws';
import { tableOf } from './inventory';
import { REDRIVE_DEFAULTS } from './options';
import type { Functions } from './ports';
import { REAL_CLOCK } from './real-clock';
import { redrive, type Result } from './redrive';
import { MessagesInFlight } from './refusals';
import { spoolFile } from './spool-file';
import { REDRIVE_VARIABLE, type RedriveFacts } from '../stream/boundary';

/** Seconds for which others don't see the messages: no shorter than the function may run. */
const VISIBILITY = 900;

/** Milliseconds that are left for what comes after the last invocation: to look at its items, to delete what is done, to give back the rest. */
const CLOSING_TIME = 60_000;

/** Milliseconds for which it waits for messages that another redrive has: several may share a store, and be started at the same time. */
const PATIENCE = 240_000;

/** The part of Lambda's context that is used. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** What came of it; or why nothing was done. */
export type RedriveAnswer = Result | { readonly inFlight: string };

/** The function of a `StreamRedrive`. */
export async function handler(_event: unknown, context: Context): Promise<RedriveAnswer> {
  const facts: RedriveFacts = JSON.parse(process.env[REDRIVE_VARIABLE]!);
  const clients = clientsOf({});
  const spool = spoolFile(tmpdir());
  const source = facts.queueUrl === undefined
    ? bucketSource(clients.s3(), facts.bucket!)
    : queueSource(clients.sqs(), { url: facts.queueUrl, visibility: VISIBILITY, clock: REAL_CLOCK });
  const ports = awsPorts({ clients, source, spool, clock: REAL_CLOCK });
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    const { timeout } = await ports.functions.describe(facts.functionArn);
    timer = setTimeout(() => stop.abort(), context.getRemainingTimeInMillis() - timeout - CLOSING_TIME);
    const functions = { ...ports.functions, mappings: mappingsOf(facts) };
    const { superseded, functionArn, tableArn } = facts;
    // A message may name a version that is no longer the trigger's, and that this function may not invoke.
    const options = { ...REDRIVE_DEFAULTS, superseded, functionArn, only: { functionArn, tableArn }, wait: true, patience: PATIENCE };
    return logged(await redrive({ ...ports, functions }, options, stop.signal));
  } catch (error) {
    if (error instanceof MessagesInFlight) {
      return logged({ inFlight: error.message });
    }
    throw error;
  } finally {
    clearTimeout(timer);
    spool.close();
    clients.destroy();
  }
}

/** Nobody sees the answer to a schedule. */
function logged(answer: RedriveAnswer): RedriveAnswer {
  console.log(JSON.stringify(answer));
  return answer;
}

/** The function may not list mappings, which would take a permission for all of the account. It gets the facts of its own. */
function mappingsOf({ functionArn, tableArn, filters, parallelizationFactor }: RedriveFacts): Functions['mappings'] {
  const own = { functionArn, filters: filters.map(({ Pattern }) => Pattern), parallelizationFactor, hasWindow: false };
  return async (streamArn) => tableOf(streamArn) === tableArn ? [own] : [];
}
