/**
 * The tests in four parts, each a project of jest: `npm run test:unit` runs one, `npm test` all.
 *
 * Which test belongs where is decided here and nowhere else: these are files and folders of test/, the first that names a test has it,
 * and `unit` has all the others. test/architecture.test.ts checks that no unit test needs the CDK, a process, or what is compiled.
 */
const PARTS = {
  /** The packed package, bundles of it, and the samples of the documentation. */
  package: ['api', 'docs', 'handlers', 'package', 'runtime/bundle', 'runtime/destination', 'runtime/schema', 'testing/bundled', 'testing/consumer', 'testing/example'],
  /** What starts processes: DynamoDB Local, functions in processes of their own, the command line. */
  local: [
    'cli', 'examples/guarded-projection', 'examples/idempotency', 'integ', 'redrive/local', 'runtime/faults', 'runtime/lambda-logs', 'runtime/process',
    'testing/real-work', 'trigger/stream-lookup.lambda',
    ...[
      'api', 'border', 'bundles', 'children', 'destinations', 'dynamodb-local', 'environment', 'node-program', 'process-end', 'run', 'run-end', 'start-local', 'takeover',
    ].map((name) => `local/${name}`),
  ],
  /** What is synthesized. */
  cdk: ['cfn-lint', 'check/assembly', 'changes', 'examples', 'local/app', 'security', 'testing/filter', 'testing/synthesized-mapping', 'trigger'],
  unit: ['**'],
};
type Part = keyof typeof PARTS;

/** test/cdk-environment.ts says why. */
const CHECKED_TEMPLATES = {
  testEnvironment: '<rootDir>/test/cdk-environment.ts',
  moduleNameMapper: { '^@aws/cloudformation-validate$': '<rootDir>/test/cloudformation-validate.js' },
};

/** Parts that run what is compiled. */
const COMPILED: readonly Part[] = ['package', 'local'];

const parts = Object.keys(PARTS) as Part[];

export const TEST_PROJECTS = parts.map((part, at) => ({
  displayName: part,
  roots: ['<rootDir>/test'],
  testMatch: PARTS[part].map((path) => `<rootDir>/test/${path}{.test.ts,/**/*.test.ts}`),
  testPathIgnorePatterns: parts.slice(0, at).map((earlier) => `<rootDir>/test/(${PARTS[earlier].join('|')})(\\.test\\.ts|/)`),
  ...(part === 'unit' ? {} : CHECKED_TEMPLATES),
  ...(COMPILED.includes(part) && { globalSetup: '<rootDir>/test/compiled.ts' }),
  clearMocks: true,
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json' }] },
}));

/** The part of a test, given by its path from the project's root. */
export function partOf(test: string): Part {
  return parts.find((part) => part === 'unit' || PARTS[part].some((path) => test === `test/${path}.test.ts` || test.startsWith(`test/${path}/`)))!;
}
