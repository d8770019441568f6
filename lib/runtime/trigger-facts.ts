import { InvalidTriggerError } from './errors';
import { expected } from './expected';
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
  let facts: Partial<BoundaryFacts> | undefined;
  try {
    facts = JSON.parse(text) ?? undefined;
  } catch {
    // Told below, with everything else that it is not.
  }
  if (facts?.v !== BOUNDARY_VERSION || !Array.isArray(facts.triggers) || !facts.triggers.every(isTrigger)) {
    throw new InvalidTriggerError(`${expected(`The environment variable ${ENVIRONMENT_VARIABLE}`, FORMAT, text)}. DynamoStreamTrigger sets it: `
      + 'bundle the function with the same version of the package, deploy again, and leave the variable alone');
  }
  return facts.triggers;
}

const FORMAT = `{ "v": ${BOUNDARY_VERSION}, "triggers": [{ "stream"?, "report", "park"? }] }`;

function isTrigger(value: Partial<TriggerFacts> | null): boolean {
  return typeof value?.report === 'boolean' && isText(value.stream) && isText(value.park);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
