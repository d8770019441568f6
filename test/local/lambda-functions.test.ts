import type { SynthesizedStack, Template } from '../../lib/assembly';
import { BUNDLE_METADATA, writtenRecipe } from '../../lib/assembly/bundle-recipe';
import { LambdaFunctions } from '../../lib/local/assembly/lambda-functions';
import { Reading } from '../../lib/local/assembly/reading';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:on-order';
const LATER = { Ref: 'Stage' };
const NOT_KNOWN = 'the parameter Stage of the stack Shop is only known after a deployment';
const CODE = { S3Key: 'code' };
const ON_ORDER = { FunctionName: 'on-order', Handler: 'index.handler', Runtime: 'nodejs22.x', Code: CODE };

/** The functions of an app with this one and these resources, in this Region, and the notes about them. */
function functionsWith(properties: object, resources: Template['Resources'] = {}, stack: Partial<SynthesizedStack> = {}) {
  const template: Template = {
    Parameters: { Stage: { Type: 'String' } },
    Resources: {
      // What only a deployment knows keeps none from being found.
      Unknown: { Type: 'AWS::Lambda::Function', Properties: { ...ON_ORDER, FunctionName: LATER } },
      OnOrder: { Type: 'AWS::Lambda::Function', Properties: { ...ON_ORDER, ...properties } }, ...resources,
    },
  };
  const assets = new Map([['code', '/assets/code'], ['code.zip', '/assets/code.zip'], ['layer', '/assets/layer'], ['other', '/assets/other']]);
  const paths = new Map(['OnOrder', 'Layer', 'Other', 'Zipped'].map((id) => [id, `Shop/${id}`]));
  const reading = new Reading([{ id: 'Shop', name: 'Shop', template, file: '', metadata: {}, assets, paths, ...stack }]);
  const functions = new LambdaFunctions(reading);
  return { called: (name = 'on-order') => functions.called(name), notes: reading.notes };
}

test.each([
  ['on-order', ARN, '$LATEST'], [ARN, ARN, '$LATEST'], ['on-order:live', `${ARN}:live`, 'live'], [`${ARN}:7`, `${ARN}:7`, '7'],
  ['arn:aws-cn:lambda:cn-north-1:123456789012:function:on-order', ARN, '$LATEST'],
])('%s is found, as the mapping names it', (name, functionArn, executedVersion) => {
  const { called } = functionsWith({});
  expect(called(name)).toMatchObject({ functionArn, executedVersion, function: { path: 'Shop/OnOrder', name: 'on-order', arn: ARN } });
  expect(called(name).function).toBe(called().function);
});

test('a function has what its template says', () => {
  const recipe = writtenRecipe({ root: '.', entry: 'on-order.ts', outfile: 'index.js', args: [] });
  const { called, notes } = functionsWith({ Timeout: 7, MemorySize: '512', ReservedConcurrentExecutions: '0' }, {}, { metadata: { '/Shop/OnOrder': [{ type: BUNDLE_METADATA, data: recipe }] } });
  const { environment, ...target } = called().function;
  expect(target).toEqual({
    path: 'Shop/OnOrder', logicalId: 'OnOrder', name: 'on-order', arn: ARN, region: 'us-east-1', codeDirectory: '/assets/code', bundle: recipe,
    layers: { directories: [], missing: [] }, handler: 'index.handler', runtime: 'nodejs22.x', timeout: 7, memorySize: 512, reservedConcurrency: 0,
  });
  expect([environment({} as never), notes]).toEqual([{ variables: {}, unknown: [] }, []]);
});

test('a function has the defaults of CloudFormation for what its template does not say', () => {
  const { called, notes } = functionsWith({});
  expect([called().function.timeout, called().function.memorySize, notes]).toEqual([3, 128, []]);
  expect(['bundle', 'reservedConcurrency', 'inlineCode'].filter((name) => name in called().function)).toEqual([]);
});

