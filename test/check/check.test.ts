import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { check, UnusableInput } from '../../lib/check';
import { CHECKED_RULES } from '../../lib/check/checked-rules';
import { samRole } from '../../lib/check/sam-role';
import { readStacks } from '../../lib/check/stacks';
import { linesOfJson, readTemplate, readText } from '../../lib/check/template-file';
import { TEMPLATE_WORDS } from '../../lib/rules/words';
import { folderWith, newFolder } from '../folder';
import { runs } from '../runs';

const TABLE = {
  Type: 'AWS::DynamoDB::Table',
  Properties: { StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } },
};
const FUNCTION = { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60 } };
const SAFE = {
  StartingPosition: 'TRIM_HORIZON',
  MaximumRetryAttempts: 10,
  DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:111122223333:failed' } },
};
const mapping = (properties: object = {}, rest: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] }, FunctionName: { Ref: 'Function' }, ...SAFE, ...properties },
  ...rest,
});

/** Writes templates, and checks the first one. */
function checked(template: object | string, name = 'template.json') {
  return check(join(folderWith({ [name]: typeof template === 'string' ? template : JSON.stringify(template, null, 2) }), name));
}

/** Which rules each mapping of a template breaks. */
function broken(resources: object, rest: object = {}): { [logicalId: string]: string[] } {
  const { mappings } = checked({ ...rest, Resources: resources });
  return Object.fromEntries(mappings.map(({ logicalId, event, violations }) => [event ?? logicalId, violations.map(({ ruleId }) => ruleId)]));
}

test('a mapping that is in order breaks no rule', () => {
  expect(broken({ Table: TABLE, Function: FUNCTION, Mapping: mapping() })).toEqual({ Mapping: [] });
});

test('a finding says where the mapping is, and what is wrong in the words of a template', () => {
  const { mappings } = checked({
    Resources: { Table: TABLE, Function: FUNCTION, Mapping: mapping({ BatchSize: 0 }, { Metadata: { 'aws:cdk:path': 'Shop/OnOrder/Mapping/Resource' } }) },
  });

  expect(mappings).toEqual([{
    file: expect.stringMatching(/template\.json$/),
    line: 17,
    logicalId: 'Mapping',
    path: 'Shop/OnOrder/Mapping',
    violations: [{
      ruleId: 'batch-size-range',
      severity: 'error',
      message: 'BatchSize is 0 but must be a whole number from 1 to 10,000. Omit it to use 100.',
    }],
  }]);
});

test.each<[string, object, string[]]>([
  ['a setting out of range', { ParallelizationFactor: 11 }, ['parallelization-factor-range']],
  ['a number as text', { BatchSize: '20000' }, ['batch-size-range']],
  ['a property of Kafka', { Topics: ['orders'] }, ['unknown-property']],
  ['a point in time', { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1 }, ['starting-position-timestamp']],
  ['no position', { StartingPosition: { Ref: 'AWS::NoValue' } }, ['starting-position']],
  ['retries without end', { MaximumRetryAttempts: { Ref: 'AWS::NoValue' } }, ['unlimited-retries']],
  ['no destination', { DestinationConfig: { Ref: 'AWS::NoValue' } }, ['no-destination']],
  ['a FIFO queue', {
    DestinationConfig: { OnFailure: { Destination: { 'Fn::Sub': 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:failed.fifo' } } },
  }, ['destination-fifo']],
  ['a stream of Firehose', { DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': 'Hose.Arn' } } } }, ['destination-service']],
  ['the URL of a queue', { DestinationConfig: { OnFailure: { Destination: { Ref: 'Failures' } } } }, ['destination-service']],
  ['the name of a queue', { DestinationConfig: { OnFailure: { Destination: 'failures' } } }, ['destination-service']],
  ['a filter that is not JSON', { FilterCriteria: { Filters: [{ Pattern: '{' }] } }, ['filter-json']],
  ['a table in place of its stream', { EventSourceArn: { 'Fn::GetAtt': ['Table', 'Arn'] } }, ['stream-arn']],
  ['an ARN of a table', { EventSourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders' }, ['stream-arn']],
])('%s is found', (_, properties, rules) => {
  expect(broken({ Table: TABLE, Function: FUNCTION, Hose: { Type: 'AWS::KinesisFirehose::DeliveryStream' }, Failures: { Type: 'AWS::SQS::Queue' }, Mapping: mapping(properties) })).toEqual({ Mapping: rules });
});

test.each<[string, object, string[]]>([
  ['a table without a stream', { Table: { Type: 'AWS::DynamoDB::Table', Properties: {} } }, ['stream-off']],
  ['a filter on an image that the stream lacks', {
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { StreamSpecification: { StreamViewType: 'KEYS_ONLY' } } },
    Mapping: mapping({ FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"NewImage":{"state":{"S":["open"]}}}}' }] } }),
  }, ['filter-image']],
  ['a function without a timeout', { Function: { Type: 'AWS::Lambda::Function', Properties: {} } }, ['short-timeout']],
  ['a function that is never invoked', { Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60, ReservedConcurrentExecutions: 0 } } }, ['reserved-concurrency-zero']],
  ['a function of tenants, by its alias', {
    Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' } } },
    Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60, TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } } },
    Mapping: mapping({ FunctionName: { Ref: 'Alias' } }),
  }, ['tenant-isolation']],
])('%s is found', (_, resources, rules) => {
  expect(broken({ Table: TABLE, Function: FUNCTION, Mapping: mapping(), ...resources })).toEqual({ Mapping: rules });
});

describe('a durable function', () => {
  const MANAGED = { CapacityProviderConfig: {} };
  const durable = (ExecutionTimeout: unknown, properties: object = {}, FunctionName: unknown = { Ref: 'Version' }) => broken({
    Table: TABLE,
    Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60, DurableConfig: { ExecutionTimeout }, ...properties } },
    Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } },
    Mapping: mapping({ FunctionName }),
  });

  test.each<[string, unknown, object, string[]]>([
    ['15 minutes', 900, {}, []],
    ['a second more', 901, {}, ['durable-timeout']],
    ['90 minutes on Managed Instances', 5400, MANAGED, []],
    ['a second more there', 5401, MANAGED, ['durable-timeout']],
    ['as long as the deployment says', { Ref: 'Parameter' }, {}, []],
    ['as long as Lambda lets it', undefined, {}, []],
  ])('may take %s: %j', (_, timeout, properties, rules) => {
    expect(durable(timeout, properties)).toEqual({ Mapping: rules });
  });

  test('is found where no version of it is invoked', () => {
    expect(durable(60, {}, { Ref: 'Function' })).toEqual({ Mapping: ['durable-unqualified'] });
    expect(durable(60, { AutoPublishAlias: 'live' }, { Ref: 'Function' })).toEqual({ Mapping: [] });
    expect(durable(60, {}, 'arn:aws:lambda:eu-west-1:111122223333:function:orders')).toEqual({ Mapping: [] });
  });
});

