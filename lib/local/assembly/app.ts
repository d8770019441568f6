import { queueNotifications, type QueueNotification } from './bucket-notifications';
import { ifKnown, resolver, UnresolvedValueError, type Resolve, type Surroundings } from './intrinsics';
import { attributeOf, physicalName, LOCAL_ACCOUNT, LOCAL_REGION, type Endpoints } from './resource-names';
import { readAssembly, UnreadableAssembly, type SynthesizedStack, type TemplateResource } from '../../assembly';
import { isTrue, settingsInTemplate } from '../../rules/cloudformation';
import { SHORT_TIMEOUT, TABLE_RESOURCES } from '../../rules/facts';
import type { ValidSettings } from '../../rules/settings';
import { validSettings } from '../../rules/valid-settings';
import { TEMPLATE_WORDS } from '../../rules/words';
import type { StreamViewType } from '../../stream/record';
import { LocalRunError } from '../errors';

/** The parts of a synthesized app that run on this machine, with the names and ARNs that its code sees. */
export interface LocalApp {
  readonly tables: readonly LocalTable[];
  readonly queues: readonly NamedResource[];
  readonly topics: readonly NamedResource[];
  readonly buckets: readonly LocalBucket[];
  /** The functions that a mapping invokes. */
  readonly functions: readonly LambdaFunction[];
  readonly mappings: readonly LocalMapping[];
  /** What can't run here, each with the reason. */
  readonly notRunning: readonly string[];
}

/** A resource with its names: in the app, in its template, and here. */
export interface NamedResource {
  /** The construct path, such as `Shop/Orders`. */
  readonly path: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly region: string;
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

export interface LocalBucket extends NamedResource {
  /** The queues of the app that hear of new objects. */
  readonly notifications: readonly QueueNotification[];
}

export interface LambdaFunction extends NamedResource {
  /** The folder with the function's code. */
  readonly codeDirectory?: string;
  /** The code itself, where the template holds it. */
  readonly inlineCode?: string;
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

/** A function's environment variables. */
export interface ResolvedVariables {
  readonly variables: Record<string, string>;
  /** Variables that can't be resolved here, each with the reason. They are not set. */
  readonly unresolved: readonly string[];
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

/**
 * Finds in a cloud assembly what can run here.
 *
 * @throws LocalRunError NO_APP, NO_TRIGGER
 */
export function readApp(directory: string): LocalApp {
  const stacks = stacksOf(directory);
  const reading = new Reading(stacks);
  const app: LocalApp = {
    tables: reading.each(TABLE_RESOURCES, (where) => reading.table(where)),
    queues: reading.each(['AWS::SQS::Queue'], (where) => reading.named(where)),
    topics: reading.each(['AWS::SNS::Topic'], (where) => reading.named(where)),
    buckets: reading.each(['AWS::S3::Bucket'], (where) => reading.bucket(where)),
    functions: [],
    mappings: [],
    notRunning: reading.notRunning,
  };
  reading.each(['AWS::CloudFormation::Stack'], () => {
    throw new NotRunning('nested stacks do not run here');
  });
  const mappings = reading.each(['AWS::Lambda::EventSourceMapping'], (where) => reading.mapping(where, app.tables));
  if (mappings.length === 0) {
    const found = stacks.map((stack) => stack.id).join(', ') || 'none';
    throw new LocalRunError('NO_TRIGGER', [
      `No trigger to run in ${directory} (stacks: ${found}).`,
      'A trigger is a mapping between the stream of a table and a Node.js function, both in the app. Add a DynamoStreamTrigger',
      'or a DynamoEventSource to a stack, and run `npx cdk synth` again.',
      ...reading.notRunning.map((line) => `- ${line}`),
    ].join('\n'));
  }
  return { ...app, mappings, functions: [...new Set(mappings.map((mapping) => mapping.function))] };
}

function stacksOf(directory: string): SynthesizedStack[] {
  try {
    return readAssembly(directory);
  } catch (error) {
    throw error instanceof UnreadableAssembly ? new LocalRunError('NO_APP', error.message) : error;
  }
}

/** A resource with its place in the app. */
interface Where {
  readonly stack: SynthesizedStack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  /** One of its properties, resolved. One at a time, because others may refer to what exists only on AWS, such as a key. */
  get(property: string): any;
}

/** Thrown where something is met that can't run here; the message is the reason. */
class NotRunning extends Error {}

class Reading {
  readonly notRunning: string[] = [];
  private readonly resolve: Resolve;
  private readonly tableNames = new Set<string>();
  private readonly functions = new Map<TemplateResource, LambdaFunction>();

