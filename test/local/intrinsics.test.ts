import { join } from 'node:path';
import type { SynthesizedStack, Template } from '../../lib/assembly';
import { Reading } from '../../lib/local/assembly/reading';
import { folderWith } from '../folder';

/** A stack with this template. */
function stackOf(name: string, template: Template, more: Partial<SynthesizedStack> = {}): SynthesizedStack {
  const paths = new Map(Object.keys(template.Resources ?? {}).map((id) => [id, `${name}/${id}`]));
  return { id: name, name, template, file: '', metadata: {}, assets: new Map(), paths, ...more };
}

const NESTED = {
  Parameters: { Level: { Type: 'String', Default: 'unused' }, Usual: { Type: 'String', Default: 'usual' } },
  Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Level' } } } },
  Outputs: { Level: { Value: { Ref: 'Level' } }, Usual: { Value: { Ref: 'Usual' } }, Name: { Value: { Ref: 'AWS::StackName' } } },
};

const SHOP = stackOf('Shop', {
  Parameters: {
    Stage: { Type: 'String' }, Size: { Type: 'Number', Default: 7 }, Names: { Type: 'CommaDelimitedList', Default: 'a, b' },
    Level: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/level' }, Levels: { Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: '/levels' },
  },
  Mappings: { Sizes: { small: { memory: 128 } } },
  Conditions: {
    Yes: { 'Fn::Equals': [7, { Ref: 'Size' }] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Other: { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Equals': ['a', 'a'] }] },
    Neither: { 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': ['a', 'b'] }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Strange: { 'Fn::Contains': [[], 1] },
    Unknown: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
  },
  Resources: {
    Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
    Api: { Type: 'AWS::ApiGateway::RestApi' },
    OnOrder: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'on-order' } },
    Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'OnOrder' }, Name: 'live' } },
    First: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { 'Fn::GetAtt': ['OnOrder', 'Arn'] } } },
    LevelParameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/level', Value: 'debug' } },
    LevelsParameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/levels', Value: 'debug,info' } },
    Login: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'login', SecretString: '{"user":"me","age":7}' } },
    Token: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'token', SecretString: 'given' } },
    Inner: {
      Type: 'AWS::CloudFormation::Stack',
      Properties: { TemplateURL: { 'Fn::Sub': 'https://s3/key.json' }, Parameters: { Level: { 'Fn::Join': ['', ['in', 'ner']] } } },
    },
    Outer: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://elsewhere' } },
    Reader: { Type: 'Custom::CrossRegionExportReader' },
  },
  Outputs: { Unnamed: { Value: 'x' } },
}, { assets: new Map([['key.json', join(folderWith({ 'nested.json': JSON.stringify(NESTED) }), 'nested.json')]]) });

const DATA = stackOf('Data', {
  Resources: {
    Orders: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'orders' } },
    Writer: { Type: 'Custom::CrossRegionExportWriter', Properties: { WriterProps: { exports: { '/cdk/table': { Ref: 'Orders' } } } } },
  },
  Outputs: { Table: { Value: { Ref: 'Orders' }, Export: { Name: 'table' } }, Other: { Value: 'o', Export: { Name: { Ref: 'Nothing' } } } },
}, { account: '123456789012', region: 'eu-west-1' });

const reading = new Reading([SHOP, DATA]);
const shop = (value: unknown) => reading.resolve(SHOP, value);