test('two mappings of one stream and one function are found, unless only one of them can be deployed', () => {
  const resources = (first: object, second: object) => ({
    Table: TABLE, Function: FUNCTION, First: mapping({}, first), Second: mapping({ FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] } }, second),
  });

  expect(broken(resources({}, {}))).toEqual({ First: ['duplicate-mapping'], Second: ['duplicate-mapping'] });
  expect(broken(resources({ Condition: 'A' }, { Condition: 'A' }))).toEqual({ First: ['duplicate-mapping'], Second: ['duplicate-mapping'] });
  expect(broken(resources({ Condition: 'A' }, { Condition: 'B' }))).toEqual({ First: [], Second: [] });
});

test('the third reader of a stream is reported, and a disabled one does not count', () => {
  const reader = (properties: object = {}) => mapping({ FunctionName: `on-${Object.keys(properties).length}-${Math.random()}`, ...properties });

  expect(broken({ Table: TABLE, A: reader(), B: reader(), C: reader() })).toEqual({ A: [], B: [], C: ['stream-readers'] });
  expect(broken({ Table: TABLE, A: reader(), B: reader({ Enabled: false }), C: reader() })).toEqual({ A: [], B: [], C: [] });
});

test('what only the deployment knows is not judged', () => {
  const unknown = { Ref: 'Parameter' };

  expect(broken({
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { StreamSpecification: { 'Fn::If': ['A', { StreamViewType: 'KEYS_ONLY' }, unknown] } } },
    Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: unknown, ReservedConcurrentExecutions: unknown } },
    Mapping: mapping({
      BatchSize: unknown, StartingPosition: unknown, MaximumRetryAttempts: unknown, DestinationConfig: unknown,
      FilterCriteria: { Filters: [{ Pattern: unknown }, unknown] },
      FunctionResponseTypes: unknown, Enabled: unknown, MetricsConfig: unknown, ParallelizationFactor: { 'Fn::If': ['A', 1, 100] },
    }),
  })).toEqual({ Mapping: [] });
});

test('a macro may switch on what the template leaves off', () => {
  const resources = { Table: { Type: 'AWS::DynamoDB::Table', Properties: {} }, Function: { Type: 'AWS::Lambda::Function', Properties: {} }, Mapping: mapping() };

  expect(broken(resources, { Transform: ['AWS::Serverless-2016-10-31'] })).toEqual({ Mapping: ['stream-off', 'short-timeout'] });
  expect(broken(resources, { Transform: ['AWS::Serverless-2016-10-31', 'OurMacro'] })).toEqual({ Mapping: [] });
});

test('only mappings of DynamoDB streams are judged; where nobody can say, the mapping is named', () => {
  const of = (EventSourceArn: unknown, rest: object = {}) => mapping({ EventSourceArn, BatchSize: 100_000, ...rest });
  const { mappings, undecided } = checked({
    Resources: {
      'Kinesis': of('arn:aws:kinesis:eu-west-1:111122223333:stream/orders'),
      'Stream': of({ 'Fn::GetAtt': ['Clicks', 'Arn'] }),
      'Clicks': { Type: 'AWS::Kinesis::Stream' },
      'Queue': of({ Ref: 'QueueArn' }, { StartingPosition: { Ref: 'AWS::NoValue' } }),
      'Broker': of({ Ref: 'ClusterArn' }, { Topics: ['orders'] }),
      'SelfManaged': mapping({ EventSourceArn: { Ref: 'AWS::NoValue' }, SelfManagedEventSource: {} }),
      'Imported': of({ 'Fn::ImportValue': 'orders-stream' }),
      'Circle': of({ 'Fn::ImportValue': 'circle' }),
      'Fn::ForEach::Tables': ['Table', ['A'], { 'Mapping${Table}': mapping() }],
    },
    Outputs: { Circle: { Value: { 'Fn::ImportValue': 'circle' }, Export: { Name: 'circle' } } },
  });

  expect(mappings).toEqual([]);
  expect(undecided.map(({ logicalId }) => logicalId)).toEqual(['Imported', 'Circle', 'MappingA']);
});

test('SAM: the events of a function, in short forms, with what Globals and the event say', () => {
  const { mappings } = checked(`
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 30
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  OnOrder:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Events:
        Hook: {Type: Api}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Orders.StreamArn
            StartingPosition: TRIM_HORIZON
            Enabled: yes
            BatchSize: !If [Large, 10, 20]
            MaximumRetryAttempts: 3
            TumblingWindowInSeconds: 901
            FilterCriteria:
              Filters:
                - Pattern: '{"dynamodb":{"OldImage":{"id":{"S":["1"]}}}}'
            DestinationConfig:
              OnFailure: {Type: SQS}
`, 'template.yaml');

  expect(mappings).toEqual([{
    file: expect.stringMatching(/template\.yaml$/),
    line: 18,
    logicalId: 'OnOrder',
    event: 'Changes',
    violations: [
      expect.objectContaining({ ruleId: 'tumbling-window-range', message: expect.stringMatching(/^TumblingWindowInSeconds is 901 seconds but must be /) }),
      // SAM makes no queue, whatever the type says.
      expect.objectContaining({ ruleId: 'no-destination' }),
      expect.objectContaining({ ruleId: 'filter-image' }),
    ],
  }]);
});

