import type { FunctionLayers, LambdaFunction, ResolvedVariables, UnknownVariable } from './app';
import { NotRunning, pathOf, type Reading, type Where } from './reading';
import { ifKnown, UnresolvedValueError } from './resolution';
import { type Endpoints, physicalName } from './resource-names';
import { readRecipe } from '../../assembly/bundle-recipe';
import { SHORT_TIMEOUT } from '../../rules/facts';

/** A function as a mapping names it: with an alias or a version, or without. */
export interface CalledFunction {
  readonly function: LambdaFunction;
  readonly functionArn: string;
  readonly executedVersion: string;
}

/** The functions of an app. */
export class LambdaFunctions {
  private readonly known = new Map<string, LambdaFunction>();

  constructor(private readonly reading: Reading) {}

  /**
   * The function behind a name, an ARN, or one of these with an alias or version.
   *
   * @throws NotRunning, UnresolvedValueError
   */
  called(nameOrArn: string): CalledFunction {
    const [name, qualifier] = nameOrArn.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '').split(':');
    const found = this.reading.all(['AWS::Lambda::Function'])
      .find(({ stack, logicalId, resource }) => ifKnown(() => physicalName(stack, logicalId, resource, this.reading.resolve)) === name);
    if (!found) {
      throw new NotRunning(`its function ${nameOrArn} is not in this app`);
    }
    const target = this.known.get(name) ?? this.function(found);
    this.known.set(name, target);
    return { function: target, functionArn: target.arn + (qualifier ? `:${qualifier}` : ''), executedVersion: qualifier ?? '$LATEST' };
  }

  private function(where: Where): LambdaFunction {
    const reservedConcurrency = ifKnown(() => where.get('ReservedConcurrentExecutions'));
    const bundle = readRecipe(where.stack.metadata[`/${pathOf(where)}`]);
    return {
      ...this.reading.named(where),
      ...codeOf(where),
      ...(bundle && { bundle }),
      layers: this.layers(where),
      handler: where.get('Handler'),
      runtime: where.get('Runtime'),
      timeout: this.number(where, 'Timeout', SHORT_TIMEOUT),
      memorySize: this.number(where, 'MemorySize', 128),
      ...(reservedConcurrency !== undefined && { reservedConcurrency: Number(reservedConcurrency) }),
      environment: (endpoints) => this.environment(where, endpoints),
    };
  }

  /** @param usual CloudFormation's own default. It stands in for a number that can't be known here. */
  private number(where: Where, property: string, usual: number): number {
    try {
      return Number(where.get(property) ?? usual);
    } catch (error) {
      if (!(error instanceof UnresolvedValueError)) {
        throw error;
      }
      this.reading.note(where, `its ${property} is ${usual} here: ${error.message}`);
      return usual;
    }
  }

  private layers(where: Where): FunctionLayers {
    const asked: unknown[] = where.resource.Properties?.Layers ?? [];
    const versions = this.reading.all(['AWS::Lambda::LayerVersion']);
    const found = asked.map((each) => {
      const arn = ifKnown(() => String(this.reading.resolve(where.stack, each))) ?? JSON.stringify(each);
      const version = versions.find((candidate) => ifKnown(() => this.reading.named(candidate).arn) === arn);
      const directory = version && ifKnown(() => version.stack.assets.get(version.get('Content')?.S3Key));
      return { name: version ? pathOf(version) : arn, directory: directory?.endsWith('.zip') ? undefined : directory };
    });
    return {
      directories: found.flatMap(({ directory }) => directory ?? []).reverse(),
      missing: found.filter(({ directory }) => directory === undefined).map(({ name }) => name),
    };
  }

  private environment({ stack, resource }: Where, endpoints: Endpoints): ResolvedVariables {
    const variables: Record<string, string> = {};
    const unknown: UnknownVariable[] = [];
    for (const [name, value] of Object.entries<unknown>(resource.Properties?.Environment?.Variables ?? {})) {
      const reasons: string[] = [];
      const resolve = this.reading.resolverWith(endpoints, (error) => {
        reasons.push(error.message);
        return `UNKNOWN-${error.what.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}`;
      });
      try {
        variables[name] = String(resolve(stack, value));
      } catch (error) {
        reasons.push((error as Error).message);
      }
      if (reasons.length > 0) {
        unknown.push({ name, reasons, isSet: name in variables });
      }
    }
    return { variables, unknown };
  }
}

function codeOf(where: Where): Pick<LambdaFunction, 'codeDirectory' | 'inlineCode'> {
  if (where.get('PackageType') === 'Image') {
    throw new NotRunning('its function is a container image. Only Node.js functions run here, with their code in a folder: lambda.Code.fromAsset(folder)');
  }
  const runtime = where.get('Runtime');
  if (!/^nodejs/.test(runtime ?? '')) {
    throw new NotRunning(`its function runs on ${runtime}, and only Node.js functions run here. simulateTrigger tests the mapping of any function`);
  }
  const code = where.get('Code');
  if (code?.ZipFile !== undefined) {
    return { inlineCode: code.ZipFile };
  }
  const codeDirectory = where.stack.assets.get(code?.S3Key);
  if (!codeDirectory) {
    throw new NotRunning('its function\'s code is not an asset of this app. lambda.Code.fromAsset(folder) makes it one');
  }
  if (codeDirectory.endsWith('.zip')) {
    throw new NotRunning(`its function's code is an archive, ${codeDirectory}; only code of a folder runs here. Give the folder to lambda.Code.fromAsset`);
  }
  return { codeDirectory };
}
