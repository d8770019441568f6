import { join } from 'node:path';
import { nestedStacks, readAssembly } from '../../lib/assembly';
import { readRecipe, writtenRecipe } from '../../lib/assembly/bundle-recipe';
import { folderWith } from '../folder';

const id = (data: unknown, type = 'aws:cdk:logicalId') => [{ type: 'aws:cdk:warning', data: 'Warned' }, { type, data }];

/** A stack's artifact in a manifest. */
const stack = (more: object = {}) => ({
  type: 'aws:cloudformation:stack', environment: 'aws://123456789012/eu-west-1', properties: { templateFile: 'Shop.json' }, ...more,
});

/** The stacks of an app with these artifacts, and with these files beside its manifest. */
function read(artifacts: unknown, files: { [name: string]: unknown } = {}) {
  const folder = folderWith({
    'manifest.json': JSON.stringify({ artifacts }),
    ...Object.fromEntries(Object.entries({ 'Shop.json': {}, ...files }).map(([name, content]) => [name, JSON.stringify(content)])),
  });
  return { folder, stacks: () => readAssembly(folder) };
}

describe('a stack of an app', () => {
  test('has what its artifact, its template and its assets say', () => {
    const template = { Resources: { Orders: { Type: 'AWS::DynamoDB::Table' } } };
    const { folder, stacks } = read({
      Tree: { type: 'cdk:tree' },
      Assets: { type: 'cdk:asset-manifest', properties: { file: 'Shop.assets.json' } },
      Other: { type: 'cdk:asset-manifest', properties: { file: 'missing.json' } },
      Shop: stack({
        displayName: 'Prod/Shop (prod-shop)', properties: { templateFile: 'Shop.json', stackName: 'prod-shop' }, dependencies: ['Assets', 'Tree', 'Gone'],
        metadata: { '/Prod/Shop/Orders/Resource': id('Orders') },
      }),
    }, {
      'Shop.json': template,
      'Shop.assets.json': {
        files: {
          a: { source: { path: 'asset.a' }, destinations: { here: { objectKey: 'a.zip' }, there: { objectKey: 'prefix/a.zip' } } },
          b: { source: { path: 'asset.b' } },
          c: { destinations: { here: { objectKey: 'c.zip' } } },
        },
      },
    });

    expect(stacks()).toEqual([{
      id: 'Prod/Shop',
      name: 'prod-shop',
      account: '123456789012',
      region: 'eu-west-1',
      file: join(folder, 'Shop.json'),
      template,
      paths: new Map([['Orders', 'Prod/Shop/Orders']]),
      metadata: { '/Prod/Shop/Orders/Resource': id('Orders') },
      assets: new Map([['a.zip', join(folder, 'asset.a')], ['prefix/a.zip', join(folder, 'asset.a')], ['c.zip', folder]]),
    }]);
  });

  test('has the name of its artifact, and no account and Region, if nothing says more', () => {
    const [plain] = read({ Shop: stack({ environment: undefined }) }).stacks();
    const [unknown] = read({ Shop: stack({ environment: 'aws://unknown-account/unknown-region' }) }).stacks();

    expect(plain).toMatchObject({ id: 'Shop', name: 'Shop', account: undefined, region: undefined, assets: new Map() });
    expect(unknown).toMatchObject({ account: undefined, region: undefined });
  });

  test('has its metadata in a file of its own, which has the last word', () => {
    const [{ metadata }] = read({
      Shop: stack({ metadata: { '/Shop/A': id('Old'), '/Shop/B': id('B') }, additionalMetadataFile: 'Shop.metadata.json' }),
    }, { 'Shop.metadata.json': { '/Shop/A': id('A') } }).stacks();

    expect(metadata).toEqual({ '/Shop/A': id('A'), '/Shop/B': id('B') });
  });

  test('names constructs as people know them, and its own before those of nested stacks', () => {
    const metadata = {
      '/Shop/Work/Fn/Resource': id('Same'),
      '/Shop/OnOrderOfTheShop': id('Same'),
      '/Shop/W/V/Fn': id('Same'),
      '/Shop/Orders/Default': id('Orders'),
      '/Shop/Resource/Table': id('Table'),
      '/Shop/Noted': id('Noted', 'aws:cdk:info'),
      '/Shop/Odd': id(5),
    };

    expect([...read({ Shop: stack({ metadata }) }).stacks()[0].paths]).toEqual(expect.arrayContaining([
      ['Same', 'Shop/OnOrderOfTheShop'], ['Orders', 'Shop/Orders'], ['Table', 'Shop/Resource/Table'],
    ]));
    expect(read({ Shop: stack({ metadata }) }).stacks()[0].paths.size).toBe(3);
  });
});

