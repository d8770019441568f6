import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, CfnResource, Stack } from 'aws-cdk-lib';
import { newApp } from './app';
import { APPS, VARIANTS } from './trigger/variants';

const EXAMPLES = join(__dirname, '..', 'examples');

/** It is slow. Old apps have the same resources, which the CDK's own validation sees in template.test.ts. */
const [, NEW_APP] = APPS;

/** The path of cfn-lint: `pip install --requirement .ci/requirements.txt` into an environment of its own, and this is its bin/cfn-lint. */
const cfnLint = process.env.CFN_LINT;

/** What cfn-lint finds in every template of the CDK. Anything else comes from this package. */
const IGNORED: readonly { readonly rule: string; readonly resourceType: string; readonly reason: string }[] = [
  {
    rule: 'W3005',
    resourceType: 'AWS::Lambda::Function',
    reason: 'The CDK makes every function depend on its role with DependsOn, although a reference does so already.',
  },
];

interface Finding {
  readonly Filename: string;
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] };
  readonly Rule: { readonly Id: string };
}

/** What cfn-lint finds in templates, in words. */
function findings(templates: readonly string[]): string[] {
  const { stdout, stderr, error } = spawnSync(cfnLint!, ['--format', 'json', '--', ...templates], { encoding: 'utf8' });
  if (error !== undefined || stderr !== '') {
    throw error ?? new Error(stderr);
  }
  return (JSON.parse(stdout) as Finding[])
    .filter((finding) => !isIgnored(finding))
    .map(({ Filename, Message, Location, Rule }) => `${Filename}: ${Rule.Id} ${Message} (${Location.Path.join('.')})`);
}

function isIgnored({ Filename, Location, Rule }: Finding): boolean {
  const [, logicalId] = Location.Path;
  const type = JSON.parse(readFileSync(Filename, 'utf8')).Resources[logicalId]?.Type;
  return IGNORED.some(({ rule, resourceType }) => rule === Rule.Id && resourceType === type);
}

/** Synthesizes an app, and returns the paths of its templates. */
function templatesOf(app: App): string[] {
  return app.synth().stacksRecursively.map(({ templateFullPath }) => templateFullPath);
}

/** Runs the examples' apps as the CDK's command line does, but all in one process. Returns the paths of each app's templates. */
function templatesOfExamples(): Map<string, string[]> {
  const apps = readdirSync(EXAMPLES).filter((folder) => existsSync(join(EXAMPLES, folder, 'app.ts')));
  const outdir = mkdtempSync(join(tmpdir(), 'cdk.out'));
  execFileSync(process.execPath, [
    '--require', 'ts-node/register/transpile-only',
    '--eval', 'for (const app of process.argv.slice(1)) { process.env.CDK_OUTDIR = `${process.env.OUT}/${app}`; require(`./${app}/app`); }', ...apps,
  ], { cwd: EXAMPLES, env: { ...process.env, OUT: outdir }, stdio: 'pipe' });
  return new Map(apps.map((app) => [
    app, readdirSync(join(outdir, app)).filter((name) => name.endsWith('.template.json')).map((name) => join(outdir, app, name)),
  ]));
}

/** The integration apps are made by their files. */
function integrationApps(): App[] {
  return readdirSync(join(__dirname, 'integ')).filter((file) => file.endsWith('.integ.ts'))
    .map((file) => jest.requireActual<{ readonly app: App }>(join(__dirname, 'integ', file)).app);
}

/** A template with a mistake. */
function wrongApp(): App {
  const app = newApp();
  new CfnResource(new Stack(app, 'Wrong'), 'Queue', { type: 'AWS::SQS::Queue', properties: { MessageRetentionPeriod: 1_209_601 } });
  return app;
}

(cfnLint === undefined ? describe.skip : describe)('cfn-lint, if CFN_LINT has its path,', () => {
  let [ofVariants, ofExamples, ofIntegrationApps, wrong]: string[][] = [];
  let found: readonly string[] = [];
  const foundIn = (templates: readonly string[]) => found.filter((finding) => templates.some((template) => finding.startsWith(`${template}: `)));

  beforeAll(() => {
    // The CDK prints the warnings that some variants are about.
    jest.spyOn(console, 'error').mockReturnValue();
    ofVariants = VARIANTS.flatMap(({ app }) => templatesOf(app(NEW_APP.flags).app));
    const examples = templatesOfExamples();
    expect([...examples].filter(([, files]) => files.length === 0)).toEqual([]);
    ofExamples = [...examples.values()].flat();
    ofIntegrationApps = integrationApps().flatMap(templatesOf);
    wrong = templatesOf(wrongApp());
    // It takes seconds to start, so it gets all at once.
    found = findings([...ofVariants, ...ofExamples, ...ofIntegrationApps, ...wrong]);
  });

  test('finds nothing in the templates of every variant', () => expect(foundIn(ofVariants)).toEqual([]));

  test('finds nothing in the templates of the examples', () => expect(foundIn(ofExamples)).toEqual([]));

  test('finds nothing in the templates of the integration apps', () => expect(foundIn(ofIntegrationApps)).toEqual([]));

  test('is not blind', () => {
    expect(foundIn(wrong)).toEqual([expect.stringContaining('1209601 is greater than the maximum of 1209600')]);
    expect(found).toHaveLength(1);
  });
});