test('a function has these defaults, with a note, for numbers that only a deployment decides', () => {
  const { called, notes } = functionsWith({ Timeout: LATER, MemorySize: LATER, ReservedConcurrentExecutions: LATER });
  expect(called().function).toMatchObject({ timeout: 3, memorySize: 128 });
  expect(called().function).not.toHaveProperty('reservedConcurrency');
  expect(notes).toEqual([`Shop/OnOrder: its Timeout is 3 here: ${NOT_KNOWN}.`, `Shop/OnOrder: its MemorySize is 128 here: ${NOT_KNOWN}.`]);
});

test('code in the template is the code', () => {
  const { function: target } = functionsWith({ Code: { ZipFile: '' } }).called();
  expect([target.inlineCode, target.codeDirectory]).toEqual(['', undefined]);
});

test.each<[string, object, string]>([
  ['a container image', { PackageType: 'Image', Runtime: undefined },
    'its function is a container image. Only Node.js functions run here, with their code in a folder: lambda.Code.fromAsset(folder)'],
  ['another runtime', { Runtime: 'python3.13' },
    'its function runs on python3.13, and only Node.js functions run here. simulateTrigger tests the mapping of any function'],
  ['no runtime', { Runtime: undefined },
    'its function runs on undefined, and only Node.js functions run here. simulateTrigger tests the mapping of any function'],
  ['code of another place', { Code: { S3Key: 'elsewhere' } }, 'its function\'s code is not an asset of this app. lambda.Code.fromAsset(folder) makes it one'],
  ['no code', { Code: undefined }, 'its function\'s code is not an asset of this app. lambda.Code.fromAsset(folder) makes it one'],
  ['an archive', { Code: { S3Key: 'code.zip' } },
    'its function\'s code is an archive, /assets/code.zip; only code of a folder runs here. Give the folder to lambda.Code.fromAsset'],
  ['another name', { FunctionName: 'other' }, 'its function on-order is not in this app'],
])('a function with %s does not run here, with the reason', (_, properties, reason) => {
  expect(() => functionsWith(properties).called()).toThrow(new Error(reason));
});

test('layers are searched from the last one on, and those that are not here are named', () => {
  const layer = (S3Key: string) => ({ Type: 'AWS::Lambda::LayerVersion', Properties: { Content: { S3Key } } });
  const { called } = functionsWith(
    { Layers: [{ Ref: 'Layer' }, 'arn:theirs', { Ref: 'Zipped' }, { Ref: 'Other' }, LATER] }, { Layer: layer('layer'), Zipped: layer('code.zip'), Other: layer('other') });
  expect(called().function.layers).toEqual({ directories: ['/assets/other', '/assets/layer'], missing: ['arn:theirs', 'Shop/Zipped', '{"Ref":"Stage"}'] });
});

test('variables are resolved for where everything runs, and what is not known of them is named', () => {
  const { called } = functionsWith({
    Environment: { Variables: { PLAIN: 1, QUEUE: { Ref: 'Jobs' }, STAGE: LATER, URL: { 'Fn::Sub': 'https://${Stage}.example.org/${Api.Id}' }, BROKEN: { 'Fn::Join': ['', null] } } },
  }, { Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } }, Api: { Type: 'AWS::ApiGateway::RestApi' } });
  expect(called().function.environment({ destinations: 'http://127.0.0.1:2' } as never)).toEqual({
    variables: {
      PLAIN: '1', QUEUE: 'http://127.0.0.1:2/000000000000/jobs',
      URL: 'https://UNKNOWN-the-parameter-Stage-of-the-stack-Shop.example.org/UNKNOWN-Id-of-Api-AWS-ApiGateway-RestApi',
    },
    unknown: [
      { name: 'STAGE', reasons: [NOT_KNOWN], isSet: false },
      { name: 'URL', reasons: [NOT_KNOWN, 'Id of Api (AWS::ApiGateway::RestApi) is only known after a deployment'], isSet: true },
      { name: 'BROKEN', reasons: [expect.stringMatching(/^\{"Fn::Join":\["",null\]\} can't be read: /)], isSet: false },
    ],
  });
});
