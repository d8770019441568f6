import { hasMacros } from './checked-stack';
import { type FoundMapping, SAM_TABLE } from './mappings';
import { missingStatements, writesToTable } from './permission-facts';
import { globalsOf, SAM_FUNCTION } from './sam-globals';
import { isTargetResource, targetKey, simplified, type Target, type TargetResource, targetOf } from './values';
import { arnAttributes, fifoProperty, isIntrinsic, isTrue, knownNumber, knownPart, serviceOf, settingsInTemplate } from '../rules/cloudformation';
import { isKnown, SHORT_TIMEOUT, TABLE_RESOURCES, UNKNOWN } from '../rules/facts';
import type { SettingFacts } from '../rules/mapping-rules';
import type { DestinationFacts, FunctionFacts, StreamFacts, WiringFacts } from '../rules/wiring-rules';

export function settingFacts({ properties }: FoundMapping): SettingFacts {
  const facts = settingsInTemplate(properties);
  // What only the deployment decides may be one.
  return { ...facts, onFailure: facts.onFailure || isDestinationUndecided(properties) };
}

/** @param ofStream the mappings of the same stream, in the order of the templates */
export function wiringFacts(mapping: FoundMapping, settings: SettingFacts, ofStream: readonly FoundMapping[]): WiringFacts {
  const { properties, stack } = mapping;
  const readers = ofStream.filter((other) => mayBeTogether(mapping, other));
  const { filters, batchSize, parallelizationFactor, enabled } = settings;
  const fn = functionOf(mapping.invoked);
  const onFailure = settings.onFailure && !isDestinationUndecided(properties)
    ? destinationFacts(targetOf(properties.DestinationConfig.OnFailure.Destination, stack))
    : undefined;
  return {
    filters,
    batchSize,
    parallelizationFactor,
    enabled,
    onFailure,
    table: streamFacts(mapping, readers),
    handler: { ...functionFacts(mapping, fn, readers), missingStatements: missingStatements(mapping, fn, onFailure) },
    writesToTable: filters.length === 0 && writesToTable(mapping, fn),
    mapping: { account: stack.account, region: stack.region },
  };
}

function isDestinationUndecided({ DestinationConfig: config }: FoundMapping['properties']): boolean {
  return isIntrinsic(config) || isIntrinsic(config?.OnFailure);
}

/** Whether two mappings of a stream may be deployed together. */
function mayBeTogether(mapping: FoundMapping, other: FoundMapping): boolean {
  const { Condition: condition } = mapping.resource;
  return other === mapping || condition === undefined || [undefined, condition].includes(other.resource.Condition);
}

function nameOf({ stack, logicalId, event }: FoundMapping): string {
  return [stack.pathOf(logicalId) ?? logicalId, event ?? []].flat().join('.');
}

function streamFacts(mapping: FoundMapping, readers: readonly FoundMapping[]): StreamFacts {
  const { source, stack: { region, account } } = mapping;
  const earlierReaders = isOn(mapping) ? readers.slice(0, readers.indexOf(mapping)).filter(isOn).map(nameOf) : [];
  if (!isTargetResource(source)) {
    return {
      region: knownPart(source.text, 'region') ?? UNKNOWN, account: knownPart(source.text, 'account') ?? UNKNOWN, arn: source.text, reference: undefined,
      viewType: UNKNOWN, hasPolicy: UNKNOWN, replicated: false, lookedUp: false, earlierReaders,
    };
  }
  const { resource, attribute } = source;
  const place = TABLE_RESOURCES.includes(resource.Type) ? source.stack : { region, account };
  return {
    region: place.region, account: place.account, arn: UNKNOWN, reference: { type: resource.Type, attribute },
    ...tableFacts(source), earlierReaders,
  };
}

/** A disabled mapping reads nothing. */
function isOn({ properties: { Enabled } }: FoundMapping): boolean {
  return Enabled === undefined || isIntrinsic(Enabled) || !isKnown(Enabled) || isTrue(Enabled);
}

