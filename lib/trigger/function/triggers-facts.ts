import { type aws_lambda as lambda, Fn, Stack, Token } from 'aws-cdk-lib';
import { TABLE_RESOURCES } from '../../rules/facts';
import { QUEUE_NAME, type TriggerFacts } from '../../stream/boundary';
import { isMonitored } from '../monitoring/monitored';
import { canonicalText, soleReference } from '../template/canonical-text';
import type { DependencyGraph } from '../template/dependency-graph';
import { destinationOf, isOmittable, isReporting, streamOf } from '../template/deployed-mapping';
import { isResource, resourceOf } from '../template/resource';
import { environmentOf, topOf } from '../template/stacks';

/** What a function gets to know about its triggers. */
export interface Informed {
  readonly triggers: TriggerFacts[];
  /** Why the function can't park records in the failure destination of a mapping, by mapping. */
  readonly obstacles: ReadonlyMap<lambda.CfnEventSourceMapping, ParkingObstacle>;
  /** For a mapping that takes reports but gets none: the mappings that take none, and whose records look the same to the function. */
  readonly silencers: ReadonlyMap<lambda.CfnEventSourceMapping, readonly lambda.CfnEventSourceMapping[]>;
}

/**
 * Why a function can't park records in a mapping's failure destination: its ARN would close a circle, or the variable can't tell the
 * records of this mapping from those of another one, which has another destination.
 */
export type ParkingObstacle = 'circle' | 'ambiguous';

/** An entry of the variable, and the mappings that it serves. */
interface VariableEntry {
  readonly mappings: readonly lambda.CfnEventSourceMapping[];
  readonly facts: TriggerFacts;
}

/**
 * The facts of all triggers of a function, from their mappings as the template will have them, and as short as they can be, because Lambda
 * allows 4 KB for all variables: what the triggers have in common is written once, and the streams are named only if it makes a difference.
 */
export class TriggersFacts {
  private readonly obstacles = new Map<lambda.CfnEventSourceMapping, ParkingObstacle>();

  constructor(
    private readonly fn: lambda.Function,
    private readonly mappings: readonly lambda.CfnEventSourceMapping[],
    /** The function's mappings that no trigger made. */
    private readonly others: readonly lambda.CfnEventSourceMapping[],
    private readonly graph: DependencyGraph,
    private readonly reports: (mapping: lambda.CfnEventSourceMapping) => boolean,
  ) {}

  informed(): Informed {
    const entries = this.mappings.map((mapping) => ({
      mappings: [mapping],
      facts: { report: this.reports(mapping), park: this.parkOf(mapping), metrics: isMonitored(mapping) || undefined },
    }));
    const merged = this.merged(entries, ({ facts }) => this.key(facts.report, facts.park));
    // An entry without a stream would be for the records of other mappings, too.
    const written = merged.length <= 1 && this.others.length === 0 ? merged : this.byStream(entries);
    return { triggers: written.map(({ facts }) => this.shortened(facts)), obstacles: this.obstacles, silencers: this.silencers(written) };
  }

  private silencers(written: readonly VariableEntry[]): Map<lambda.CfnEventSourceMapping, readonly lambda.CfnEventSourceMapping[]> {
    return new Map(written.filter(({ facts }) => !facts.report).flatMap(({ mappings, facts }) => {
      const others = this.others.filter((other) => !isReporting(other) && !this.isOfAnother(other, facts.stream));
      const silent = [...mappings.filter((mapping) => !this.reports(mapping)), ...others];
      return mappings.filter((mapping) => this.reports(mapping)).map((mapping) => [mapping, silent] as const);
    }));
  }

