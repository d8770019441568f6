import { InvalidTriggerError } from './errors';
import { expected } from './expected';
import { type BoundaryFacts, type Host, type TriggerFacts, BOUNDARY_VERSION, ENVIRONMENT_VARIABLE, HOST } from '../stream/boundary';

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
export function triggerFacts(streamArn: string, host: Host, reports = !process.env.AWS_LAMBDA_RUNTIME_API): TriggerFacts {
  const triggers = host.triggers ?? fromEnvironment();
  const named = triggers.filter(({ stream }) => stream === streamArn);
  const serving = named[0] ? named : triggers.filter(({ stream }) => !stream);
  // Two mappings of one stream that differ: to report is only safe if both do.
  return serving[0] ? { ...serving[0], report: serving.every(({ report }) => report) } : { report: reports };
}

function fromEnvironment(): TriggerFacts[] {
  const text = process.env[ENVIRONMENT_VARIABLE];
  if (text === undefined) {
    return [];
  }
  let facts: Partial<BoundaryFacts> | undefined;
  try {
    facts = JSON.parse(text);
  } catch {
    // Told below, with everything else that it is not.
  }
  if (facts?.v !== BOUNDARY_VERSION || !facts.triggers?.every?.(isTrigger)) {
    throw new InvalidTriggerError(`${expected(ENVIRONMENT_VARIABLE, FORMAT, text)}: deploy trigger and function with the same version of the package`);
  }
  return facts.triggers;
}

const FORMAT = `{ "v": ${BOUNDARY_VERSION}, "triggers": [{ "stream"?, "report", "park"? }] }`;

function isTrigger(value: Partial<TriggerFacts> | null): boolean {
  return typeof value?.report === 'boolean' && typeof (value.stream ?? '') === 'string' && typeof (value.park ?? '') === 'string';
}
