import type { aws_iam as iam, aws_lambda as lambda, aws_s3 as s3, aws_sns as sns, aws_sqs as sqs, CfnElement, CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/*
 * What this package uses of the CDK although the CDK does not document it. No file outside of this folder may. Each function says why
 * nothing public does the same; the tests of lib/trigger fail if a new version of the CDK changes one of them.
 */

/**
 * An element's part of the template, with its tokens.
 *
 * Nothing else shows all that the template will say: the properties of a resource's class lack overrides, dependencies and conditions, and
 * the finished template has no tokens, so that it can't be followed to constructs of other stacks.
 */
export function fragmentOf(element: CfnElement): object {
  return (element as unknown as { _toCloudFormation(): object })._toCloudFormation();
}

/**
 * Whether an override (`addPropertyOverride` and the like) may have set properties of a resource.
 *
 * The CDK has no public way to ask. Without this answer, each property must be read from the whole fragment, which takes
 * most of the time of a synthesis with many triggers. Where a version of the CDK keeps no such list, any property may be overridden.
 */
export function mayBeOverridden(resource: CfnResource): boolean {
  const { rawOverrides } = resource as unknown as { readonly rawOverrides?: { readonly Properties?: object } };
  return rawOverrides === undefined || rawOverrides.Properties !== undefined;
}

/**
 * What an override has set a property to; undefined if none has.
 *
 * The public way shows it among all properties, each of which it resolves. Some of them are not known before this one is.
 */
export function overriddenProperty(resource: CfnResource, name: string): unknown {
  const { rawOverrides } = resource as unknown as { readonly rawOverrides?: { readonly Properties?: { readonly [name: string]: unknown } } };
  return rawOverrides?.Properties?.[name];
}

/**
 * The properties of a resource as its class has them, with their tokens; none that only overrides have.
 *
 * The public way to all of them resolves them, which takes most of the time of a validation with many triggers.
 */
export function rawProperties(resource: CfnResource): { readonly [name: string]: unknown } | undefined {
  return (resource as unknown as { readonly cfnProperties?: { readonly [name: string]: unknown } }).cfnProperties;
}

/**
 * Whether a stack takes references to other Regions (`crossRegionReferences`), so that it is deployed after what they refer to.
 *
 * The stack keeps its prop to itself.
 */
export function handsOverRegions(stack: Stack): boolean {
  return (stack as unknown as { readonly _crossRegionReferences?: boolean })._crossRegionReferences === true;
}

/**
 * Whether the app gave a construct's resource its name (`tableName` and the like).
 *
 * A name that the CDK generated, because another account or Region must know it, looks like one that the app gave as a token. Only the
 * CDK's note on the construct tells them apart.
 */
export function hasNameOfApp(construct: IConstruct): boolean {
  return construct.node.metadata.some(({ type }) => type === 'aws:cdk:hasPhysicalName');
}

/**
 * The queue of a `SqsDlq`, the topic of a `SnsDlq`, or the bucket of a `S3OnFailureDestination`, which keep them private.
 *
 * If one was imported by an ARN that is a token, the ARN does not show whether it is a FIFO queue or topic, and no ARN shows its key. The
 * imported construct does.
 */
export function destinationTarget(destination: lambda.IEventSourceDlq): DestinationTarget {
  return destination as object;
}

/**
 * Takes a managed policy of AWS away from a role.
 *
 * The CDK attaches policies to the roles that it makes for functions, and a role can be made under a function by the CDK only: nothing can be
 * made under a construct before the construct.
 */
export function detachManagedPolicy(role: iam.IRole, name: string): void {
  const { managedPolicies = [] } = role as { readonly managedPolicies?: iam.IManagedPolicy[] };
  const index = managedPolicies.findIndex(({ managedPolicyArn }) => managedPolicyArn.endsWith(`/${name}`));
  if (index >= 0) {
    managedPolicies.splice(index, 1);
  }
}

/** What a failure destination sends to. */
export interface DestinationTarget {
  readonly queue?: Partial<sqs.IQueue>;
  readonly topic?: Partial<sns.ITopic>;
  readonly bucket?: Partial<s3.IBucket>;
}

/**
 * The class of aws-cdk-lib that a construct comes from, and its version. Two copies of aws-cdk-lib have two such classes.
 *
 * Nothing public tells which copy made a construct. The name is what jsii notes on classes.
 */
export function cdkClassOf(construct: unknown): CdkClass | undefined {
  for (let type = (construct as object | null | undefined)?.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    const { fqn, version } = (Object.hasOwn(type, JSII) ? (type as any)[JSII] : undefined) ?? {};
    const [, name] = /^aws-cdk-lib\.(Resource|Stack|Stage)$/.exec(fqn) ?? [];
    if (name !== undefined) {
      return { name, type, version };
    }
  }
  return undefined;
}

/** The file of aws-cdk-lib that a class comes from, if it is among the loaded modules. */
export function fileOf(name: string, type: unknown, modules: { readonly [file: string]: { readonly exports: any } | undefined }): string | undefined {
  const end = new RegExp(`[\\\\/]core[\\\\/]lib[\\\\/]${name.toLowerCase()}\\.js$`);
  return Object.keys(modules).find((file) => end.test(file) && modules[file]?.exports[name] === type);
}

export interface CdkClass {
  readonly name: string;
  readonly type: unknown;
  readonly version: string;
}

const JSII = Symbol.for('jsii.rtti');