test('the stacks of a stage are read too', () => {
  const { folder, stacks } = read({ Prod: { type: 'cdk:cloud-assembly', properties: { directoryName: 'prod' } }, Shop: stack() }, {
    'prod/manifest.json': { artifacts: { ProdShop: stack() } }, 'prod/Shop.json': {},
  });

  expect(stacks().map(({ id: path, file }) => [path, file])).toEqual([['ProdShop', join(folder, 'prod', 'Shop.json')], ['Shop', join(folder, 'Shop.json')]]);
});

describe('what can\'t be read is refused:', () => {
  test.each<[string, unknown, object | undefined, string]>([
    ['artifacts that are none', 5, undefined, 'FOLDER/manifest.json is not the manifest of a synthesized app: it has no artifacts.\nRun `npx cdk synth` first, or name its output folder.'],
    ['a stack without a template', { Shop: stack({ properties: {} }) }, {}, 'FOLDER/manifest.json does not name the file of Shop.\nRun `npx cdk synth` again.'],
    ['a stage that is the app', { Prod: { type: 'cdk:cloud-assembly', properties: { directoryName: '.' } } }, {},
      'FOLDER/manifest.json does not name the file of Prod.\nRun `npx cdk synth` again.'],
    ['an asset list without a name', { Shop: stack({ dependencies: ['Assets'] }), Assets: { type: 'cdk:asset-manifest', properties: { file: '' } } }, {},
      'FOLDER/manifest.json does not name the file of Shop.\nRun `npx cdk synth` again.'],
    ['a file that is gone', { Shop: stack({ properties: { templateFile: 'gone.json' } }) }, {},
      'Can\'t read FOLDER/gone.json: ENOENT: no such file or directory, open \'FOLDER/gone.json\'\nRun `npx cdk synth` again.'],
  ])('%s', (_, artifacts, files, message) => {
    const { folder, stacks } = read(artifacts, { ...files });

    expect(stacks).toThrow(new Error(message.replaceAll('FOLDER', folder)));
  });

  test('a folder without an app', () => {
    const folder = folderWith({ 'notes.txt': '' });

    expect(() => readAssembly(folder)).toThrow(new Error(
      `No synthesized app in ${folder}: it has no manifest.json.\nRun \`npx cdk synth\` first, or name its output folder.`));
  });
});

