import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import { Annotations } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { InvalidTriggerError } from '../invalid-trigger-error';
import type { DynamoStreamTriggerProps } from '../props';
import { cdkClassOf, fileOf, targetOf } from '../template/cdk-internals';

/** Notes in the app that this copy of the package takes part in it. */
export function takePart(construct: IConstruct): void {
  const root = construct.node.root as { [PACKAGES]?: Set<string> };
  (root[PACKAGES] ??= new Set()).add(PACKAGE);
}

/** Warns if the app has two copies of this package, or parts of a trigger come from two copies of aws-cdk-lib. */
export function warnOfCopies(trigger: Construct, parts: readonly unknown[]): void {
  const copies = copiesIn(trigger, parts);
  if (copies !== undefined) {
    Annotations.of(trigger).addWarningV2('dynamo-stream-trigger:two-copies', copies);
  }
}

/** What went wrong with a trigger for no reason of ours. If the app has two copies of a package, the error names them. */
export function namingCopies(error: unknown, trigger: Construct, parts: readonly unknown[]): unknown {
  if (error instanceof Error && !(error instanceof InvalidTriggerError)) {
    const copies = copiesIn(trigger, parts);
    error.message += copies === undefined ? '' : `\n[${trigger.node.path}] Perhaps because of this: ${copies}`;
  }
  return error;
}

/** The constructs among a trigger's props. */
export function partsOf(props: Partial<DynamoStreamTriggerProps> | null | undefined): unknown[] {
  const { table, handler, filterEncryption, failureQueueKey, onFailure } = props ?? {};
  return [table, handler, filterEncryption, failureQueueKey, ...Object.values(onFailure === undefined ? {} : targetOf(onFailure) ?? {})];
}

function copiesIn(trigger: Construct, parts: readonly unknown[]): string | undefined {
  const packages = [...(trigger.node.root as { [PACKAGES]?: Set<string> })[PACKAGES] ?? []];
  const found = [
    ...inWords('aws-cdk-lib', cdkCopies([trigger.node.root, cdk.Stack.of(trigger), ...parts])),
    ...inWords('dynamo-stream-trigger', packages.map((folder) => copyIn(folder))),
  ];
  return found.length === 0 ? undefined : `${found.join(' ')} Their classes are not the same, so that one may not know what the other made. `
    + 'Have one: name the same version everywhere, and run `npm dedupe` (or `pnpm dedupe`, `yarn dedupe`); `npm ls` shows who needs which.';
}

function inWords(name: string, copies: readonly string[]): string[] {
  const distinct = [...new Set(copies)];
  return distinct.length > 1 ? [`The app has ${distinct.length} copies of ${name}: ${distinct.join(', and ')}.`] : [];
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