test('YAML: what CloudFormation takes for texts is not a number or a boolean, and booleans may be texts', () => {
  const { mappings } = checked(`
Resources:
  Y:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 60
      Events:
        E1: &event
          Type: DynamoDB
          Properties:
            Stream: arn:aws:dynamodb:eu-west-1:123456789012:table/N/stream/2020-01-01T00:00:00.000
            StartingPosition: TRIM_HORIZON
            MaximumRetryAttempts: 3
            BatchSize: !Select [1, !Split [., E1.0]]
            Enabled: 'True'
            BisectBatchOnFunctionError: 'False'
        E2: *event
        N: {Type: DynamoDB, Properties: {Stream: !Join [., [a, b]], StartingPosition: TRIM_HORIZON, BisectBatchOnFunctionError: 'Yes'}}
`, 'template.yaml');

  expect(mappings.map(({ logicalId, event }) => `${logicalId}.${event}`)).toEqual(['Y.E1', 'Y.E2', 'Y.N']);
  expect(mappings.map(({ violations }) => violations.filter(({ severity }) => severity === 'error').map(({ ruleId }) => ruleId))).toEqual([
    ['batch-size-range', 'duplicate-mapping'], ['batch-size-range', 'duplicate-mapping'], ['not-a-boolean', 'stream-arn'],
  ]);
  expect(mappings[2].violations.find(({ ruleId }) => ruleId === 'stream-arn')!.message).toContain('is a.b but');
});

test('SAM: a role in Globals is that of a function without one', () => {
  const Properties = {
    Stream: { 'Fn::GetAtt': ['Table', 'StreamArn'] }, StartingPosition: 'TRIM_HORIZON', MaximumRetryAttempts: 3,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
  };
  const resources = {
    Table: TABLE, Failures: { Type: 'AWS::SQS::Queue' },
    Function: { Type: 'AWS::Serverless::Function', Properties: { Timeout: 60, Events: { Event: { Type: 'DynamoDB', Properties } } } },
  };

  expect(broken(resources)).toEqual({ Event: ['grant-missing'] });
  expect(broken(resources, { Globals: { Function: { Role: 'arn:aws:iam::123456789012:role/orders' } } })).toEqual({ Event: [] });
});

test('what only the deployment looks up, in Parameter Store, is not judged', () => {
  const looked = '{{resolve:ssm:/orders/setting:1}}';
  const properties = {
    StartingPosition: looked, BatchSize: looked, Enabled: looked, MaximumRetryAttempts: looked,
    MaximumRecordAgeInSeconds: looked, BisectBatchOnFunctionError: looked,
    FunctionResponseTypes: [looked],
    DestinationConfig: { OnFailure: { Destination: { 'Fn::Join': ['', ['{{resolve:ssm:/', { Ref: 'AWS::StackName' }, '}}']] } } },
    FilterCriteria: { Filters: [{ Pattern: looked }, { Pattern: `{"eventName":["${looked}"]}` }] },
  };
  const Events = { Event: { Type: 'DynamoDB', Properties: { ...properties, Stream: looked } } };
  const Function = { Type: 'AWS::Serverless::Function', Properties: { Timeout: looked, Events } };

  expect(broken({ Table: TABLE, Function: FUNCTION, Mapping: mapping(properties) })).toEqual({ Mapping: [] });
  expect(broken({ Function })).toEqual({ Event: [] });
});

const REGION = { Parameters: { Stage: { Type: 'String', Default: 'dev' } }, Mappings: { Sizes: { dev: { Batch: 20_000, Text: 'a,b' } } } };

test.each<[string, unknown, string[]]>([
  ['an entry of a mapping', { 'Fn::FindInMap': ['Sizes', 'dev', 'Batch'] }, ['batch-size-range']],
  ['the default of an entry that is missing', { 'Fn::FindInMap': ['Sizes', 'prod', 'Batch', { DefaultValue: 0 }] }, ['batch-size-range']],
  ['an entry by a parameter', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'Batch'] }, []],
  ['a part of a list', { 'Fn::Select': [1, [10, 0]] }, ['batch-size-range']],
  ['a part of a text', { 'Fn::Select': ['1', { 'Fn::Split': ['-', 'a-0-b'] }] }, ['batch-size-range']],
  ['a part that there is not', { 'Fn::Select': [7, [10, 0]] }, []],
  ['the length of a list', { 'Fn::Length': [] }, ['batch-size-range']],
  ['parts put together', { 'Fn::Join': ['', [2, { 'Fn::Sub': '00${Zeros}' }]] }, []],
  ['a branch that is decided', { 'Fn::If': ['Never', 1, 0] }, ['batch-size-range']],
  ['two branches that are the same', { 'Fn::If': ['Perhaps', 0, { 'Fn::Select': [0, [0]] }] }, ['batch-size-range']],
  ['a branch that is not decided', { 'Fn::If': ['Perhaps', 0, 1] }, []],
  ['a branch of a circle', { 'Fn::If': ['Circle', 0, 1] }, []],
  ['a branch of and, or, not', { 'Fn::If': ['Composed', 0, 1] }, ['batch-size-range']],
  ['a branch that omits it', { 'Fn::If': ['Never', 0, { Ref: 'AWS::NoValue' }] }, []],
  ['the default of a parameter', { Ref: 'Stage' }, []],
])('a setting that is %s', (_, BatchSize, rules) => {
  expect(broken({ Table: TABLE, Function: FUNCTION, Mapping: mapping({ BatchSize }) }, {
    ...REGION,
    Conditions: {
      Never: { 'Fn::Equals': ['a', 'b'] },
      Perhaps: { 'Fn::Equals': [{ Ref: 'Stage' }, 'b'] },
      Circle: { 'Fn::Not': [{ Condition: 'Circle' }] },
      Composed: { 'Fn::And': [{ 'Fn::Not': [{ Condition: 'Never' }] }, { 'Fn::Or': [{ Condition: 'Perhaps' }, { 'Fn::Equals': ['a', 'a'] }] }] },
    },
  })).toEqual({ Mapping: rules });
});

test('a filter that is written as an object is one', () => {
  const Pattern = { 'Fn::ToJsonString': { dynamodb: { NewImage: { state: { S: [{ 'Fn::Select': [0, ['open']] }] } } } } };

  expect(broken({
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { StreamSpecification: { StreamViewType: { 'Fn::Select': [0, ['KEYS_ONLY']] } } } },
    Function: FUNCTION,
    Mapping: mapping({ FilterCriteria: { Filters: [{ Pattern }] } }),
  })).toEqual({ Mapping: ['filter-image'] });
});

test('what a condition surely leaves out is not judged', () => {
  const wrong = (Condition: string) => mapping({ BatchSize: 0 }, { Condition });
  const resources = { Table: TABLE, Function: FUNCTION, A: wrong('Never'), B: wrong('Perhaps') };

  expect(broken(resources, { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] }, Perhaps: { 'Fn::Equals': [{ Ref: 'Stage' }, 'a'] } } })).toEqual({ B: ['batch-size-range'] });
});

