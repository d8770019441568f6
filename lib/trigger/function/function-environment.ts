import { type aws_lambda as lambda, type IResolveContext, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { BOUNDARY_VERSION, type BoundaryFacts, ENVIRONMENT_VARIABLE, type TriggerFacts } from '../../stream/boundary';
import { dependencyPath, needsStack, topOf } from '../template/dependency-path';
import { type Cautious, isElement, referencesIn, resourceOf } from '../template/references';

/**
 * Tells the function of one of its triggers. What all of its triggers tell is one environment variable.
 *
 * Of stream and park destination, it names what it can without closing a cycle of things that need each other.
 *
 * @returns whether the function can name something, as only the finished app shows it.
 */
export function informFunction(fn: lambda.Function, trigger: IConstruct, facts: TriggerFacts): (arn: string) => boolean {
  const known = (fn as InformedFunction)[VARIABLE];
  const variable = known ?? new TriggersVariable(fn);
  if (known === undefined) {
    Object.defineProperty(fn, VARIABLE, { value: variable });
    fn.addEnvironment(ENVIRONMENT_VARIABLE, Token.asString(variable));
  }
  variable.add(facts, trigger);
  return (arn) => variable.canName(arn, trigger);
}

/** The function of this app behind an alias or a version; undefined for an imported one, whose environment is not ours. */
export function ownedFunction(handler: lambda.IFunction): lambda.Function | undefined {
  const { lambda: unqualified } = handler as { lambda?: lambda.IFunction };
  if (unqualified !== undefined) {
    return ownedFunction(unqualified);
  }
  // A singleton stands for a function elsewhere in its stack.
  return 'addEnvironment' in handler ? handler.permissionsNode.defaultChild?.node.scope as lambda.Function | undefined : undefined;
}

/** By a global symbol, because two copies of this package may meet on one function. */
const VARIABLE = Symbol.for('dynamo-stream-trigger/variable');

interface InformedFunction {
  readonly [VARIABLE]?: TriggersVariable;
}

class TriggersVariable implements Cautious {
  readonly creationStack = [];
  private readonly triggers: { readonly facts: TriggerFacts; readonly trigger: IConstruct }[] = [];
  /** What was found before references between stacks were made, which have to stay as they are then. */
  private readonly decisions = new Map<string, boolean>();
  /** A version is named by all that its function holds, this variable included. */
  private deciding = false;

  constructor(private readonly fn: lambda.Function) {}

  get decided(): string[] {
    return [...this.decisions].filter(([, nameable]) => nameable).map(([arn]) => arn);
  }

  add(facts: TriggerFacts, trigger: IConstruct): void {
    this.triggers.push({ facts, trigger });
  }

  resolve({ preparing }: IResolveContext): string {
    const stack = Stack.of(this.fn);
    const nameable = (arn: string | undefined, trigger: IConstruct) =>
      arn !== undefined && this.canName(arn, trigger, preparing) ? arn : undefined;
    const facts = this.triggers.map(({ facts: { stream, report, park }, trigger }) =>
      ({ stream: nameable(stream, trigger), report, park: nameable(park, trigger) }));
    return stack.toJsonString({ v: BOUNDARY_VERSION, triggers: merge(stack, facts) } satisfies BoundaryFacts);
  }

  canName(arn: string, trigger: IConstruct, preparing = false): boolean {
    const known = this.decisions.get(arn);
    if (known !== undefined || this.deciding) {
      return known === true;
    }
    this.deciding = true;
    try {
      const decision = !this.closesCycle(arn, topOf(trigger));
      if (preparing) {
        this.decisions.set(arn, decision);
      }
      return decision;
    } finally {
      this.deciding = false;
    }
  }

  /** Nothing of the trigger's stack: that needs the function's. */
  private closesCycle(arn: string, triggerStack: Stack): boolean {
    const fn = resourceOf(this.fn)!;
    const own = topOf(fn);
    return referencesIn(arn, this.fn).map(({ target }) => target).filter(isElement).some((target) => {
      const other = topOf(target);
      return other === own ? dependencyPath(target, fn) !== undefined : other === triggerStack || needsStack(other, own);
    });
  }

  toString(): string {
    return Token.asString(this);
  }
}

/**
 * One entry a stream. Where triggers of one stream, or streams that can't be named, disagree, the entry says what loses
 * nothing with either: a failure throws, and nothing is parked.
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