  constructor(private readonly stacks: readonly SynthesizedStack[]) {
    this.resolve = resolver(this.surroundings());
  }

  /** Everything of these types, except what can't run here, which is listed in `notRunning`. */
  each<T>(types: readonly string[], read: (where: Where) => T): T[] {
    return this.stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {}).flatMap(([logicalId, resource]) => {
      if (!types.includes(resource.Type)) {
        return [];
      }
      try {
        return this.isPresent(stack, resource) ? [read(this.where(stack, logicalId, resource))] : [];
      } catch (error) {
        if (!(error instanceof NotRunning || error instanceof UnresolvedValueError)) {
          throw error;
        }
        this.notRunning.push(`${pathOf({ stack, logicalId })} (${resource.Type}): ${error.message}`);
        return [];
      }
    }));
  }

  named({ stack, logicalId, resource }: Where): NamedResource {
    const surroundings = this.surroundings();
    const arn = surroundings.attribute(stack, logicalId, resource, resource.Type === 'AWS::SNS::Topic' ? 'TopicArn' : 'Arn')!;
    return {
      path: pathOf({ stack, logicalId }),
      logicalId,
      name: physicalName(stack, logicalId, resource, this.resolve),
      arn,
      region: surroundings.region(stack),
    };
  }

  table(where: Where): LocalTable {
    const named = this.named(where);
    if (this.tableNames.has(named.name)) {
      throw new NotRunning(`another table of the app is also called ${named.name}, and DynamoDB Local has only one region`);
    }
    this.tableNames.add(named.name);
    const view = where.get('StreamSpecification')?.StreamViewType;
    const timeToLive = where.get('TimeToLiveSpecification');
    return {
      ...named,
      keySchema: where.get('KeySchema'),
      attributeDefinitions: where.get('AttributeDefinitions'),
      globalIndexes: (where.get('GlobalSecondaryIndexes') ?? []).map(indexOf),
      localIndexes: (where.get('LocalSecondaryIndexes') ?? []).map(indexOf),
      ...(view && { streamViewType: view }),
      ...(isTrue(timeToLive?.Enabled) && { timeToLiveAttribute: timeToLive.AttributeName }),
    };
  }

  bucket(where: Where): LocalBucket {
    const configured: unknown[] = where.resource.Properties?.NotificationConfiguration?.QueueConfigurations ?? [];
    // One that can't be resolved here must not keep the bucket away.
    const resolved = configured.flatMap((each) => ifKnown(() => this.resolve(where.stack, each)) ?? []);
    return { ...this.named(where), notifications: queueNotifications(resolved) };
  }

  mapping(where: Where, tables: readonly LocalTable[]): LocalMapping {
    const facts = settingsInTemplate(where.resource.Properties ?? {}, where.get);
    if (facts.enabled === false) {
      throw new NotRunning('the mapping is disabled');
    }
    const source = where.get('EventSourceArn');
    const tableArn = /^(.*:table\/[^/]+)\/stream\//.exec(source ?? '')?.[1];
    const table = tables.find((candidate) => candidate.arn === tableArn);
    if (!table) {
      throw new NotRunning(`its source ${source} is not the stream of a table in this app`);
    }
    if (!table.streamViewType) {
      throw new NotRunning(`the table ${table.path} has no stream`);
    }
    const settings = validSettings(facts, TEMPLATE_WORDS, (refusals) => {
      throw new NotRunning(`its settings are refused. ${refusals.join(' ')}`);
    });
    const { function: target, functionArn, executedVersion } = this.functionCalled(String(where.get('FunctionName')));
    const destinationArn = where.get('DestinationConfig')?.OnFailure?.Destination;
    return {
      path: pathOf(where),
      settings,
      function: target,
      functionArn,
      executedVersion,
      table,
      ...(destinationArn && { destinationArn }),
    };
  }

  /** The function behind a name, an ARN, or one of these with an alias or version. */
  private functionCalled(nameOrArn: string): { function: LambdaFunction; functionArn: string; executedVersion: string } {
    const [name, qualifier] = nameOrArn.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '').split(':');
    for (const stack of this.stacks) {
      for (const [logicalId, resource] of Object.entries(stack.template.Resources ?? {})) {
        if (resource.Type === 'AWS::Lambda::Function' && ifKnown(() => physicalName(stack, logicalId, resource, this.resolve)) === name) {
          const found = this.function(stack, logicalId, resource);
          return { function: found, functionArn: found.arn + (qualifier ? `:${qualifier}` : ''), executedVersion: qualifier ?? '$LATEST' };
        }
      }
    }
    throw new NotRunning(`its function ${nameOrArn} is not in this app`);
  }

