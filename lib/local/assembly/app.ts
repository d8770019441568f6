import type { Endpoints } from './resource-names';
import type { BundleRecipe } from '../../assembly/bundle-recipe';
import type { ValidSettings } from '../../rules/settings';
import type { StreamViewType } from '../../stream/record';
import type { NamedResource } from '../named-resource';

/** The parts of a synthesized app that run on this machine, with the names and ARNs that its code sees. */
export interface LocalApp {
  readonly tables: readonly LocalTable[];
  readonly queues: readonly LocalQueue[];
  readonly topics: readonly LocalTopic[];
  readonly buckets: readonly LocalBucket[];
  /** The functions that a mapping invokes. */
  readonly functions: readonly LambdaFunction[];
  readonly mappings: readonly LocalMapping[];
  /** What can't run here, each with the reason. */
  readonly notRunning: readonly string[];
  /** What runs here in another way than on AWS. */
  readonly notes: readonly string[];
  /** The parameters and secrets that the app makes. */
  storedValues(endpoints: Endpoints): StoredValues;
}

/** Values that functions read by name. */
export interface StoredValues {
  readonly parameters: readonly StoredParameter[];
  readonly secrets: readonly StoredSecret[];
}

/** A parameter of Systems Manager. */
export interface StoredParameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** A secret of Secrets Manager. */
export interface StoredSecret {
  readonly name: string;
  readonly arn: string;
  readonly value: string;
}

export interface LocalTable extends NamedResource {
  readonly keySchema: readonly { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];
  readonly attributeDefinitions: readonly { AttributeName: string; AttributeType: 'S' | 'N' | 'B' }[];
  readonly globalIndexes: readonly TableIndex[];
  readonly localIndexes: readonly TableIndex[];
  readonly streamViewType?: StreamViewType;
  readonly timeToLiveAttribute?: string;
}

interface TableIndex {
  readonly IndexName: string;
  readonly KeySchema: LocalTable['keySchema'];
  readonly Projection: { ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'; NonKeyAttributes?: string[] };
}

export interface LocalQueue extends NamedResource {
  /** As SQS names them. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface LocalTopic extends NamedResource {
  /** As SNS names them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The queues that get its messages. */
  readonly subscriptions: readonly QueueSubscription[];
}

export interface QueueSubscription {
  readonly queueArn: string;
  /** As SNS names them. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface LocalBucket extends NamedResource {
  /** The queues and topics that hear of new objects. */
  readonly notifications: readonly BucketNotification[];
}

/** A queue or topic that a bucket notifies of new objects. */
export interface BucketNotification {
  readonly arn: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface LambdaFunction extends NamedResource {
  /** The folder with the function's code. */
  readonly codeDirectory?: string;
  /** The code itself, where the template holds it. */
  readonly inlineCode?: string;
  /** How the code was bundled, where the app notes it. */
  readonly bundle?: BundleRecipe;
  readonly layers: FunctionLayers;
  /** Such as `index.handler`. */
  readonly handler: string;
  /** Such as `nodejs24.x`. */
  readonly runtime: string;
  /** Seconds. */
  readonly timeout: number;
  /** MB. */
  readonly memorySize: number;
  readonly reservedConcurrency?: number;
  /** The environment variables. Some of their values are known only once everything runs. */
  environment(endpoints: Endpoints): ResolvedVariables;
}

/** The layers of a function. */
export interface FunctionLayers {
  /** The folders with their content, the last layer first: its modules are taken before those of the others. */
  readonly directories: readonly string[];
  /** The ARNs of those that are not in the app, or that are archives. */
  readonly missing: readonly string[];
}

/** A function's environment variables. */
export interface ResolvedVariables {
  readonly variables: Record<string, string>;
  readonly unknown: readonly UnknownVariable[];
}

/** A variable whose value can't be known here, or a part of it. */
export interface UnknownVariable {
  readonly name: string;
  /** What is not known and why, such as `Ref of Shop/Api (AWS::ApiGateway::RestApi) is only known after a deployment`. */
  readonly reasons: readonly string[];
  /** Whether it is set nevertheless, with placeholders for those parts. */
  readonly isSet: boolean;
}

export interface LocalMapping {
  readonly path: string;
  readonly settings: ValidSettings;
  readonly function: LambdaFunction;
  /** As the mapping names it: with the alias or version, where it has one. */
  readonly functionArn: string;
  readonly executedVersion: string;
  readonly table: LocalTable;
  readonly destinationArn?: string;
}
