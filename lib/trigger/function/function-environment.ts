import { Aws, type aws_lambda as lambda, type CfnResource, Fn, type IResolvable, type IResolveContext, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type Informed, type ParkingObstacle, TriggersFacts } from './triggers-facts';
import { BOUNDARY_VERSION, type BoundaryFacts, ENVIRONMENT_VARIABLE, type TriggerFacts } from '../../stream/boundary';
import { DependencyGraph } from '../template/dependency-graph';
import { functionOf, isMapping, isReporting } from '../template/deployed-mapping';
import { referencesIn } from '../template/references';
import { isResource, resourceOf } from '../template/resource';

/**
 * Adds a trigger's facts to the function's variable `DYNAMO_STREAM_TRIGGER`, one for all triggers of the function.
 *
 * @param mayReport whether the function reports failed records if the mapping takes reports. An override that switches the mapping on while
 * the trigger is off prepares a deployment in which the function changes only afterwards.
 */
export function informFunction(
  fn: lambda.Function, mapping: lambda.CfnEventSourceMapping, mayReport: boolean,
): OmittedFacts {
  const variable = (fn as InformedFunction)[VARIABLE] ?? addVariable(fn);
  variable.add(mapping, mayReport);
  return {
    parkingObstacle: () => variable.informedNow().obstacles.get(mapping),
    silencers: () => (variable.informedNow().silencers.get(mapping) ?? []).map(({ node }) => node.path),
  };
}

function boundaryFacts({ triggers }: Informed): BoundaryFacts {
  return { v: BOUNDARY_VERSION, triggers: triggers.map(asTexts), ...triggers.some(({ metrics }) => metrics) && { salt: SALT } };
}

/** Random for each stack, and the same at each deployment. Who may read the template or the function knows it; who reads logs does not. */
const SALT = Fn.select(2, Fn.split('/', Aws.STACK_ID));

/** With what an override wrote as a token for text. */
function asTexts({ stream, report, park, metrics }: TriggerFacts): TriggerFacts {
  const [streamText, parkText] = [stream, park].map((arn) => arn === undefined || typeof arn === 'string' ? arn : Token.asString(arn));
  return { stream: streamText, report, park: parkText, metrics };
}

/** What the function does not get for one of its triggers. The finished app has the answers. */
export interface OmittedFacts {
  /** What keeps the function from parking records in the failure destination of the mapping. */
  readonly parkingObstacle: () => ParkingObstacle | undefined;
  /** The paths of mappings that keep the function from reporting to this one. */
  readonly silencers: () => readonly string[];
}

/** Whether the variables of a function, as the template has them, still have the one that the trigger added. */
export function isInformed(variables: { readonly [name: string]: unknown }): boolean {
  return JSON.stringify(variables[ENVIRONMENT_VARIABLE])?.includes('triggers') ?? false;
}

/** Whether a mapping that names a function, an alias or a version invokes a function. */
export function invokes(name: unknown, fn: CfnResource, scope: CfnResource): boolean {
  return referencesIn(name, scope).some(({ target }) => target === fn
    || (isResource(target) && QUALIFIED.includes(target.cfnResourceType) && invokes((target as lambda.CfnAlias).functionName, fn, target)));
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
  readonly mappings: lambda.CfnEventSourceMapping[] = [];
  private readonly silent = new Set<lambda.CfnEventSourceMapping>();
  /** What was decided in the CDK's prepare phase. It is final, because the CDK makes exports between stacks from it. */
  private decided?: { readonly count: number; readonly informed: Informed };

  constructor(private readonly fn: lambda.Function) {
    variablesOf(fn).push(this);
  }

  add(mapping: lambda.CfnEventSourceMapping, mayReport: boolean): void {
    this.mappings.push(mapping);
    if (!mayReport) {
      this.silent.add(mapping);
    }
  }

  informedNow(): Informed {
    return this.informed(false);
  }

  resolve({ preparing }: IResolveContext): string {
    // What one function gets must not depend on what the others get: the graph knows that by itself.
    // Tokens for text stay in JSON as they are, and nothing in an ARN must be escaped. The CDK's way for any value takes much longer.
    return deciding ? '' : JSON.stringify(boundaryFacts(this.informed(preparing)));
  }

  toString(): string {
    return Token.asString(this);
  }

  private informed(preparing: boolean): Informed {
    if (this.decided?.count === this.mappings.length) {
      return this.decided.informed;
    }
    const all = decideAll(variablesOf(this.fn), this.fn);
    if (preparing) {
      all.forEach((informed, variable) => {
        variable.decided = { count: variable.mappings.length, informed };
      });
    }
    return all.get(this)!;
  }

  /** @param foreign the mappings of the app that no trigger made */
  decide(graph: DependencyGraph, foreign: readonly lambda.CfnEventSourceMapping[]): Informed {
    const others = foreign.filter((mapping) => invokes(functionOf(mapping), resourceOf(this.fn)!, mapping));
    const reports = (mapping: lambda.CfnEventSourceMapping) => !this.silent.has(mapping) && isReporting(mapping);
    return new TriggersFacts(this.fn, this.mappings, others, graph, reports).informed();
  }
}

/**
 * What every function of an app gets to know about its triggers.
 *
 * An ARN in a function's environment is a dependency of the function: CloudFormation makes what it names first. What needs what shows
 * only when the app is finished, and each answer is a dependency itself. So all are decided at once, one after another, each with the
 * dependencies that those before it have made.
 */
function decideAll(variables: readonly TriggersVariable[], scope: IConstruct): Map<TriggersVariable, Informed> {
  const stage = Stage.of(scope) ?? scope.node.root;
  const graph = new DependencyGraph(stage);
  const mappings = stage.node.findAll().filter(isMapping);
  const foreign = mappings.filter((mapping) => !variables.some((variable) => variable.mappings.includes(mapping)));
  deciding = true;
  try {
    return new Map(variables.map((variable) => [variable, variable.decide(graph, foreign)]));
  } finally {
    deciding = false;
  }
}

const QUALIFIED = ['AWS::Lambda::Alias', 'AWS::Lambda::Version'];

let deciding = false;

const variables = new WeakMap<IConstruct, TriggersVariable[]>();

/** The variables of all functions that are deployed with this one. */
function variablesOf(fn: IConstruct): TriggersVariable[] {
  const stage = Stage.of(fn) ?? fn.node.root;
  const found = variables.get(stage) ?? [];
  variables.set(stage, found);
  return found;
}