test('a loop stands for what it makes, with its variable in names and references', () => {
  const loop = (collection: unknown) => ({
    'Fn::ForEach::Tables': ['Name', collection, {
      'Table${Name}': TABLE,
      'Function${Name}': FUNCTION,
      'Mapping${Name}': mapping({
        EventSourceArn: { 'Fn::GetAtt': ['Table${Name}', 'StreamArn'] }, FunctionName: { Ref: 'Function${Name}' }, BatchSize: { 'Fn::FindInMap': ['Sizes', { Ref: 'Name' }, 'Batch'] },
      }),
    }],
  });
  const sections = { Transform: 'AWS::LanguageExtensions', Mappings: { Names: { all: { list: ['A', 'B'] } }, Sizes: { A: { Batch: 10 }, B: { Batch: 0 } } } };

  expect(broken(loop(['A', 'B']), sections)).toEqual({ MappingA: [], MappingB: ['batch-size-range'] });
  expect(broken(loop({ 'Fn::FindInMap': ['Names', 'all', 'list'] }), sections)).toEqual({ MappingA: [], MappingB: ['batch-size-range'] });
  expect(broken(loop({ Ref: 'Names' }), sections)).toEqual({ 'Mapping${Name}': [] });
  const { mappings: [, { file, line }] } = checked({ ...sections, Resources: loop(['A', 'B']) });
  expect(readFileSync(file, 'utf8').split('\n')[line - 1]).toContain('"Mapping${Name}": {');
});

test('a table of SAM\'s own type has no stream', () => {
  const { mappings: [{ violations }] } = checked({ Resources: { Table: { Type: 'AWS::Serverless::SimpleTable' }, Function: FUNCTION, Mapping: mapping() } });

  expect(violations).toEqual([{
    ruleId: 'stream-off', severity: 'error', message: 'The table has no stream. An AWS::Serverless::SimpleTable can\'t have one. '
      + 'Use an AWS::DynamoDB::Table with a StreamSpecification of the StreamViewType NEW_AND_OLD_IMAGES.',
  }]);
});

test('nested templates are found beside the one that names them, once each', () => {
  const folder = folderWith({
    'outer.json': JSON.stringify({
      Resources: {
        Table: TABLE,
        Inner: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: './inner/t.json', Parameters: { Stream: { 'Fn::GetAtt': ['Table', 'StreamArn'] }, Size: 0 } } },
      },
    }),
    'inner/t.json': JSON.stringify({
      Resources: {
        Function: FUNCTION, Mapping: mapping({ EventSourceArn: { Ref: 'Stream' }, BatchSize: { Ref: 'Size' } }),
        Outer: { Type: 'AWS::Serverless::Application', Properties: { Location: '../outer.json' } },
      },
    }),
  });

  expect(check(join(folder, 'outer.json')).mappings).toEqual([
    expect.objectContaining({ file: join(folder, 'inner', 't.json'), violations: [expect.objectContaining({ ruleId: 'batch-size-range' })] }),
  ]);
});

test('rules that are ignored are not applied', () => {
  const folder = folderWith({ 't.json': JSON.stringify({ Resources: { Table: TABLE, Function: FUNCTION, Mapping: mapping({ BatchSize: 0, ParallelizationFactor: 0 }) } }) });

  expect(check(join(folder, 't.json'), ['batch-size-range']).mappings[0].violations.map(({ ruleId }) => ruleId)).toEqual(['parallelization-factor-range']);
});

test('a warning that a template acknowledges is not reported, but an error is', () => {
  const resources = (acknowledge: unknown) => ({
    Table: TABLE, Function: FUNCTION, Mapping: mapping({ BatchSize: 0, DestinationConfig: {} }, { Metadata: { 'dynamo-stream-trigger': { acknowledge } } }),
  });

  expect(broken(resources({ 'no-destination': 'The records can be recomputed.', 'batch-size-range': 'No.' }))).toEqual({ Mapping: ['batch-size-range'] });
  expect(broken(resources(['no-destination']))).toEqual({ Mapping: ['batch-size-range'] });
  expect(() => broken(resources({ 'no-destinations': '' }))).toThrow(
    /template\.json: the Metadata of Mapping acknowledges no-destinations, but that is not a rule that a template is checked by\. Did you mean no-destination\? The ids are:\n/);
  expect(() => broken(resources(['x']))).toThrow(/acknowledges x, but that is not a rule that a template is checked by\. The ids are:\n/);
});

