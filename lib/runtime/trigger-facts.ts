import { TriggerFactsError } from './errors';
import { expected } from './expected';
import { arnParts } from '../stream/arn';
import { type BoundaryFacts, type Host, type TriggerFacts, BOUNDARY_VERSION, ENVIRONMENT_VARIABLE, HOST, QUEUE_NAME } from '../stream/boundary';

/** A host, with what does without one in its place. */
export type KnownHost = Host & Required<Pick<Host, 'call' | 'log' | 'measure'>>;

/** The host that invokes the function. Lambda hands over nothing. */
export function hostOf(context: object): KnownHost {
  const host = (context as { [HOST]?: Host })[HOST];
  return host ? { ...LAMBDA_OUTPUT, ...host } : LAMBDA;
}

const LAMBDA_OUTPUT: KnownHost = {
  call: (_, call) => call(),
  log: (entry) => console.error(entry),
  // Not by the console: in Lambda's JSON format that would make the line a text within another object, of which CloudWatch makes no metrics.
  measure: (line) => process.stdout.write(line),
};

/** Without a host: on Lambda, or in a test that calls the handler itself. */
const LAMBDA: KnownHost = {
  ...LAMBDA_OUTPUT,
  /** The process ends only on Lambda, and only where no other invocation shares it. */
  get exit() {
    return process.env.AWS_LAMBDA_RUNTIME_API && !process.env.AWS_LAMBDA_MAX_CONCURRENCY ? () => process.exit(1) : undefined;
  },
};

/**
 * The facts about the trigger that a batch comes from: from the host, otherwise from the construct.
 *
 * Without either, nothing is parked, and `report` is what the handler's author states in `reports`. Without that, failures are
 * reported outside Lambda, in a test, but not on Lambda, where a response that the mapping ignores would lose every failure.
 *
 * @param tell is called once in a process, on Lambda, if there is neither.
 * @throws TriggerFactsError if the construct's environment variable is not of the format.
 */
export function triggerFacts(streamArn: string, host: Host, reports?: boolean, tell?: (streamArn: string) => void): TriggerFacts {
  const triggers = host.triggers ?? fromEnvironment();
  const { partition, region, account, resource } = arnParts(streamArn);
  const named = triggers.filter(({ stream }) => stream !== undefined && [streamArn, resource.split('/')[1]].includes(stream));
  const serving = named[0] ? named : triggers.filter(({ stream }) => !stream);
  const isLambda = !!process.env.AWS_LAMBDA_RUNTIME_API;
  if (!serving[0]) {
    if (isLambda && !reported) {
      reported = true;
      tell?.(streamArn);
    }
    return { report: reports ?? !isLambda };
  }
  const { park } = serving[0];
  return {
    ...serving[0],
    // Two mappings of one stream that differ: to report is only safe if both do.
    report: serving.every(({ report }) => report),
    metrics: serving.some(({ metrics }) => metrics) || undefined,
    park: park?.startsWith(QUEUE_NAME) ? `arn:${partition}:sqs:${region}:${account}:${park.slice(QUEUE_NAME.length)}` : park,
  };
}

/** Whether it was reported that no trigger informed the function. */
let reported = false;

function fromEnvironment(): TriggerFacts[] {
  const text = process.env[ENVIRONMENT_VARIABLE];
  if (text === undefined) {
    return [];
  }
  let facts: Partial<BoundaryFacts> | undefined;
  try {
    facts = JSON.parse(text);
  } catch {
    // Refused below, like other wrong values.
  }
  if (facts?.v !== BOUNDARY_VERSION || !facts.triggers?.every?.(isTrigger)) {
    throw new TriggerFactsError(`${expected(ENVIRONMENT_VARIABLE, FORMAT, text)}: deploy trigger and function with one version of the package`);
  }
  return facts.triggers.map((trigger) => ({ ...trigger, salt: facts.salt }));
}

const FORMAT = `{ "v": ${BOUNDARY_VERSION}, "triggers": [{ "stream"?, "report", "park"?, "metrics"? }] }`;

function isTrigger(value: Partial<TriggerFacts> | null): boolean {
  return typeof value?.report === 'boolean' && typeof (value.stream ?? '') === 'string' && typeof (value.park ?? '') === 'string';
}