describe('a nested stack', () => {
  const nested = (url: unknown, logicalId = 'WorkNestedStack') => ({
    Resources: { [logicalId]: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: url } }, Orders: { Type: 'AWS::DynamoDB::Table' } },
  });
  const shop = (template: object, metadata = {}) => nestedStacks(read({
    Assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } }, Shop: stack({ metadata, dependencies: ['Assets'] }),
  }, {
    'Shop.json': template,
    'Work.json': { Resources: { Fn: { Type: 'AWS::Lambda::Function' } } },
    'assets.json': {
      files: {
        other: { source: { path: 'Other.json' }, destinations: { here: { objectKey: 'other.json' } } },
        work: { source: { path: 'Work.json' }, destinations: { here: { objectKey: 'work.json' } } },
      },
    },
  }).stacks()[0]);

  test('is read from the asset that its URL names, and knows its parent and its own constructs', () => {
    const [work, ...others] = shop(nested({ 'Fn::Join': ['', ['https://', { Ref: 'Bucket' }, '/work.json']] }), {
      '/Shop/Work.NestedStack/Work.NestedStackResource': id('WorkNestedStack'),
      '/Shop/Work/Fn/Resource': id('Fn'),
      '/Shop/Worker/Fn/Resource': id('Other'),
    });

    expect(others).toEqual([]);
    expect(work).toMatchObject({
      id: 'Shop/Work', name: 'Shop-Work', region: 'eu-west-1', template: { Resources: { Fn: { Type: 'AWS::Lambda::Function' } } },
      parent: { logicalId: 'WorkNestedStack', stack: { id: 'Shop' } },
    });
    expect(work.file).toMatch(/\/Work\.json$/);
    expect([...work.paths]).toEqual([['Fn', 'Shop/Work/Fn']]);
  });

  test('without metadata is known by its logical id', () => {
    expect(shop(nested('https://bucket/work.json')).map(({ id: path, name }) => [path, name])).toEqual([['Shop/WorkNestedStack', 'Shop-WorkNestedStack']]);
  });

  test.each<[string, object]>([
    ['whose template is elsewhere', nested('https://bucket/elsewhere.json')],
    ['without a URL', nested(undefined)],
    ['without properties', { Resources: { Work: { Type: 'AWS::CloudFormation::Stack' } } }],
    ['that is another resource', { Resources: { Work: { Type: 'Custom::Thing', Properties: { TemplateURL: 'https://bucket/work.json' } } } }],
    ['of a template without resources', {}],
  ])('%s is not among them', (_, template) => {
    expect(shop(template)).toEqual([]);
  });
});

describe('the recipe of a bundle', () => {
  const PARTS = { root: '../..', entry: 'lib/on-order.ts', outfile: 'index.js', args: ['--platform=node', '--define:ROOT=/home'] };
  const written = (change: Partial<typeof PARTS>) => writtenRecipe({ ...PARTS, ...change });

  test('comes back from the metadata', () => {
    expect(readRecipe([{ type: 'aws:cdk:warning', data: 1 }, { type: 'dynamo-stream-trigger:bundle', data: written({}) }])).toEqual({ v: 1, ...PARTS });
  });

  test.each(['.', '..', '../..', 'app', 'app/..data'])('may run in %s', (root) => {
    expect(written({ root })).toEqual({ ...PARTS, v: 1, root });
  });

  test.each<[string, Partial<typeof PARTS>]>([
    ...['', '/app', 'C:/app', '../app', 'a\\b'].map((root): [string, Partial<typeof PARTS>] => [`in "${root}"`, { root }]),
    ...['', '/on.ts', '../on.ts', '..', 'C:on.ts', 'a\\b.ts'].map((entry): [string, Partial<typeof PARTS>] => [`of "${entry}"`, { entry }]),
    ...['--alias:a=/b', '--inject:../b.ts', '--alias:a=C:\\b', '--tsconfig=..\\b', '--loader=\\b', '--x=C:/b', '--x=a,/b']
      .map((arg): [string, Partial<typeof PARTS>] => [`with ${arg}`, { args: ['--platform=node', arg] }]),
  ])('is not written %s: another machine has other places', (_, change) => {
    expect(written(change)).toBeUndefined();
  });

  test.each(['--banner:js=/x', '--footer:js=/x', '--define:A=/x', '--drop=/x', '--pure=/x', '--external:a/b'])('may have %s, which names no place', (arg) => {
    expect(written({ args: [arg] })).toBeDefined();
  });

  test.each<[string, object | undefined]>([
    ['of another version', { v: 2, ...PARTS }],
    ['without a root', { v: 1, ...PARTS, root: undefined }],
    ['without an entry', { v: 1, ...PARTS, entry: undefined }],
    ['without an outfile', { v: 1, ...PARTS, outfile: undefined }],
    ['without arguments', { v: 1, ...PARTS, args: undefined }],
    ['with an argument that is not a text', { v: 1, ...PARTS, args: ['--minify', 5] }],
    ['of nothing', undefined],
  ])('%s is not read', (_, data) => {
    expect(readRecipe([{ type: 'dynamo-stream-trigger:bundle', data }])).toBeUndefined();
  });
});
