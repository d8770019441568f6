import { aws_lambda as lambda, Lazy, Stack } from 'aws-cdk-lib';
import { referencesIn } from './references';
import { BOUNDARY_VERSION, BoundaryFacts, ENVIRONMENT_VARIABLE, TriggerFacts } from '../stream/boundary';

/** Tells the function of one of its triggers. What all of its triggers tell is one environment variable. */
export function informFunction(fn: lambda.Function, facts: TriggerFacts): void {
  const known = (fn as InformedFunction)[TRIGGERS];
  if (known !== undefined) {
    known.push(facts);
    return;
  }
  const triggers = [facts];
  Object.defineProperty(fn, TRIGGERS, { value: triggers });
  const stack = Stack.of(fn);
  fn.addEnvironment(ENVIRONMENT_VARIABLE, Lazy.uncachedString({
    produce: () => stack.toJsonString({ v: BOUNDARY_VERSION, triggers: merge(stack, triggers) } satisfies BoundaryFacts),
  }));
}

/** The function of this app behind an alias or a version; undefined for an imported one, whose environment is not ours. */
export function ownedFunction(handler: lambda.IFunction): lambda.Function | undefined {
  const { lambda: unqualified } = handler as { lambda?: lambda.IFunction };
  if (unqualified !== undefined) return ownedFunction(unqualified);
  return 'addEnvironment' in handler ? handler as lambda.Function : undefined;
}

/** Whether a stack may name a value without depending on another. */
export function isNameable(value: string, within: Stack, otherStack: Stack): boolean {
  return within === otherStack || !referencesIn(value, otherStack).some(({ target }) => Stack.of(target) === otherStack);
}

/** By a global symbol, because two copies of this package may meet on one function. */
const TRIGGERS = Symbol.for('dynamo-stream-trigger/triggers');

interface InformedFunction {
  readonly [TRIGGERS]?: TriggerFacts[];
}

/**
 * One entry a stream. Where triggers of one stream, or streams that can't be named, disagree, the entry says what loses
 * nothing with either: a failure throws, and nothing is parked.
 */
function merge(stack: Stack, triggers: TriggerFacts[]): TriggerFacts[] {
  const byStream = new Map<string, TriggerFacts>();
  for (const facts of triggers) {
    const key = JSON.stringify(stack.resolve(facts.stream) ?? null);
    const other = byStream.get(key);
    byStream.set(key, other === undefined ? facts : {
      ...facts,
      report: facts.report && other.report,
      park: sameValue(stack, facts.park, other.park) ? facts.park : undefined,
    });
  }
  return [...byStream.values()];
}

function sameValue(stack: Stack, a?: string, b?: string): boolean {
  return JSON.stringify(stack.resolve(a)) === JSON.stringify(stack.resolve(b));
}