/** A role with these statements, and the rest of its properties. */
const role = (statements: object[], rest: object = {}) => ({
  Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: statements } }], ...rest },
});
const allow = (Action: string | string[], Resource: unknown = '*') => ({ Effect: 'Allow', Action, Resource });
const reading = allow(['dynamodb:DescribeStream', 'dynamodb:Get*', 'dynamodb:ListStreams'], { 'Fn::GetAtt': ['Table', 'StreamArn'] });
const QUEUE = { DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Queue', 'Arn'] } } } };

/** What is missing, action and resource. */
function missing(resources: object, properties: object = QUEUE): unknown[] {
  const { mappings: [{ violations }] } = checked({
    Resources: {
      Table: TABLE, Other: TABLE, Queue: { Type: 'AWS::SQS::Queue' }, Bucket: { Type: 'AWS::S3::Bucket' },
      Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60, Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
      Mapping: mapping(properties), ...resources,
    },
  });
  const message = violations.find(({ ruleId }) => ruleId === 'grant-missing')?.message;
  return message === undefined ? [] : JSON.parse(message.slice(message.indexOf('{'))).Statement.map(({ Action, Resource }: any) => [Action, Resource]);
}

const ALL_READING = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'];
const STREAM = { 'Fn::GetAtt': ['Table', 'StreamArn'] };
const SENDING = [['sqs:SendMessage'], { 'Fn::GetAtt': ['Queue', 'Arn'] }];

test.each<[string, object, unknown[]]>([
  ['nothing', { Role: role([]) }, [[ALL_READING, STREAM], SENDING]],
  ['all', { Role: role([reading, allow('sqs:*')]) }, []],
  ['the table in place of its stream', { Role: role([allow('dynamodb:*', { 'Fn::GetAtt': ['Table', 'Arn'] }), allow('sqs:SendMessage')]) }, [[ALL_READING.slice(0, 3), STREAM]]],
  ['what is under the table', { Role: role([allow('dynamodb:*', { 'Fn::Sub': '${Table.Arn}/stream/*' }), allow('sqs:SendMessage', { 'Fn::GetAtt': ['Queue', 'Arn'] })]) }, []],
  ['an ARN in parts', { Role: role([allow('*', { 'Fn::Join': ['', ['arn:aws:dynamodb:', { Ref: 'AWS::Region' }, ':*:table/', { Ref: 'Table' }, '/stream/*']] })]) }, [SENDING]],
  ['another table\'s stream', { Role: role([allow('*', { 'Fn::GetAtt': ['Other', 'StreamArn'] }), allow('sqs:*')]) }, [[ALL_READING.slice(0, 3), STREAM]]],
  ['a stream by its text, which may be this one', { Role: role([allow('*', 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2025-01-01T00:00:00.000'), allow('sqs:*')]) }, []],
  ['a stream that a parameter names', { Role: role([allow('*', { Ref: 'Stream' })]) }, []],
  ['a stream that another app exports', { Role: role([allow('*', { 'Fn::ImportValue': 'stream' })]) }, []],
  ['a policy of AWS', { Role: role([], { ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole'] }) }, [SENDING]],
  ['a policy that only the deployment knows', { Role: role([], { ManagedPolicyArns: [{ Ref: 'Policy' }] }) }, []],
  ['a statement that only the deployment knows', { Role: role([{ 'Fn::If': ['C', reading, allow('s3:*')] }]) }, []],
  ['a policy beside it', {
    Role: role([]), Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [reading] } } },
  }, [SENDING]],
  ['a policy beside it, by its name', {
    Role: role([], { RoleName: 'on-order' }), Policy: { Type: 'AWS::IAM::RolePolicy', Properties: { RoleName: 'on-order', PolicyDocument: { Statement: reading } } },
  }, [SENDING]],
  ['a policy beside some role', { Role: role([]), Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Given' }] } } }, []],
  ['a managed policy of the template', {
    Role: role([], { ManagedPolicyArns: [{ Ref: 'Policy' }] }), Policy: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: { Statement: [reading] } } },
  }, [SENDING]],
  ['what the queue\'s own policy may allow', {
    Role: role([reading]),
    Policy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Queue' }], PolicyDocument: { Statement: [{ ...allow('sqs:*'), Principal: '*' }] } } },
  }, []],
  ['what the queue\'s policy denies, and allows a service', {
    Role: role([reading]),
    Policy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Queue' }],
        PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: '*' }, { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }] },
      },
    },
  }, [SENDING]],
  ['what a connector may give it', { Role: role([]), Connector: { Type: 'AWS::Serverless::Connector' } }, []],
  ['a role that is imported', { Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60, Role: { 'Fn::ImportValue': 'role' } } } }, []],
  ['a key of the queue and of the table', {
    Role: role([reading, allow('sqs:*')]),
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [{ Effect: 'Allow', Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } } }] } } },
    Alias: { Type: 'AWS::KMS::Alias', Properties: { TargetKeyId: { Ref: 'Key' } } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { Ref: 'Alias' } } },
    Table: { ...TABLE, Properties: { ...TABLE.Properties, SSESpecification: { SSEEnabled: true, KMSMasterKeyId: { Ref: 'Key' } } } },
  }, [[['kms:Decrypt'], { 'Fn::GetAtt': ['Key', 'Arn'] }], [['kms:GenerateDataKey', 'kms:Decrypt'], { 'Fn::GetAtt': ['Key', 'Arn'] }]]],
  ['a key whose policy names the role', {
    Role: role([reading, allow('sqs:*')]),
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [{ Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': ['Role', 'Arn'] } } }] } } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { Ref: 'Key' } } },
  }, []],
])('what a role lacks that has %s', (_, resources, expected) => {
  expect(missing(resources)).toEqual(expected);
});

test.each<[string, string, unknown, string]>([
  ['AWS::SQS::QueuePolicy', 'Queues', [{ Ref: 'Target' }], 'AWS::SQS::Queue'],
  ['AWS::SQS::QueueInlinePolicy', 'Queue', { Ref: 'Target' }, 'AWS::SQS::Queue'],
  ['AWS::SNS::TopicPolicy', 'Topics', [{ Ref: 'Target' }], 'AWS::SNS::Topic'],
  ['AWS::SNS::TopicInlinePolicy', 'TopicArn', { Ref: 'Target' }, 'AWS::SNS::Topic'],
  ['AWS::S3::BucketPolicy', 'Bucket', { Ref: 'Target' }, 'AWS::S3::Bucket'],
])('%s may allow the role what it lacks, but to its own %s only', (policy, property, named, target) => {
  const destination = target === 'AWS::SNS::Topic' ? { Ref: 'Target' } : { 'Fn::GetAtt': ['Target', 'Arn'] };
  const lacking = (Name: unknown) => missing({
    Role: role([reading]), Target: { Type: target },
    Policy: { Type: policy, Properties: { [property]: Name, PolicyDocument: { Statement: [{ ...allow('*'), Principal: '*' }] } } },
  }, { DestinationConfig: { OnFailure: { Destination: destination } } });

  expect(lacking(named)).toEqual([]);
  expect(lacking({ Ref: 'Queue' })).not.toEqual([]);
});

test('what a role lacks for a topic and a bucket', () => {
  const to = (Destination: unknown) => ({ DestinationConfig: { OnFailure: { Destination } } });
  const bucket = { 'Fn::GetAtt': ['Bucket', 'Arn'] };

  expect(missing({ Role: role([reading]) }, to('arn:aws:sns:eu-west-1:111122223333:failed'))).toEqual([[['sns:Publish'], 'arn:aws:sns:eu-west-1:111122223333:failed']]);
  expect(missing({ Role: role([reading]) }, to(bucket))).toEqual([[['s3:PutObject'], { 'Fn::Sub': ['${Bucket}/*', { Bucket: bucket }] }], [['s3:ListBucket'], bucket]]);
  expect(missing({ Role: role([reading, allow('s3:*', bucket)]) }, to(bucket))).toEqual([[['s3:PutObject'], { 'Fn::Sub': ['${Bucket}/*', { Bucket: bucket }] }]]);
  expect(missing({ Role: role([reading, allow('s3:*', [bucket, { 'Fn::Sub': '${Bucket.Arn}/*' }])]) }, to(bucket))).toEqual([]);
});

