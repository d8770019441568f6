import { type Location, Misfit, UNKNOWN } from '../../lib/rules/facts';
import { filterFacts } from '../../lib/rules/filter/filter-facts';
import { MAPPING_RULES, type SettingFacts } from '../../lib/rules/mapping-rules';
import { judge } from '../../lib/rules/rule';
import { completed, eachSetting } from '../../lib/rules/settings';
import { type PropFacts, TRIGGER_RULES } from '../../lib/rules/trigger-rules';
import { TRIGGER_WIRING_RULES, type TriggerDestinationFacts, type TriggerWiringFacts } from '../../lib/rules/trigger-wiring-rules';
import { type DestinationFacts, type FunctionFacts, type StreamFacts, WIRING_RULES, type WiringFacts } from '../../lib/rules/wiring-rules';
import { SAM_WORDS, SETTING_WORDS, TEMPLATE_WORDS, TRIGGER_WORDS } from '../../lib/rules/words';

const HERE: Location = { account: '111122223333', region: 'eu-west-1' };
const STREAM = 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/stream/2026-01-01T00:00:00.000';

const TABLE: StreamFacts = {
  ...HERE, arn: STREAM, reference: undefined, viewType: 'NEW_AND_OLD_IMAGES', hasPolicy: false, lookedUp: false, replicated: false, earlierReaders: [],
};
const HANDLER: FunctionFacts = {
  timeout: 60, twins: [], perTenant: false, reservedConcurrency: undefined, missingStatements: [], durable: undefined,
};
const QUEUE: DestinationFacts = { arn: 'arn:aws:sqs:eu-west-1:111122223333:failed', service: 'sqs', fifo: false, region: 'eu-west-1' };
const FINE: WiringFacts = {
  table: TABLE, handler: HANDLER, onFailure: QUEUE, writesToTable: false, mapping: HERE, filters: [],
  batchSize: 100, parallelizationFactor: 1, enabled: true,
};

const table = (facts: Partial<StreamFacts>) => ({ table: { ...TABLE, ...facts } });
const handler = (facts: Partial<FunctionFacts>) => ({ handler: { ...HANDLER, ...facts } });
const onFailure = (facts: Partial<DestinationFacts>) => ({ onFailure: { ...QUEUE, ...facts } });
const filters = (...patterns: object[]) => ({ filters: patterns.map((pattern) => filterFacts(JSON.stringify(pattern))) });
const durable = (timeout: number, isManaged: boolean, isQualified = true) => handler({ durable: { timeout, isManaged, isQualified } });