  /** One entry for each stream, and one for all those that the function can't name. */
  private byStream(entries: readonly VariableEntry[]): readonly VariableEntry[] {
    const named = entries.map(({ mappings, facts }) => (
      { mappings, facts: { stream: this.ifNameable(streamOf(mappings[0]), mappings[0]), ...facts } }
    ));
    const written = this.merged(named, ({ facts }) => this.key(facts.stream)).map(({ mappings, facts }) => ({
      mappings,
      facts: { ...facts, report: facts.report && this.others.every((other) => isReporting(other) || this.isOfAnother(other, facts.stream)) },
    }));
    for (const { mappings, facts } of written) {
      const others = facts.park === undefined ? mappings : [];
      others.filter((mapping) => destinationOf(mapping) !== undefined && !this.obstacles.has(mapping))
        .forEach((mapping) => this.obstacles.set(mapping, 'ambiguous'));
    }
    return written;
  }

  /** Whether a mapping that no trigger made is not of this stream. With an alias of the function it can be of the same. */
  private isOfAnother(mapping: lambda.CfnEventSourceMapping, stream: string | undefined): boolean {
    return stream !== undefined && this.key(streamOf(mapping)) !== this.key(stream);
  }

  /** Triggers that share an entry may disagree. Then it says what loses nothing with any of them: a failure throws, and nothing is parked. */
  private merged(entries: readonly VariableEntry[], keyOf: (entry: VariableEntry) => string): readonly VariableEntry[] {
    const byKey = new Map<string, VariableEntry>();
    for (const entry of entries) {
      const key = keyOf(entry);
      const other = byKey.get(key);
      byKey.set(key, other === undefined ? entry : {
        mappings: [...other.mappings, ...entry.mappings],
        facts: {
          ...other.facts,
          report: other.facts.report && entry.facts.report,
          park: this.key(other.facts.park) === this.key(entry.facts.park) ? other.facts.park : undefined,
          metrics: other.facts.metrics ?? entry.facts.metrics,
        },
      });
    }
    return [...byKey.values()];
  }

  private key(...values: readonly unknown[]): string {
    return JSON.stringify(values.map((value) => value === undefined || typeof value === 'boolean' ? value : canonicalText(value, this.fn)));
  }

  private parkOf(mapping: lambda.CfnEventSourceMapping): string | undefined {
    const destination = destinationOf(mapping);
    const park = this.ifNameable(destination, mapping);
    if (destination !== undefined && park === undefined) {
      this.obstacles.set(mapping, 'circle');
    }
    return park;
  }

  /** The ARN, if the function's environment can have it. */
  private ifNameable(arn: string | undefined, mapping: lambda.CfnEventSourceMapping): string | undefined {
    if (arn === undefined || isOmittable(arn, mapping)) {
      return undefined;
    }
    // What an override wrote means something in the stack of the mapping only.
    if (!Token.isUnresolved(arn) && typeof arn === 'object' && Stack.of(mapping) !== Stack.of(this.fn)) {
      return undefined;
    }
    const fn = resourceOf(this.fn)!;
    const targets = this.graph.elementsIn(arn, mapping);
    const isCircular = targets.some((target) => {
      const top = topOf(target);
      // The stack of the trigger needs the function's, because the mapping names the function.
      return (top !== topOf(fn) && top === topOf(mapping)) || this.graph.path(target, fn) !== undefined;
    });
    if (isCircular) {
      return undefined;
    }
    this.graph.add(fn, targets);
    return arn;
  }

  /**
   * The name of a table stands for the ARN of its stream, and that of a queue for the queue's, if both are where the function is: the
   * runtime has the rest from the records.
   */
  private shortened({ stream, report, park, metrics }: TriggerFacts): TriggerFacts {
    if (!this.isHere(stream, TABLE_RESOURCES)) {
      return { stream, report, park, metrics };
    }
    return {
      stream: Fn.select(1, Fn.split('/', stream)),
      report,
      park: this.isHere(park, ['AWS::SQS::Queue']) ? `${QUEUE_NAME}${Fn.select(5, Fn.split(':', park))}` : park,
      metrics,
    };
  }

  private isHere(arn: string | undefined, types: readonly string[]): arn is string {
    const target = arn === undefined ? undefined : soleReference(arn, this.fn)?.target;
    return isResource(target) && types.includes(target.cfnResourceType) && environmentOf(target) === environmentOf(this.fn);
  }
}
