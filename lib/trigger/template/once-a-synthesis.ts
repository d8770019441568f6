import { type CfnResource, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What is read from a Stage, and who asks for it once in a synthesis. */
interface ReadOnce<Value> {
  readonly value: Value;
  readonly askers: readonly CfnResource[];
}

/**
 * Something that is read from the tree once for all resources of a Stage that ask for it. To walk the tree for each would take the square of
 * their number.
 *
 * A later synthesis of the same app needs a new reading, because the tree may have changed, but nothing says that one began. What shows it:
 * each resource asks once, so if one asks again, or was not there before, the reading is out of date.
 */
export class OnceASynthesis<Value> {
  private readonly known = new WeakMap<IConstruct, { readonly value: Value; readonly unasked: Set<CfnResource> }>();

  constructor(private readonly read: (stage: IConstruct) => ReadOnce<Value>) {}

  /** @param repeated this resource may ask several times now, for the same reading */
  for(asker: CfnResource, repeated = false): Value {
    const stage = Stage.of(asker) ?? asker.node.root;
    let known = this.known.get(stage);
    if (known === undefined || !(repeated || known.unasked.has(asker))) {
      const { value, askers } = this.read(stage);
      this.known.set(stage, known = { value, unasked: new Set(repeated ? [] : askers) });
    }
    if (!repeated) {
      known.unasked.delete(asker);
    }
    return known.value;
  }
}