test.each<[value: unknown, resolved: unknown]>([
  ['plain', 'plain'],
  [null, null],
  [{ a: [1, { b: { Ref: 'AWS::Region' } }], c: true }, { a: [1, { b: 'us-east-1' }], c: true }],
  [{ Ref: 'AWS::AccountId' }, '000000000000'],
  [{ Ref: 'AWS::Partition' }, 'aws'],
  [{ Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
  [{ Ref: 'AWS::StackName' }, 'Shop'],
  [{ Ref: 'AWS::StackId' }, 'arn:aws:cloudformation:us-east-1:000000000000:stack/Shop/local'],
  [{ Ref: 'AWS::NotificationARNs' }, []],
  [{ Ref: 'AWS::NoValue' }, undefined],
  [{ a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
  [{ Ref: 'Size' }, 7],
  [{ Ref: 'Names' }, ['a', 'b']],
  [{ Ref: 'Level' }, 'debug'],
  [{ Ref: 'Levels' }, ['debug', 'info']],
  [{ Ref: 'Jobs' }, 'http://pending/000000000000/jobs'],
  [{ 'Fn::GetAtt': ['Jobs', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:jobs'],
  [{ 'Fn::GetAtt': 'Jobs.QueueName' }, 'jobs'],
  [{ Ref: 'Live' }, 'arn:aws:lambda:us-east-1:000000000000:function:on-order:live'],
  [{ 'Fn::GetAtt': ['Live', 'AliasArn'] }, 'arn:aws:lambda:us-east-1:000000000000:function:on-order:live'],
  [{ Ref: 'First' }, 'arn:aws:lambda:us-east-1:000000000000:function:on-order:1'],
  [{ 'Fn::GetAtt': ['First', 'Version'] }, '1'],
  [{ 'Fn::GetAtt': ['Inner', 'Outputs.Level'] }, 'inner'],
  [{ 'Fn::GetAtt': ['Inner', 'Outputs', 'Usual'] }, 'usual'],
  [{ 'Fn::GetAtt': ['Inner', 'Outputs.Name'] }, 'Shop-Inner'],
  [{ 'Fn::GetAtt': ['Reader', '/cdk/table'] }, 'orders'],
  [{ 'Fn::Sub': '${AWS::Region} ${!Literal} ${Jobs.Arn} ${Size}' }, 'us-east-1 ${Literal} arn:aws:sqs:us-east-1:000000000000:jobs 7'],
  [{ 'Fn::Sub': ['${own} ${Size}', { own: { Ref: 'AWS::Region' } }] }, 'us-east-1 7'],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::NoValue' }, { Ref: 'Size' }]] }, 'a-7'],
  [{ 'Fn::Join': [',', { Ref: 'Names' }] }, 'a,b'],
  [{ 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
  [{ 'Fn::Split': ['', 'ab'] }, ['a', 'b']],
  [{ 'Fn::Base64': 'text' }, 'dGV4dA=='],
  [{ 'Fn::If': ['Yes', 1, 2] }, 1],
  [{ 'Fn::If': ['No', 1, 2] }, 2],
  [{ Condition: 'Both' }, false],
  [{ Condition: 'Either' }, true],
  [{ Condition: 'Other' }, true],
  [{ Condition: 'Neither' }, false],
  [{ 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, 128],
  [{ 'Fn::ImportValue': 'table' }, 'orders'],
  [{ 'Fn::GetStackOutput': { StackName: 'Data', OutputName: 'Table' } }, 'orders'],
  [{ 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
  [{ 'Fn::ToJsonString': { a: { Ref: 'Size' } } }, '{"a":7}'],
  [{ 'Fn::Length': { Ref: 'Names' } }, 2],
  ['{{resolve:ssm:/level}} {{resolve:ssm-secure:/level:3}}', 'debug debug'],
  ['{{resolve:secretsmanager:token}}', 'given'],
  ['{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:000000000000:secret:token:SecretString:}}', 'given'],
  ['{{resolve:secretsmanager:login:SecretString:user::}}', 'me'],
  ['{{resolve:secretsmanager:login:SecretString:age}}', '7'],
  ['{{resolve:secretsmanager:login:SecretString}}', '{"user":"me","age":7}'],
  [{ 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Login' }, ':SecretString:user}}']] }, 'me'],
])('%j is %j', (value, resolved) => {
  expect(shop(value)).toEqual(resolved);
});

test('values of a stack that says where it is deployed have its account and Region', () => {
  expect(reading.resolve(DATA, { 'Fn::Sub': '${AWS::AccountId} ${AWS::Region} ${Orders.Arn} ${AWS::StackId}' })).toBe(
    '123456789012 eu-west-1 arn:aws:dynamodb:eu-west-1:123456789012:table/orders arn:aws:cloudformation:eu-west-1:123456789012:stack/Data/local');
});

const LATER = 'is only known after a deployment';
test.each<[value: unknown, message: string]>([
  [{ Ref: 'Stage' }, `the parameter Stage of the stack Shop ${LATER}`],
  [{ Ref: 'Api' }, `Ref of Shop/Api (AWS::ApiGateway::RestApi) ${LATER}`],
  [{ 'Fn::GetAtt': ['Api', 'RootResourceId'] }, `RootResourceId of Shop/Api (AWS::ApiGateway::RestApi) ${LATER}`],
  [{ 'Fn::GetAtt': ['Live', 'Other'] }, `Other of Shop/Live (AWS::Lambda::Alias) ${LATER}`],
  [{ Ref: 'Nothing' }, `Ref of Nothing (not in the template) ${LATER}`],
  [{ 'Fn::GetAtt': ['Inner', 'Outputs.None'] }, `the output None of the stack Shop/Inner ${LATER}`],
  [{ 'Fn::GetAtt': ['Outer', 'Outputs.None'] }, `the output None of the stack Shop/Outer ${LATER}`],
  [{ 'Fn::GetAtt': ['Inner', 'Other'] }, `Other of Shop/Inner (AWS::CloudFormation::Stack) ${LATER}`],
  [{ 'Fn::GetAtt': ['Reader', '/cdk/none'] }, `/cdk/none ${LATER}`],
  [{ 'Fn::Select': [2, { Ref: 'Names' }] }, `element 2 of a list ${LATER}`],
  [{ 'Fn::FindInMap': ['Sizes', 'large', 'memory'] }, `entry large.memory of the mapping Sizes ${LATER}`],
  [{ 'Fn::ImportValue': 'nothing' }, `the export nothing ${LATER}`],
  [{ 'Fn::GetStackOutput': { StackName: 'None', OutputName: 'Table' } }, `the output Table of the stack None ${LATER}`],
  [{ 'Fn::Cidr': [] }, `Fn::Cidr ${LATER}`],
  [{ Condition: 'Strange' }, `the condition Fn::Contains ${LATER}`],
  [{ Condition: 'None' }, `the condition undefined ${LATER}`],
  [{ Condition: 'Unknown' }, `the parameter Stage of the stack Shop ${LATER}`],
  ['{{resolve:ssm:/none}}', 'the parameter /none of Systems Manager is not in this app'],
  ['{{resolve:secretsmanager:none:SecretString:key}}', 'the secret none is not in this app'],
  ['{{resolve:secretsmanager:login:SecretString:none}}', 'the key none of the secret login is not in its value'],
  ['{{resolve:secretsmanager:token:SecretString:none}}', 'the key none of the secret token is not in its value'],
  ['{{resolve:other:x}}', `{{resolve:other:x}} ${LATER}`],
])('%j is not known here', (value, message) => {
  expect(() => shop(value)).toThrow(expect.objectContaining({ name: 'UnresolvedValueError', message }));
});

test.each([
  [{ 'Fn::Join': ['-', null] }, '{"Fn::Join":["-",null]}'],
  [{ 'Fn::Sub': { long: 'x'.repeat(99) } }, `{"Fn::Sub":{"long":"${'x'.repeat(60)}`],
])('%j can\'t be read', (value, beginning) => {
  expect(() => shop(value)).toThrow(expect.objectContaining({
    name: 'UnresolvedValueError', what: beginning, message: expect.stringMatching(/ can't be read: .+/),
  }));
});

describe('with placeholders', () => {
  const filled = (value: unknown) => reading.resolverWith(undefined, ({ what }) => `<${what}>`)(SHOP, value);

  test.each([
    [{ 'Fn::Join': ['/', ['a', { Ref: 'Stage' }]] }, 'a/<the parameter Stage of the stack Shop>'],
    [{ 'Fn::Sub': 'a-${Stage}' }, 'a-<the parameter Stage of the stack Shop>'],
    ['{{resolve:ssm:/none}}!', '<the parameter /none of Systems Manager>!'],
  ])('a part of %j is filled', (value, text) => {
    expect(filled(value)).toBe(text);
  });

  test.each([[{ 'Fn::Join': ['/', [{ Ref: 'Stage' }]] }], [{ 'Fn::Sub': '${Stage}' }], ['{{resolve:ssm:/none}}'], [{ Ref: 'Stage' }]])('all of %j is not', (value) => {
    expect(() => filled(value)).toThrow(expect.objectContaining({ name: 'UnresolvedValueError' }));
  });
});

test('a secret that the app has made is made by its rules, the same in each run', () => {
  const secret = (rules: object, Name = 'made') => {
    const stack = stackOf('Shop', { Resources: { Made: { Type: 'AWS::SecretsManager::Secret', Properties: { Name, GenerateSecretString: rules } } } });
    return new Reading([stack]).resolve(stack, `{{resolve:secretsmanager:${Name}}}`);
  };
  expect(secret({})).toBe('CU3YQJxy2OkraJhPfcNBwqyXPsATKukR');
  expect(secret({ PasswordLength: '5' })).toBe('CU3YQ');
  expect(secret({ ExcludeUppercase: true, ExcludeNumbers: true })).toMatch(/^[a-z]{32}$/);
  expect(secret({ ExcludeLowercase: true, ExcludeNumbers: true })).toMatch(/^[A-Z]{32}$/);
  expect(secret({ ExcludeLowercase: true, ExcludeUppercase: true, ExcludeCharacters: '012' })).toMatch(/^[3-9]{32}$/);
  expect(secret({ ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, PasswordLength: 3 })).toBe('---');
  expect(secret({ SecretStringTemplate: '{"user":"me"}', GenerateStringKey: 'password', PasswordLength: 4 })).toBe('{"user":"me","password":"CU3Y"}');
  expect(secret({ GenerateStringKey: 'password', PasswordLength: 4 })).toBe('CU3Y');
  expect(secret({}, 'other')).not.toBe(secret({}));
});
