import { InvalidTriggerError } from './errors';
import type { BoundaryFacts, Host, TriggerFacts } from '../stream/boundary';
import { BOUNDARY_VERSION, ENVIRONMENT_VARIABLE, HOST } from '../stream/boundary';

/** The host that invokes the function, if it is not Lambda. */
export function hostOf(context: object): Host {
  return (context as { [HOST]?: Host })[HOST] ?? {};
}

/**
 * What is known of the trigger that a batch comes from: what the host says, otherwise what the construct says.
 *
 * Where neither says anything, parking is off and `report` is as `reports` says, the word of whoever wrote the handler. Without it a
 * batch is only reported outside Lambda, in a test: on Lambda a response that nothing reads would lose every failure.
 *
 * @throws InvalidTriggerError if the construct's environment variable can't be read.
 */
export function triggerFacts(streamArn: string, host: Host, reports?: boolean): TriggerFacts {
  const triggers = host.triggers ?? fromEnvironment();
  const named = triggers.filter(({ stream }) => stream === streamArn);
  const [first, ...others] = named.length > 0 ? named : triggers.filter(({ stream }) => stream === undefined);
  if (!first) {
    return { report: reports ?? process.env.AWS_LAMBDA_RUNTIME_API === undefined };
  }
  // Two mappings of one stream that differ: to report is only safe if both do.
  return { ...first, report: first.report && others.every(({ report }) => report) };
}

let lastRead: { text: string; triggers: TriggerFacts[] } | undefined;

function fromEnvironment(): TriggerFacts[] {
  const text = process.env[ENVIRONMENT_VARIABLE];
  if (text === undefined) {
    return [];
  }
  if (lastRead?.text !== text) {
    lastRead = { text, triggers: parse(text) };
  }
  return lastRead.triggers;
}

function parse(text: string): TriggerFacts[] {
  let facts: Partial<BoundaryFacts> | null;
  try {
    facts = JSON.parse(text);
  } catch {
    throw new InvalidTriggerError(`The environment variable ${ENVIRONMENT_VARIABLE} is no JSON: ${text}. ${WAY_OUT}`);
  }
  if (facts?.v !== BOUNDARY_VERSION) {
    throw new InvalidTriggerError(`The environment variable ${ENVIRONMENT_VARIABLE} has the format ${JSON.stringify(facts?.v)}, and the `
      + `function's copy of dynamo-stream-trigger reads ${BOUNDARY_VERSION}. Bundle the function with the version that deploys it.`);
  }
  if (!Array.isArray(facts.triggers) || !facts.triggers.every(isTrigger)) {
    throw new InvalidTriggerError(`The environment variable ${ENVIRONMENT_VARIABLE} lists no triggers of the form `
      + `{ stream?, report, park? }: ${text}. ${WAY_OUT}`);
  }
  return facts.triggers;
}

const WAY_OUT = 'DynamoStreamTrigger writes it: deploy the stack again, and leave the variable to it.';

function isTrigger(value: Partial<TriggerFacts> | null): boolean {
  return typeof value === 'object' && value !== null && typeof value.report === 'boolean'
    && isText(value.stream) && isText(value.park);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
