import type { LocalApp, LocalMapping, LocalTable, StoredValues } from './app';
import { bucketsIn, queueOf, topicsIn } from './destination-resources';
import { LambdaFunctions } from './lambda-functions';
import { NotRunning, pathOf, Reading, type Where } from './reading';
import { ifKnown } from './resolution';
import { type Endpoints, physicalName } from './resource-names';
import { secretValue } from './stored-values';
import { nestedTemplateFile, readAssembly, UnreadableAssembly, type SynthesizedStack } from '../../assembly';
import { isTrue, settingsInTemplate } from '../../rules/cloudformation';
import { TABLE_RESOURCES } from '../../rules/facts';
import { validSettings } from '../../rules/valid-settings';
import { TEMPLATE_WORDS } from '../../rules/words';
import { LocalRunError } from '../errors';

/**
 * Finds in a cloud assembly what can run here.
 *
 * @throws LocalRunError NO_APP, NO_TRIGGER
 */
export function readApp(directory: string): LocalApp {
  const stacks = stacksOf(directory);
  const reading = new Reading(stacks);
  const functions = new LambdaFunctions(reading);
  const names = new Set<string>();
  const tables = reading.each(TABLE_RESOURCES, (where) => tableOf(reading, where, names));
  const app: LocalApp = {
    tables,
    queues: reading.each(['AWS::SQS::Queue'], (where) => queueOf(reading, where)),
    topics: topicsIn(reading),
    buckets: bucketsIn(reading),
    functions: [],
    mappings: [],
    notRunning: reading.notRunning,
    notes: reading.notes,
    storedValues: (endpoints) => valuesIn(reading, endpoints),
  };
  reading.each(['AWS::CloudFormation::Stack'], ({ resource, stack }) => {
    if (nestedTemplateFile(resource, stack.assets) === undefined) {
      throw new NotRunning('its template is not an asset of this app, so nothing in it runs here');
    }
  });
  reading.each(['AWS::Pipes::Pipe'], (where) => {
    if (/:dynamodb:/.test(ifKnown(() => where.get('Source')) ?? '')) {
      throw new NotRunning('EventBridge Pipes do not run here. Replace the pipe with a trigger and a function that does the same');
    }
  });
  const mappings = reading.each(['AWS::Lambda::EventSourceMapping'], (where) => mappingOf(where, tables, functions));
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

/** Those that can be known here. */
function valuesIn(reading: Reading, endpoints: Endpoints): StoredValues {
  const resolve = reading.resolverWith(endpoints);
  const known = <T>(type: string, value: (where: Where) => T) => reading.all([type]).flatMap((where) => ifKnown(() => value(where)) ?? []);
  return {
    parameters: known('AWS::SSM::Parameter', ({ stack, logicalId, resource }) => {
      const { Type: type = 'String', Value: value } = resolve(stack, resource.Properties ?? {});
      return { name: physicalName(stack, logicalId, resource, resolve), type, value: String(value) };
    }),
    secrets: known('AWS::SecretsManager::Secret', (where) => {
      const { name, arn } = reading.named(where);
      return { name, arn, value: secretValue(where, resolve, name) };
    }),
  };
}

function stacksOf(directory: string): SynthesizedStack[] {
  try {
    return readAssembly(directory);
  } catch (error) {
    throw error instanceof UnreadableAssembly ? new LocalRunError('NO_APP', error.message) : error;
  }
}

/** @param names those of the tables before. This one is added. */
function tableOf(reading: Reading, where: Where, names: Set<string>): LocalTable {
  const named = reading.named(where);
  if (names.has(named.name)) {
    throw new NotRunning(`another table of the app is also called ${named.name}, and DynamoDB Local has only one region`);
  }
  names.add(named.name);
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

function indexOf({ IndexName, KeySchema, Projection }: LocalTable['globalIndexes'][number]): LocalTable['globalIndexes'][number] {
  return { IndexName, KeySchema, Projection };
}

function mappingOf(where: Where, tables: readonly LocalTable[], functions: LambdaFunctions): LocalMapping {
  const facts = settingsInTemplate(where.resource.Properties ?? {}, where.get);
  if (facts.enabled === false) {
    throw new NotRunning('the mapping is disabled');
  }
  const source = where.get('EventSourceArn');
  const tableArn = /^(.*:table\/[^/]+)\/stream\//.exec(source ?? '')?.[1];
  const table = tables.find((candidate) => candidate.arn === tableArn);
  if (!table) {
    throw new NotRunning(tableArn === undefined
      ? `its source ${source} is not the stream of a table, and only such sources run here`
      : `its source ${source} is not the stream of a table in this app`);
  }
  if (!table.streamViewType) {
    throw new NotRunning(`the table ${table.path} has no stream`);
  }
  const settings = validSettings(facts, TEMPLATE_WORDS, (refusals) => {
    throw new NotRunning(`its settings are refused. ${refusals.join(' ')}`);
  });
  const destinationArn = where.get('DestinationConfig')?.OnFailure?.Destination;
  return {
    path: pathOf(where),
    settings,
    ...functions.called(String(where.get('FunctionName'))),
    table,
    ...(destinationArn && { destinationArn }),
  };
}