test.each<[string, object, string[]]>([
  ['a type', { Policies: [], type: 'SQS' }, []],
  ['no type', { Policies: 'AmazonDynamoDBFullAccess' }, ['grant-missing']],
  ['a template of SAM', { Policies: [{ SQSSendMessagePolicy: { QueueName: { 'Fn::GetAtt': ['Queue', 'QueueName'] } } }] }, []],
  ['a template of SAM for another queue', { Policies: [{ SQSSendMessagePolicy: { QueueName: 'other' } }, { SQSPollerPolicy: { QueueName: { 'Fn::GetAtt': ['Queue', 'QueueName'] } } }] }, []],
  ['a template of SAM for the table', { Policies: [{ DynamoDBCrudPolicy: { TableName: { Ref: 'Table' } } }], type: 'SQS' }, ['write-loop']],
  ['a template of SAM for another table', { Policies: [{ DynamoDBWritePolicy: { TableName: { Ref: 'Other' } } }], type: 'SQS' }, []],
  ['a document', { Policies: { Statement: [allow('sqs:SendMessage', { 'Fn::GetAtt': ['Queue', 'Arn'] })] } }, []],
  ['a policy that only the deployment knows', { Policies: [{ Ref: 'Policy' }] }, []],
  ['a role of its own', { Role: 'arn:aws:iam::111122223333:role/on-order' }, []],
  ['connectors', { Connectors: { Queue: {} } }, []],
])('SAM: the role of a function with %s', (_, { type: Type, Connectors, ...properties }: any, rules) => {
  const Properties = { Stream: STREAM, ...SAFE, DestinationConfig: { OnFailure: { Type, Destination: { 'Fn::GetAtt': ['Queue', 'Arn'] } } } };

  expect(broken({
    Table: TABLE, Other: TABLE, Queue: { Type: 'AWS::SQS::Queue' },
    Function: { Type: 'AWS::Serverless::Function', Connectors, Properties: { Timeout: 60, ...properties, Events: { Changes: { Type: 'DynamoDB', Properties } } } },
  }, { Transform: 'AWS::Serverless-2016-10-31' })).toEqual({ Changes: rules });
});

test.each<[string, object[], object, boolean]>([
  ['may write to its table', [allow('dynamodb:PutItem', { 'Fn::GetAtt': ['Table', 'Arn'] })], {}, true],
  ['may write to its table, which has a name', [allow('dynamodb:*', { 'Fn::Sub': 'arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders' })], { TableName: 'orders' }, true],
  ['may write, but has a filter', [allow('dynamodb:PutItem', { 'Fn::GetAtt': ['Table', 'Arn'] })], { filtered: true }, false],
  ['may write to everything', [allow('dynamodb:*')], {}, false],
  ['may read', [allow(['dynamodb:GetItem', 'dynamodb:Query'], { 'Fn::GetAtt': ['Table', 'Arn'] })], {}, false],
  ['may write to another table', [allow('dynamodb:*', { 'Fn::GetAtt': ['Other', 'Arn'] })], {}, false],
  ['may write to a table that a parameter names', [allow('dynamodb:*', { 'Fn::Sub': 'arn:aws:dynamodb:eu-west-1:*:table/${Name}' })], {}, false],
  ['is denied it', [allow('dynamodb:PutItem', { 'Fn::GetAtt': ['Table', 'Arn'] }), { Effect: 'Deny', Action: 'dynamodb:*', Resource: { 'Fn::GetAtt': ['Table', 'Arn'] } }], {}, false],
])('a function that %s is warned of: a loop', (_, statements, { TableName, filtered }: any, warned) => {
  const { Mapping: rules } = broken({
    Table: { ...TABLE, Properties: { ...TABLE.Properties, TableName } }, Other: TABLE, Role: role([reading, allow('sqs:*'), ...statements]),
    Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 60, Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
    Mapping: mapping(filtered ? { FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] } } : {}),
  });

  expect(rules).toEqual(warned ? ['write-loop'] : []);
});

test('whichever way a template is written, the same is found', () => {
  const value = fc.oneof(fc.integer({ min: -2, max: 20_000 }), fc.constantFrom<unknown>('100', 'x', true, { Ref: 'P' }, { 'Fn::If': ['C', 1, 2] }, { Ref: 'AWS::NoValue' }));
  const properties = fc.dictionary(fc.constantFrom(
    'BatchSize', 'ParallelizationFactor', 'MaximumRetryAttempts', 'MaximumRecordAgeInSeconds', 'TumblingWindowInSeconds', 'MaximumBatchingWindowInSeconds', 'StartingPosition',
    'BisectBatchOnFunctionError', 'Enabled', 'DestinationConfig', 'FunctionResponseTypes', 'FilterCriteria', 'MetricsConfig',
  ), value);
  fc.assert(fc.property(properties, (given) => {
    const template = { Resources: { Table: TABLE, Function: FUNCTION, Mapping: mapping(given) } };
    const sam = {
      Transform: 'AWS::Serverless-2016-10-31',
      Resources: {
        Table: TABLE,
        Function: {
          Type: 'AWS::Serverless::Function',
          Properties: { Timeout: 60, Role: 'arn:aws:iam::111122223333:role/on-order', Events: { Mapping: { Type: 'DynamoDB', Properties: { Stream: { 'Fn::GetAtt': ['Table', 'StreamArn'] }, ...SAFE, ...given } } } },
        },
      },
    };
    const violations = (...written: Parameters<typeof checked>) => checked(...written).mappings.map((found) => found.violations);
    const expected = violations(template);

    expect(expected).toHaveLength(1);
    expect(violations(stringify(template), 't.yml')).toEqual(expected);
    expect(violations(shortForms(stringify(template)), 't.yml')).toEqual(expected);
    expect(violations(sam)).toEqual(expected);
  }), runs(10));
});

/** `{ Ref: X }` on one line, as `!Ref X`. */
function shortForms(yaml: string): string {
  return yaml.replace(/\n\s+Ref: (\S+)$/gm, ' !Ref $1').replace(/\n(\s+)Fn::(\w+):\n/g, ' !$2\n');
}

