import type { aws_lambda as lambda, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { watchers } from './alarms';
import { readersByMapping } from './stream-readers';
import { Policies } from '../role/held-statements';
import { isMapping } from '../template/deployed-mapping';
import { OnceASynthesis } from '../template/once-a-synthesis';
import { isResource } from '../template/resource';

/** The app of a trigger when it is validated, which is when it is finished. Each trigger asks for it once in a synthesis. */
export function finishedApp(mapping: lambda.CfnEventSourceMapping): FinishedApp {
  return apps.for(mapping);
}

const apps = new OnceASynthesis(({ node }) => {
  const app = new FinishedApp(node.root);
  return { value: app, askers: app.mappings };
});

/** The resources of a finished app, and what is read from them once for all triggers. */
class FinishedApp {
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
