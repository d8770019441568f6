import { type aws_lambda as lambda, type CfnResource, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { watchers } from './alarms';
import { readersByMapping } from './stream-readers';
import { Policies } from '../role/held-statements';
import { isMapping } from '../template/deployed-mapping';
import { isResource } from '../template/resource';

/**
 * The app of a trigger when it is validated, which is when it is finished.
 *
 * Each trigger asks for it once in a synthesis. To walk the tree each time would take the square of the number of triggers, so that all
 * triggers of a Stage, which the CDK validates in one go, share one walk. A later synthesis of the same app needs a new one, because the tree may have changed, but nothing says that
 * one began. What shows it: if a mapping asks again, or was not there before, the walk is out of date.
 */
export function finishedApp(mapping: lambda.CfnEventSourceMapping): FinishedApp {
  const stage = Stage.of(mapping) ?? mapping.node.root;
  let known = walks.get(stage);
  if (known === undefined || !known.unasked.has(mapping)) {
    const app = new FinishedApp(mapping.node.root);
    walks.set(stage, known = { app, unasked: new Set(app.mappings) });
  }
  known.unasked.delete(mapping);
  return known.app;
}

interface Walk {
  readonly app: FinishedApp;
  readonly unasked: Set<lambda.CfnEventSourceMapping>;
}

const walks = new WeakMap<IConstruct, Walk>();

/** The resources of a finished app, and what is read from them once for all triggers. */
export class FinishedApp {
  readonly resources: readonly CfnResource[];
  readonly mappings: readonly lambda.CfnEventSourceMapping[];
  private readers?: ReturnType<typeof readersByMapping>;
  private watchers?: ReturnType<typeof watchers>;
  private held?: Policies;

  constructor({ node }: IConstruct) {
    this.resources = node.findAll().filter(isResource);
    this.mappings = this.resources.filter(isMapping);
  }

  get policies(): Policies {
    return this.held ??= new Policies(this.resources);
  }

  /** Every mapping that reads the same stream as this one, this one included, whoever made it. In the order of the tree. */
  readersOf(mapping: lambda.CfnEventSourceMapping): readonly lambda.CfnEventSourceMapping[] {
    this.readers ??= readersByMapping(this.mappings);
    return this.readers.get(mapping) ?? [];
  }

  /** The paths of the alarms on metrics of a mapping. */
  alarmsOn(mapping: lambda.CfnEventSourceMapping): readonly string[] {
    this.watchers ??= watchers(this.resources);
    return this.watchers.get(mapping) ?? [];
  }
}