test('whatever a template holds, it is checked or refused, and nothing is thrown', () => {
  const template = {
    Transform: 'AWS::Serverless-2016-10-31',
    Globals: { Function: { Timeout: 3 } },
    Resources: {
      Table: TABLE,
      Function: FUNCTION,
      Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' } } },
      Mapping: mapping({ FunctionName: { 'Fn::Sub': ['${Name}', { Name: { Ref: 'Alias' } }] }, FilterCriteria: { Filters: [{ Pattern: '{}' }] } }),
      Sam: {
        Type: 'AWS::Serverless::Function',
        Properties: { Events: { Changes: { Type: 'DynamoDB', Properties: { Stream: { 'Fn::If': ['C', 'a', { 'Fn::Join': ['', ['a', 'b']] }] } } } } },
      },
      Nested: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'x' } },
    },
    Outputs: { Stream: { Value: { 'Fn::ImportValue': 'x' }, Export: { Name: 'x' } } },
  };
  const paths = pathsIn(template);
  // An object of JSON that is not even a text when it is asked for one.
  const textless = fc.constant({ toString: {}, valueOf: {} });
  const values = fc.oneof(fc.jsonValue({ maxDepth: 2 }), textless, fc.array(textless, { minLength: 1, maxLength: 3 }));
  fc.assert(fc.property(fc.constantFrom(...paths), values, (path, value) => {
    const changed = structuredClone(template) as any;
    const parent = path.slice(0, -1).reduce((node, key) => node[key], changed);
    parent[path.at(-1)!] = value;
    try {
      checked(changed);
    } catch (error) {
      expect(error).toBeInstanceOf(UnusableInput);
    }
  }), runs(50));
});

/** The path to each node within a value. */
function pathsIn(value: unknown, path: string[] = []): string[][] {
  const within = typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, child]) => pathsIn(child, [...path, key])) : [];
  return path.length === 0 ? within : [path, ...within];
}

/** In the messages, INPUT is what was given. */
test.each<[string, () => string, string | RegExp]>([
  ['nothing', () => join(folderWith({}), 'none.json'), 'INPUT does not exist. Give a folder that `cdk synth` wrote, or a template of CloudFormation or SAM.'],
  ['something below a file', () => join(folderWith({ 't.json': '{}' }), 't.json', 't.json'),
    'Can\'t read INPUT: ENOTDIR: not a directory, stat \'INPUT\'. Give a folder that `cdk synth` wrote, or a template of CloudFormation or SAM.'],
  ['a folder without an app', () => folderWith({}),
    'No synthesized app in INPUT: it has no manifest.json.\nRun `npx cdk synth` first, or name its output folder. A template of another tool is given by its file.'],
  ['a folder of templates', () => folderWith({ 't.yml': 'Resources: {}' }),
    'No synthesized app in INPUT: it has no manifest.json.\nRun `npx cdk synth` first, or name its output folder. A template of another tool is given by its file, '
    + 'such as INPUT/t.yml.'],
  ['the manifest of something else', () => folderWith({ 'manifest.json': '{"icons":[]}' }),
    'INPUT/manifest.json is not the manifest of a synthesized app: it has no artifacts.\nRun `npx cdk synth` first, or name its output folder. A template of '
    + 'another tool is given by its file.'],
  ['an app that is in itself', () => folderWith({
    'manifest.json': JSON.stringify({ artifacts: { Stage: { type: 'cdk:cloud-assembly', properties: { directoryName: '.' } } } }),
  }), 'INPUT/manifest.json does not name the file of Stage.\nRun `npx cdk synth` again. A template of another tool is given by its file.'],
  ['another file', () => join(folderWith({ 'package.json': '{"name":"x"}' }), 'package.json'),
    'INPUT is not a template of CloudFormation or SAM: it has none of AWSTemplateFormatVersion, Resources, Parameters, Rules, Transform. Give a folder that '
    + '`cdk synth` wrote, or a template as JSON or YAML.'],
  ['the Serverless Framework\'s own file', () => join(folderWith({ 'serverless.yml': 'service: shop\nprovider: {name: aws}' }), 'serverless.yml'),
    'INPUT is the Serverless Framework\'s own file. Run `npx serverless package`, and give the template that this writes: '
    + '.serverless/cloudformation-template-update-stack.json.'],
  ['aliases without end', () => join(folderWith({
    't.yml': `Resources: {}\na: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: &c [${'*b, '.repeat(20)}]\nd: [${'*c, '.repeat(20)}]\n`,
  }), 't.yml'), /t\.yml is neither JSON nor YAML: .*\.$/],
  ['neither JSON nor YAML', () => join(folderWith({ 't.yml': 'a: [' }), 't.yml'), /t\.yml:1:5 is neither JSON nor YAML: [^:]*\. Correct it there\.\n\na: \[\n {4}\^$/],
  ['two documents', () => join(folderWith({ 't.yml': 'Resources: {}\n---\nResources: {}' }), 't.yml'),
    /t\.yml:2:1 is neither JSON nor YAML: A second document begins, but a template is one\. Correct it there\./],
  ['no text', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 't.json'), Buffer.from('{"Resources":{}}', 'utf16le').fill(0xff, 0, 1));
    return join(folder, 't.json');
  }, 'INPUT is not a text in UTF-8, as a template must be. Save it as UTF-8, or give another file.'],
  ['ids that are not those of rules', () => join(folderWith({
    't.json': JSON.stringify({ Resources: { Table: TABLE, Function: FUNCTION, Mapping: mapping({}, { Metadata: { 'dynamo-stream-trigger': { acknowledge: ['no-destinations', 'x'] } } }) } }),
  }), 't.json'), 'INPUT: the Metadata of Mapping acknowledges no-destinations and x, but those are not rules that a template is checked by. Did you mean no-destination? '
    + `The ids are:\n${CHECKED_RULES.map(({ id }) => id).join('\n')}`],
])('%s can\'t be checked', (_, make, message) => {
  const input = make();
  expect(() => check(input)).toThrow(UnusableInput);
  expect(() => check(input)).toThrow(typeof message === 'string' ? new UnusableInput(message.replaceAll('INPUT', input)) : message);
});

test('a value in YAML is what it is to CloudFormation', () => {
  const values = {
    'y': 'y', 'N': 'N', 'yes': true, 'Off': false, 'true': true, 'E1': 'E1', '-.e3': '-.e3', '_1': '_1', '.': '.', '-.': '-.', '1e3': 1000, '1_000': 1000,
    '0x1F': 31, '.5': 0.5, '2012-10-17': '2012-10-17', '2025-01-01T00:00:00.000Z': '2025-01-01T00:00:00.000Z', '~': null,
  };
  const file = join(folderWith({ 't.yml': `Resources:\n  A: [${Object.keys(values).join(', ')}]\n` }), 't.yml');

  expect(readTemplate(file).template.Resources).toEqual({ A: Object.values(values) });
});