/** What each rule of the wiring finds wrong. */
const WRONG: readonly [string, Partial<WiringFacts>][] = [
  ['stream-off', table({ viewType: undefined })],
  ['stream-arn', table({ arn: STREAM.replace(/\/stream\/.*/, '/stream/*') })],
  ['stream-arn', table({ arn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders' })],
  ['stream-arn', table({ arn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/Orders' })],
  ['stream-arn', table({ arn: 'Orders' })],
  ['stream-arn', table({ arn: UNKNOWN, reference: { type: 'AWS::DynamoDB::Table', attribute: 'Arn' } })],
  ['stream-arn', table({ arn: UNKNOWN, reference: { type: 'AWS::Kinesis::Stream', attribute: 'Arn' } })],
  ['stream-region', table({ region: 'us-east-1' })],
  ['duplicate-mapping', handler({ twins: ['Shop/A', 'Shop/B'] })],
  ['tenant-isolation', handler({ perTenant: true })],
  ['destination-fifo', onFailure({ fifo: true })],
  ['destination-fifo', onFailure({ fifo: true, arn: UNKNOWN })],
  ['destination-service', onFailure({ insteadOfArn: 'the URL of a queue' })],
  ['destination-service', onFailure({ service: 'events' })],
  ['destination-kafka', onFailure({ arn: 'kafka://topic', service: UNKNOWN })],
  ['filter-image', { ...table({ viewType: 'KEYS_ONLY' }), ...filters({ dynamodb: { NewImage: { a: { S: ['x'] } } } }) }],
  ['filter-image', { ...table({ viewType: 'KEYS_ONLY' }), ...filters({ dynamodb: { OldImage: { a: { S: [{ exists: false }] } } } }) }],
  ['filter-image', { ...table({ viewType: 'NEW_IMAGE' }), ...filters({ dynamodb: { OldImage: { a: { S: ['x'] } } } }) }],
  ['filter-image', { ...table({ viewType: 'OLD_IMAGE' }), ...filters({ dynamodb: { NewImage: { a: { S: ['x'] } } } }) }],
  ['filter-image', filters({ eventName: ['INSERT'], dynamodb: { OldImage: { a: { S: ['x'] } } } })],
  ['filter-image', filters({ eventName: ['REMOVE'], dynamodb: { NewImage: { a: { S: ['x'] } } } })],
  ['stream-readers', table({ earlierReaders: ['Shop/A', 'Shop/B'] })],
  ['stream-readers', table({ earlierReaders: ['Shop/A'], replicated: true })],
  ['cross-account-stream', table({ account: '999999999999' })],
  ['cross-account-stream', table({ account: '999999999999', hasPolicy: UNKNOWN, lookedUp: true })],
  ['cross-region-destination', onFailure({ region: 'us-east-1' })],
  ['durable-timeout', durable(901, false)],
  ['durable-timeout', durable(5_401, true)],
  ['durable-unqualified', durable(900, false, false)],
  ['reserved-concurrency-zero', handler({ reservedConcurrency: 0 })],
  ['reserved-concurrency-low', { ...handler({ reservedConcurrency: 1 }), parallelizationFactor: 2 }],
  ['ttl-of-replica', { ...table({ replicated: true }), ...filters({ eventName: ['INSERT'] }, { userIdentity: { type: ['Service'] } }) }],
  ['short-timeout', handler({ timeout: 3 })],
  ['grant-missing', handler({ missingStatements: [{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: 'key' }] })],
  ['write-loop', { writesToTable: true }],
];

const messagesOf = (facts: Partial<WiringFacts>, words = TRIGGER_WORDS) => judge(WIRING_RULES, { ...FINE, ...facts }, words);

test('wiring in order breaks no rule', () => {
  expect(messagesOf({})).toEqual([]);
});

test.each(WRONG)('%s: %j', (id, facts) => {
  expect(messagesOf(facts).map(({ ruleId }) => ruleId)).toEqual([id]);
});

test('every rule of the wiring is broken here', () => {
  expect([...new Set(WRONG.map(([id]) => id))].sort()).toEqual(WIRING_RULES.map(({ id }) => id).sort());
});

test('every message about the wiring says what is wrong and what to do, in the words of whoever wrote it', () => {
  const inWords = (words: typeof TRIGGER_WORDS) => WRONG.flatMap(([, facts]) => messagesOf(facts, words))
    .map(({ severity, message }) => `${severity}: ${message}`);
  const [trigger, template, sam] = [TRIGGER_WORDS, TEMPLATE_WORDS, SAM_WORDS].map(inWords);

  expect({ trigger, template, sam: sam.filter((message) => !template.includes(message)) }).toMatchSnapshot();
});

/** Of what the rules allow, what is nearest to what they refuse. */
test.each<[string, Partial<WiringFacts>]>([
  ['two readers', table({ earlierReaders: ['Shop/A'] })],
  ['one reader of a replicated table', table({ replicated: true })],
  ['a durable function of 15 minutes', durable(900, false)],
  ['a durable function of 90 minutes on Managed Instances', durable(5_400, true)],
  ['a reserved concurrency of 0 of a mapping that is off', { ...handler({ reservedConcurrency: 0 }), enabled: false }],
  ['as much reserved concurrency as batches of a shard', { ...handler({ reservedConcurrency: 2 }), parallelizationFactor: 2 }],
  ['a timeout of 4 seconds', handler({ timeout: 4 })],
  ['a short timeout for one record', { ...handler({ timeout: 3 }), batchSize: 1 }],
  ['a stream of another account that lets this one read', table({ account: '999999999999', hasPolicy: true })],
  ['a table\'s own stream', table({ arn: UNKNOWN, reference: { type: 'AWS::DynamoDB::Table', attribute: 'StreamArn' } })],
  ['an attribute of a resource that may hold a stream\'s ARN', table({ arn: UNKNOWN, reference: { type: 'AWS::SSM::Parameter', attribute: 'Value' } })],
  ['an ARN of which only the deployment knows a part', table({ arn: `arn:aws:dynamodb:${UNKNOWN}:${UNKNOWN}:table/${UNKNOWN}/stream/${UNKNOWN}` })],
  ['a function that may write to its table, with a filter', { writesToTable: true, ...filters({ eventName: ['INSERT'] }) }],
  ['no destination', { onFailure: undefined }],
  ['a change that may have either image', filters({ eventName: ['INSERT', 'MODIFY'], dynamodb: { OldImage: { a: { S: ['x'] } } } })],
])('%s is in order', (_, facts) => {
  expect(messagesOf(facts)).toEqual([]);
});

describe('a trigger', () => {
  const WIRED: TriggerWiringFacts = {
    ...FINE,
    table: { ...TABLE, lookedUpElsewhere: undefined, tableName: 'Orders', otherTable: undefined, generatedName: undefined },
    handler: { ...HANDLER, environment: undefined, isUninformed: false, invoked: undefined, silencers: [] },
    onFailure: { ...QUEUE, maxMessageBytes: UNKNOWN, ownerUnknown: false, cutOff: false, isMade: false, parkingObstacle: undefined },
    metricsConfig: [], reportBatchItemFailures: undefined, alarms: [], nesting: undefined, copies: [],
  };
  const given = (facts: Partial<TriggerDestinationFacts>) => ({ onFailure: { ...WIRED.onFailure!, ...facts } });

  const named = (facts: Partial<TriggerWiringFacts['table']>) => ({ table: { ...WIRED.table, ...facts } });

  test('says what is wrong with its own wiring', () => {
    const wrong: Partial<TriggerWiringFacts>[] = [
      given({ parkingObstacle: 'ambiguous' }), given({ parkingObstacle: 'circle' }), given({ parkingObstacle: 'circle', isMade: true }),
      { nesting: { stack: 'Shop/Work', circle: ['Shop/A', 'Shop/Work'], moveTo: undefined } },
      { nesting: { stack: 'Shop/Work', circle: ['Shop/A', 'Shop/Work'], moveTo: 'Shop' } },
      { copies: [{ name: 'aws-cdk-lib', copies: ['2.1.0 in a', '2.2.0 in b'] }] },
      given({ maxMessageBytes: 1_048_575 }),
      { handler: { ...WIRED.handler, isUninformed: true } },
      { handler: { ...WIRED.handler, silencers: ['Shop/A'] } },
      { alarms: ['Shop/Alarm'] },
      { reportBatchItemFailures: new Misfit('a token') },
      given({ cutOff: true }),
      given({ ownerUnknown: true }),
      named({ arn: STREAM, tableName: 'Carts' }), named({ otherTable: 'Shop/Carts', tableName: UNKNOWN }),
      named({ generatedName: 'shop-orders-1a2b' }), named({ lookedUpElsewhere: 'Data' }),
      { handler: { ...WIRED.handler, invoked: 'other' } },
      { handler: { ...WIRED.handler, environment: { literal: 4_097, estimate: 4_200 } } },
      { handler: { ...WIRED.handler, environment: { literal: 4_096, estimate: 4_097 } } },
    ];
    const found = wrong.map((facts) => judge(TRIGGER_WIRING_RULES, { ...WIRED, ...facts }, TRIGGER_WORDS));

    expect(found.map(({ length }) => length)).toEqual(wrong.map(() => 1));
    expect(found.flat().map(({ ruleId, message }) => `${ruleId}: ${message}`)).toMatchSnapshot();
    expect(new Set(found.flat().map(({ ruleId }) => ruleId)).size).toBe(TRIGGER_WIRING_RULES.length);
  });

  test.each<[string, Partial<TriggerWiringFacts>]>([
    ['a queue that takes as much as SQS allows', given({ maxMessageBytes: 1_048_576 })],
    ['4 KB of environment variables', { handler: { ...WIRED.handler, environment: { literal: 4_096, estimate: 4_096 } } }],
    ['alarms on metrics that are on', { alarms: ['Shop/Alarm'], metricsConfig: ['EventCount'] }],
    ['alarms on metrics of which only the deployment knows', { alarms: ['Shop/Alarm'], metricsConfig: [UNKNOWN] }],
    ['no destination', { onFailure: undefined }],
    ['a table whose name only the deployment knows', named({ tableName: UNKNOWN })],
  ])('with %s is in order', (_, facts) => {
    expect(judge(TRIGGER_WIRING_RULES, { ...WIRED, ...facts }, TRIGGER_WORDS)).toEqual([]);
  });

  test('says what is wrong with its props', () => {
    const located = { streamNamed: true, location: HERE, apart: undefined };
    const owned = { location: HERE, apart: undefined, isOwned: true, hasRuntime: true };
    const PROPS: PropFacts = {
      table: located, handler: owned, filters: [], informHandler: undefined, filterEncryption: undefined, failureQueueRemovalPolicy: undefined,
      failureQueueKey: undefined, permissions: undefined, onFailure: 'made', reportBatchItemFailures: true, trigger: HERE,
    };
    const five = new Misfit('5');
    const stage = { by: 'stage', path: 'the Stage Prod', triggerPath: 'the app itself' } as const;
    const stack = { by: 'environment', path: 'Data', triggerPath: 'Work' } as const;
    const wrong: Partial<PropFacts>[] = [
      { table: undefined, handler: undefined },
      {
        table: five, handler: five, informHandler: five, filterEncryption: five,
        failureQueueRemovalPolicy: five, failureQueueKey: five, permissions: five,
      },
      { filterEncryption: 'given' },
      { filters: five }, { filters: [undefined, five] },
      { onFailure: five }, { onFailure: 'nameless' },
      { table: { ...located, streamNamed: false } },
      { table: { ...located, location: { ...HERE, region: 'us-east-1' } } },
      { table: { ...located, location: { account: '999999999999', region: UNKNOWN } } },
      { handler: { ...owned, location: { ...HERE, account: '999999999999' } } },
      { table: { ...located, apart: stage }, handler: { ...owned, apart: stage } },
      { table: { ...located, apart: stack }, handler: { ...owned, apart: stack } },
      { failureQueueRemovalPolicy: 'given', failureQueueKey: 'given', onFailure: 'given' },
      { failureQueueKey: 'given', onFailure: 'none' },
      { informHandler: false }, { informHandler: true, handler: { ...owned, isOwned: false } },
      { reportBatchItemFailures: false },
    ];
    const messages = wrong.map((facts) => judge(TRIGGER_RULES, { ...PROPS, ...facts }, TRIGGER_WORDS)
      .map(({ ruleId, message }) => `${ruleId}: ${message}`));

    expect(judge(TRIGGER_RULES, PROPS, TRIGGER_WORDS)).toEqual([]);
    expect(messages).toMatchSnapshot();
  });
});

describe('settings', () => {
  const SETTINGS: SettingFacts = {
    ...completed({}), filters: [], metricsConfig: [], onFailure: true, written: [], names: { unknown: [], known: [] },
    startingPositionTimestamp: false,
  };

  test('have messages in the words of whoever wrote them', () => {
    const wrong: Partial<SettingFacts>[] = [
      {
        batchSize: 0, maxBatchingWindow: 301, parallelizationFactor: 11, retryAttempts: -2, maxRecordAge: 1,
        tumblingWindow: new Misfit('a token'), startingPosition: undefined, bisectBatchOnError: {}, reportBatchItemFailures: null, enabled: 'yes',
      },
      { startingPosition: 'AT_TIMESTAMP' }, { startingPositionTimestamp: true }, { startingPosition: 'LATEST' }, { startingPosition: 'FIRST' },
      { tumblingWindow: 1, parallelizationFactor: 2 },
      { metricsConfig: undefined }, { metricsConfig: ['EventCount', 'ErrorCount', UNKNOWN] },
      { maxRecordAge: 86_401 }, { retryAttempts: -1, maxRecordAge: -1 }, { retryAttempts: -1, maxRecordAge: 86_400 },
      { onFailure: false },
      { batchSize: 1, written: ['bisectBatchOnError'] },
    ];
    const inWords = (words: typeof SETTING_WORDS) => wrong.flatMap((facts) => judge(MAPPING_RULES, { ...SETTINGS, ...facts }, words))
      .map(({ message }) => message);

    expect({ simulation: inWords(SETTING_WORDS), trigger: inWords(TRIGGER_WORDS), template: inWords(TEMPLATE_WORDS) }).toMatchSnapshot();
  });

  test('say what omitting them is for', () => {
    expect(eachSetting((name) => [TRIGGER_WORDS.omit(name), TEMPLATE_WORDS.omit(name), TEMPLATE_WORDS.name(name)])).toMatchSnapshot();
  });
});
