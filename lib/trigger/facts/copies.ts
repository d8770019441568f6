import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { type CopyFacts, ofCopies } from '../../rules/trigger-wiring-rules';
import { InvalidTriggerError } from '../invalid-trigger-error';
import type { DynamoStreamTriggerProps } from '../props';
import { cdkClassOf, fileOf, destinationTarget } from '../template/cdk-internals';

/** Notes in the app that this copy of the package takes part in it. */
export function takePart(construct: IConstruct): void {
  const root = construct.node.root as { [PACKAGES]?: Set<string> };
  (root[PACKAGES] ??= new Set()).add(PACKAGE);
}

/** What went wrong with a trigger for no reason of ours. If the app has two copies of a package, the error names them. */
export function namingCopies(error: unknown, trigger: Construct, parts: readonly unknown[]): unknown {
  if (error instanceof Error && !(error instanceof InvalidTriggerError)) {
    const copies = copiesIn(trigger, parts);
    error.message += copies.length === 0 ? '' : `\n[${trigger.node.path}] Perhaps because of this: ${ofCopies(copies)}`;
  }
  return error;
}

/** The constructs among a trigger's props. */
export function constructsIn(props: Partial<DynamoStreamTriggerProps> | null | undefined): unknown[] {
  const { table, handler, filterEncryption, failureQueueKey, onFailure } = props ?? {};
  return [table, handler, filterEncryption, failureQueueKey, ...Object.values(onFailure === undefined ? {} : destinationTarget(onFailure) ?? {})];
}

/** The copies of this package that an app has, and those of aws-cdk-lib that the parts of a trigger come from, where there is more than one. */
export function copiesIn(trigger: IConstruct, parts: readonly unknown[]): CopyFacts[] {
  const packages = [...(trigger.node.root as { [PACKAGES]?: Set<string> })[PACKAGES] ?? []];
  const found = [
    { name: 'aws-cdk-lib', copies: cdkCopies([trigger.node.root, cdk.Stack.of(trigger), ...parts]) },
    { name: 'dynamo-stream-trigger', copies: packages.length > 1 ? packages.map((folder) => copyIn(folder)) : [] },
  ];
  return found.map(({ name, copies }) => ({ name, copies: [...new Set(copies)] })).filter(({ copies }) => copies.length > 1);
}

/** Of this package's own copy of the CDK, and of all others that parts come from. */
function cdkCopies(parts: readonly unknown[]): string[] {
  const classes = parts.map(cdkClassOf).filter((found) => found !== undefined);
  const foreign = classes.filter(({ name, type }) => (cdk as { readonly [name: string]: unknown })[name] !== type);
  return foreign.length === 0 ? [] : [
    ownCdk(),
    ...foreign.map(({ name, type, version }) => placed(name, type, version)),
  ];
}

function ownCdk(): string {
  const { name, type, version } = cdkClassOf(cdk.Stack.prototype)!;
  return placed(name, type, version);
}

function placed(name: string, type: unknown, version: string): string {
  const file = fileOf(name, type, require.cache);
  return file === undefined ? `${version} in another place` : copyIn(join(dirname(file), '..', '..'), version);
}

function copyIn(folder: string, version?: string): string {
  return `${version ?? versionIn(folder)} in ${relative(process.cwd(), folder) || '.'}`;
}

function versionIn(folder: string): string {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  } catch {
    // Bundled with the app.
    return 'one';
  }
}

const PACKAGES = Symbol.for('dynamo-stream-trigger/packages');

/** By a path that is right from lib/ and from build/. */
const PACKAGE = join(__dirname, '..', '..', '..');