test.each([
  'And', 'Base64', 'Cidr', 'Contains', 'EachMemberEquals', 'EachMemberIn', 'Equals', 'FindInMap', 'ForEach', 'GetAZs', 'If', 'ImportValue', 'Join', 'Length', 'Not', 'Or',
  'RefAll', 'Select', 'Split', 'Sub', 'ToJsonString', 'Transform', 'ValueOf', 'ValueOfAll',
])('!%s in YAML is the short form of a function', (name) => {
  const file = join(folderWith({ 't.yml': `Resources:\n  A: {P: !${name} [a], Q: !${name} {b: c}, R: !${name} d.e}\n` }), 't.yml');

  expect(readTemplate(file).template.Resources).toEqual({ A: { P: { [`Fn::${name}`]: ['a'] }, Q: { [`Fn::${name}`]: { b: 'c' } }, R: { [`Fn::${name}`]: 'd.e' } } });
});

test('!Ref, !Condition and !GetAtt in YAML are short forms too', () => {
  const file = join(folderWith({ 't.yml': 'Resources:\n  A: {P: !Ref a, Q: !Condition b, R: !GetAtt c.d.e, S: !GetAtt [f, g]}\n' }), 't.yml');

  expect(readTemplate(file).template.Resources)
    .toEqual({ A: { P: { Ref: 'a' }, Q: { Condition: 'b' }, R: { 'Fn::GetAtt': ['c', 'd.e'] }, S: { 'Fn::GetAtt': ['f', 'g'] } } });
});

const WRITING = 'dynamodb:PutItem,dynamodb:UpdateItem,dynamodb:BatchWriteItem';

/** SAM's policy templates, what they are given, and what they allow. */
test.each<[string, object, string[]]>([
  ['DynamoDBCrudPolicy', { TableName: 'n' }, [`${WRITING},dynamodb:DeleteItem on arn:*:dynamodb:*:*:table/n`]],
  ['DynamoDBRestoreFromBackupPolicy', { TableName: 'n' }, [`${WRITING},dynamodb:DeleteItem on arn:*:dynamodb:*:*:table/n`]],
  ['DynamoDBWritePolicy', { TableName: 'n' }, [`${WRITING} on arn:*:dynamodb:*:*:table/n`]],
  ['DynamoDBStreamReadPolicy', { TableName: 'n', StreamName: 's' }, [
    'dynamodb:DescribeStream,dynamodb:GetRecords,dynamodb:GetShardIterator on arn:*:dynamodb:*:*:table/n/stream/s',
    'dynamodb:ListStreams on arn:*:dynamodb:*:*:table/n/stream/*',
  ]],
  ['KMSDecryptPolicy', { KeyId: 'n' }, ['kms:Decrypt on arn:*:kms:*:*:key/n']],
  ['KMSEncryptPolicy_v2', { KeyId: 'n' }, ['kms:GenerateDataKey on arn:*:kms:*:*:key/n']],
  ['S3CrudPolicy', { BucketName: 'n' }, ['s3:PutObject,s3:ListBucket on arn:*:s3:::n arn:*:s3:::n/*']],
  ['S3FullAccessPolicy', { BucketName: 'n' }, ['s3:PutObject,s3:ListBucket on arn:*:s3:::n arn:*:s3:::n/*']],
  ['S3ReadPolicy', { BucketName: 'n' }, ['s3:ListBucket on arn:*:s3:::n arn:*:s3:::n/*']],
  ['S3WritePolicy', { BucketName: 'n' }, ['s3:PutObject on arn:*:s3:::n arn:*:s3:::n/*']],
  ['SNSCrudPolicy', { TopicName: 'n' }, ['sns:Publish on arn:*:sns:*:*:n*']],
  ['SNSPublishMessagePolicy', { TopicName: 'n' }, ['sns:Publish on arn:*:sns:*:*:n']],
  ['SQSSendMessagePolicy', { QueueName: 'n' }, ['sqs:SendMessage on arn:*:sqs:*:*:n']],
  ['EC2DescribePolicy', {}, []],
])('what SAM\'s policy template %s allows is known', (name, parameters, allowed) => {
  const template = { Resources: { Function: { Type: 'AWS::Serverless::Function', Properties: { Policies: [{ [name]: parameters }] } } } };
  const file = join(folderWith({ 't.json': JSON.stringify(template) }), 't.json');
  const [stack] = readStacks(file);
  const { statements } = samRole({ stack, logicalId: 'Function', resource: stack.template.Resources!.Function, attribute: 'Ref' });

  expect(statements.map(({ actions, resources }) => `${actions} on ${resources.map(({ exact }) => exact).join(' ')}`)).toEqual(allowed);
});

test('the line of what is not there is that of what is around it, or the first', () => {
  const lineOf = linesOfJson(() => '{\n  "Resources": {\n    "A": [\n      { "b": 1,\n        "c": 2 }\n    ]\n  }\n}');
  const yaml = readTemplate(join(folderWith({ 't.yml': '# Ours\nResources:\n  A:\n    - b: 1\n      c: 2\n' }), 't.yml')).lineOf;

  expect([['Resources'], ['Resources', 'A'], ['Resources', 'A', '0', 'c'], ['Resources', 'A', '0', 'd'], ['Resources', 'B'], ['B'], []].map(lineOf))
    .toEqual([2, 3, 5, 3, 2, 1, 1]);
  expect([['Resources'], ['Resources', 'A'], ['Resources', 'A', '0', 'c'], ['Resources', 'B'], ['B'], []].map(yaml)).toEqual([2, 3, 5, 2, 1, 1]);
});

test('a file that can\'t be read is refused', () => {
  const folder = newFolder();

  expect(() => readText(folder)).toThrow(new UnusableInput(`Can't read ${folder}: EISDIR: illegal operation on a directory, read. Give a file that can be read.`));
});

test('the words of a template are its own', () => {
  const { mappings } = checked({ Resources: { Table: { Type: 'AWS::DynamoDB::Table' }, Function: { Type: 'AWS::Lambda::Function' }, Mapping: mapping() } });

  expect(mappings[0].violations.map(({ message }) => message)).toEqual([
    `The table has no stream. ${TEMPLATE_WORDS.switchStreamOn}`,
    expect.stringMatching(/^The function times out after 3 seconds/),
  ]);
});
