import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { APPS, VARIANTS } from './trigger/variants';
import { PlacesStack } from '../examples/places/places-stack';
import { OrdersStack } from '../examples/testing/orders-stack';

/** Where cfn-lint is, of the version in .ci/requirements.txt. */
const cfnLint = process.env.CFN_LINT;

/** What cfn-lint finds in templates of the CDK whoever writes the app. Anything else is ours. */
const IGNORED: readonly { readonly rule: string; readonly resourceType: string; readonly reason: string }[] = [
  {
    rule: 'W3005',
    resourceType: 'AWS::Lambda::Function',
    reason: 'The CDK lets every function wait for its role by DependsOn, beside the reference that makes it wait anyway.',
  },
];

interface Finding {
  readonly Filename: string;
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] };
  readonly Rule: { readonly Id: string };
}

/** What cfn-lint says of templates, in words. */
function findings(templates: readonly string[]): string[] {
  const { stdout, stderr, error } = spawnSync(cfnLint!, ['--format', 'json', '--', ...templates], { encoding: 'utf8' });
  if (error !== undefined || stderr !== '') throw error ?? new Error(stderr);
  return (JSON.parse(stdout) as Finding[])
    .filter((finding) => !isIgnored(finding))
    .map(({ Filename, Message, Location, Rule }) => `${Filename}: ${Rule.Id} ${Message} (${Location.Path.join('.')})`);
}

function isIgnored({ Filename, Location, Rule }: Finding): boolean {
  const [, logicalId] = Location.Path;
  const type = JSON.parse(readFileSync(Filename, 'utf8')).Resources[logicalId]?.Type;
  return IGNORED.some(({ rule, resourceType }) => rule === Rule.Id && resourceType === type);
}

/** Synthesizes an app, and returns where its templates are. */
function templatesOf(app: App): string[] {
  return app.synth().stacksRecursively.map(({ templateFullPath }) => templateFullPath);
}

function example(stack: new (scope: App, id: string) => Stack): App {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  new stack(app, stack.name);
  return app;
}

/** The apps that are files of their own: examples of several stacks, and those that are deployed to see them work. */
function wholeApps(): App[] {
  const files = [
    ...readdirSync(join(__dirname, '..', 'examples')).map((folder) => join('..', 'examples', folder, 'app.ts')),
    ...readdirSync(__dirname).filter((file) => file.endsWith('.integ.ts')),
  ];
  return files.map((file) => join(__dirname, file)).filter(existsSync)
    .map((file) => jest.requireActual<{ readonly app: App }>(file).app);
}

(cfnLint === undefined ? describe.skip : describe)('cfn-lint, where CFN_LINT says where it is,', () => {
  // Synthesizes many apps. The CDK's own validation sees them elsewhere.
  jest.setTimeout(300_000);
  beforeAll(() => {
    process.env.CDK_VALIDATION = 'false';
    // The CDK prints the warnings that some variants are about.
    jest.spyOn(console, 'error').mockReturnValue();
  });
  afterAll(() => {
    delete process.env.CDK_VALIDATION;
  });

  test.each(APPS)('finds nothing in the templates of every variant in $age', ({ flags }) => {
    expect(findings(VARIANTS.flatMap(({ app }) => templatesOf(app(flags).app)))).toEqual([]);
  });

  test('finds nothing in the templates of the examples and of the integration apps', () => {
    expect(findings([...[PlacesStack, OrdersStack].map(example), ...wholeApps()].flatMap(templatesOf))).toEqual([]);
  });

  test('is not blind', () => {
    const app = new App();
    new CfnResource(new Stack(app, 'Wrong'), 'Queue', { type: 'AWS::SQS::Queue', properties: { MessageRetentionPeriod: 1_209_601 } });

    expect(findings(templatesOf(app))).toEqual([expect.stringContaining('1209601 is greater than the maximum of 1209600')]);
  });
});