function tableFacts({ stack, resource: { Type, Properties: given } }: TargetResource): Pick<StreamFacts, 'viewType' | 'hasPolicy' | 'replicated' | 'lookedUp'> {
  if (Type !== SAM_TABLE && !TABLE_RESOURCES.includes(Type)) {
    return { viewType: UNKNOWN, hasPolicy: UNKNOWN, replicated: false, lookedUp: true };
  }
  const properties = simplified(given, stack);
  const { StreamSpecification: stream, Replicas: replicas } = properties;
  const isOff = stream === undefined && !isIntrinsic(properties) && !hasMacros(stack) && properties.GlobalTableSourceArn === undefined;
  return {
    viewType: isOff ? undefined : typeof stream?.StreamViewType === 'string' ? stream.StreamViewType : UNKNOWN,
    hasPolicy: isIntrinsic(stream) ? UNKNOWN : stream?.ResourcePolicy !== undefined,
    replicated: Array.isArray(replicas) && replicas.length > 1,
    lookedUp: false,
  };
}

function functionFacts(mapping: FoundMapping, fn: TargetResource | undefined, readers: readonly FoundMapping[]): Omit<FunctionFacts, 'missingStatements'> {
  const { invoked } = mapping;
  const key = functionKey(invoked);
  const property = (name: string) => fn && simplified(fn.resource.Properties![name] ?? globalsOf(fn)[name], fn.stack);
  const durable = property('DurableConfig');
  return {
    // A layer between, such as a macro, may give it another one.
    timeout: fn === undefined ? UNKNOWN : knownNumber(property('Timeout') ?? (hasMacros(fn.stack) ? UNKNOWN : SHORT_TIMEOUT)),
    twins: key === undefined ? [] : readers.filter((other) => other !== mapping && functionKey(other.invoked) === key).map(nameOf),
    perTenant: property('TenancyConfig')?.TenantIsolationMode === 'PER_TENANT',
    reservedConcurrency: property('ReservedConcurrentExecutions') === undefined ? undefined : knownNumber(property('ReservedConcurrentExecutions')),
    durable: durable && {
      timeout: durable.ExecutionTimeout === undefined ? undefined : knownNumber(durable.ExecutionTimeout),
      isManaged: property('CapacityProviderConfig') !== undefined,
      isQualified: !isTargetResource(invoked) || invoked.resource !== fn?.resource || property('AutoPublishAlias') !== undefined,
    },
  };
}

/** The function of a template that a mapping invokes, perhaps by an alias or a version. */
function functionOf(invoked: Target, depth = 0): TargetResource | undefined {
  if (!isTargetResource(invoked) || depth > 2) {
    return undefined;
  }
  const { stack, resource } = invoked;
  switch (resource.Type) {
    case 'AWS::Lambda::Function':
    case SAM_FUNCTION: return invoked;
    case 'AWS::Lambda::Alias':
    case 'AWS::Lambda::Version': return functionOf(targetOf(resource.Properties!.FunctionName, stack), depth + 1);
    default: return undefined;
  }
}

/** A text that is equal for mappings that invoke the same function, by the same alias or version. */
function functionKey(invoked: Target): string | undefined {
  if (!isTargetResource(invoked)) {
    return targetKey(invoked)?.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '');
  }
  // A function's name and its ARN name the same.
  return targetKey({ ...invoked, attribute: '' });
}

const WITH_ARN = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket'];

function destinationFacts(destination: Target): DestinationFacts {
  if (!isTargetResource(destination)) {
    const arn = destination.text;
    return {
      arn, service: knownPart(arn, 'service') ?? UNKNOWN, region: knownPart(arn, 'region') ?? UNKNOWN, fifo: arn.endsWith('.fifo'),
      ...isKnown(arn) && !/^(arn:|kafka:|$)/.test(arn) && { insteadOfArn: arn },
    };
  }
  const { stack, logicalId, resource: { Type, Properties: given }, attribute } = destination;
  const properties = simplified(given, stack);
  return {
    arn: UNKNOWN,
    service: serviceOf(Type, attribute),
    region: stack.region,
    fifo: isTrue(properties[fifoProperty(Type)]),
    ...!arnAttributes(Type).includes(attribute) && WITH_ARN.includes(Type) && { insteadOfArn: `the ${attribute} of ${logicalId}` },
  };
}