  private function(stack: SynthesizedStack, logicalId: string, resource: TemplateResource): LambdaFunction {
    const known = this.functions.get(resource);
    if (known) {
      return known;
    }
    const where = this.where(stack, logicalId, resource);
    const reservedConcurrency = where.get('ReservedConcurrentExecutions');
    const found: LambdaFunction = {
      ...this.named(where),
      ...this.code(where),
      handler: where.get('Handler'),
      runtime: where.get('Runtime'),
      // CloudFormation's own defaults.
      timeout: Number(where.get('Timeout') ?? SHORT_TIMEOUT),
      memorySize: Number(where.get('MemorySize') ?? 128),
      ...(reservedConcurrency !== undefined && { reservedConcurrency: Number(reservedConcurrency) }),
      environment: (endpoints) => this.environment(stack, resource.Properties?.Environment?.Variables, endpoints),
    };
    this.functions.set(resource, found);
    return found;
  }

  private code(where: Where): Pick<LambdaFunction, 'codeDirectory' | 'inlineCode'> {
    if (where.get('PackageType') === 'Image') {
      throw new NotRunning('its function is a container image; only Node.js functions run here');
    }
    const runtime = where.get('Runtime');
    if (!/^nodejs/.test(runtime ?? '')) {
      throw new NotRunning(`its function runs on ${runtime}; only Node.js functions run here`);
    }
    if (where.resource.Properties?.Layers?.length) {
      this.notRunning.push(`${pathOf(where)} (layers): layers are not loaded here`);
    }
    const code = where.get('Code');
    if (code?.ZipFile !== undefined) {
      return { inlineCode: code.ZipFile };
    }
    const codeDirectory = where.stack.assets.get(code?.S3Key);
    if (!codeDirectory) {
      throw new NotRunning('its function\'s code is not an asset of this app');
    }
    if (codeDirectory.endsWith('.zip')) {
      throw new NotRunning(`its function's code is an archive, ${codeDirectory}; only code of a folder runs here`);
    }
    return { codeDirectory };
  }

  private environment(stack: SynthesizedStack, variables: Record<string, unknown> = {}, endpoints: Endpoints): ResolvedVariables {
    const resolve = resolver(this.surroundings(endpoints));
    const found: Record<string, string> = {};
    const unresolved: string[] = [];
    for (const [name, value] of Object.entries(variables)) {
      try {
        found[name] = String(resolve(stack, value));
      } catch (error) {
        if (!(error instanceof UnresolvedValueError)) {
          throw error;
        }
        unresolved.push(`${name}: ${error.message}`);
      }
    }
    return { variables: found, unresolved };
  }

  private where(stack: SynthesizedStack, logicalId: string, resource: TemplateResource): Where {
    return { stack, logicalId, resource, get: (property) => this.resolve(stack, resource.Properties?.[property]) };
  }

  private isPresent(stack: SynthesizedStack, resource: TemplateResource): boolean {
    return resource.Condition === undefined || this.resolve(stack, { Condition: resource.Condition });
  }

  /** What Ref of an alias or a version returns. Here every version is the code as it is now. */
  private qualifiedArn(stack: SynthesizedStack, resource: TemplateResource): string {
    const target = this.resolve(stack, resource.Properties?.FunctionName);
    return `${this.functionCalled(target).function.arn}:${resource.Type === 'AWS::Lambda::Alias' ? resource.Properties?.Name : 1}`;
  }

  private surroundings(endpoints?: Endpoints): Surroundings {
    const surroundings: Surroundings = {
      stacks: this.stacks,
      account: (stack) => stack.account ?? LOCAL_ACCOUNT,
      region: (stack) => stack.region ?? LOCAL_REGION,
      attribute: (stack, logicalId, resource, attribute) => {
        if (resource.Type === 'AWS::Lambda::Alias' || resource.Type === 'AWS::Lambda::Version') {
          return attribute === undefined ? this.qualifiedArn(stack, resource) : undefined;
        }
        const place = { region: surroundings.region(stack), account: surroundings.account(stack) };
        return attributeOf(resource, physicalName(stack, logicalId, resource, this.resolve), place, attribute, endpoints);
      },
    };
    return surroundings;
  }
}

function pathOf({ stack, logicalId }: { stack: SynthesizedStack; logicalId: string }): string {
  return stack.paths.get(logicalId) ?? `${stack.id}/${logicalId}`;
}

function indexOf({ IndexName, KeySchema, Projection }: TableIndex): TableIndex {
  return { IndexName, KeySchema, Projection };
}
