import { type aws_lambda as lambda, type IResolvable, type IResolveContext, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isDeciding, NameableArns } from './nameable';
import { BOUNDARY_VERSION, type BoundaryFacts, ENVIRONMENT_VARIABLE, type TriggerFacts } from '../../stream/boundary';

/**
 * Adds a trigger's facts to the function's variable `DYNAMO_STREAM_TRIGGER`, one for all triggers of the function. The ARNs of stream
 * and failure destination are omitted where the function can't name them.
 *
 * @returns whether the function can name an ARN. The finished app has the answer.
 */
export function informFunction(fn: lambda.Function, trigger: IConstruct, facts: TriggerFacts): (arn: string) => boolean {
  const variable = (fn as InformedFunction)[VARIABLE] ?? addVariable(fn);
  variable.add(facts, trigger);
  return (arn) => variable.canName(arn, trigger);
}

/** By a global symbol, because two copies of this package may meet on one function. */
const VARIABLE = Symbol.for('dynamo-stream-trigger/variable');

interface InformedFunction {
  readonly [VARIABLE]?: TriggersVariable;
}

function addVariable(fn: lambda.Function): TriggersVariable {
  const variable = new TriggersVariable(fn);
  Object.defineProperty(fn, VARIABLE, { value: variable });
  fn.addEnvironment(ENVIRONMENT_VARIABLE, Token.asString(variable));
  return variable;
}

/** The variable's value. A token: triggers are added, and what the function can name is known, after the function is made. */
class TriggersVariable implements IResolvable {
  readonly creationStack = [];
  private readonly triggers: { readonly facts: TriggerFacts; readonly trigger: IConstruct }[] = [];
  private readonly nameable: NameableArns;

  constructor(private readonly fn: lambda.Function) {
    this.nameable = new NameableArns(fn);
  }

  add(facts: TriggerFacts, trigger: IConstruct): void {
    this.triggers.push({ facts, trigger });
  }

  canName(arn: string, trigger: IConstruct, preparing = false): boolean {
    return this.nameable.has(arn, trigger, preparing);
  }

  resolve({ preparing }: IResolveContext): string {
    const stack = Stack.of(this.fn);
    if (isDeciding()) {
      return stack.toJsonString(this.nameable.decided);
    }
    const ifNameable = (arn: string | undefined, trigger: IConstruct) =>
      arn !== undefined && this.canName(arn, trigger, preparing) ? arn : undefined;
    const facts = this.triggers.map(({ facts: { stream, report, park }, trigger }) =>
      ({ stream: ifNameable(stream, trigger), report, park: ifNameable(park, trigger) }));
    return stack.toJsonString({ v: BOUNDARY_VERSION, triggers: merge(stack, facts) } satisfies BoundaryFacts);
  }

  toString(): string {
    return Token.asString(this);
  }
}

/**
 * One entry for each stream. Triggers of one stream may disagree, and streams without a name share an entry. Then the entry says what
 * loses nothing with any of them: a failure throws, and nothing is parked.
 */
function merge(stack: Stack, triggers: TriggerFacts[]): TriggerFacts[] {
  if (triggers.length === 1) {
    return triggers;
  }
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
