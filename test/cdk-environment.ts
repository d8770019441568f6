import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Where tests that use the CDK run. The CDK checks templates with an engine of 9 MB of WebAssembly, and makes a new one for nearly every app:
 * half of the time that the tests took. Here one engine serves all test files of a process, and only those ask it that set CDK_VALIDATION to true:
 * template.test.ts for every variant, and those about circles, which it finds.
 *
 * A test file has a temporary folder of its own, so that it can look at what is left there: the files of other tests that run meanwhile are elsewhere.
 */
export default class CdkEnvironment extends TestEnvironment {
  constructor(...options: ConstructorParameters<typeof TestEnvironment>) {
    // Set before the environment copies the variables for the tests; os.tmpdir() and child processes read the originals.
    process.env.TMPDIR = mkdtempSync(join(temporary, 'file-'));
    super(...options);
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.global.process.env.CDK_VALIDATION = 'false';
    this.global.cloudformationValidate = { ...validate, CompositeEngine: SharedEngine };
  }
}

const temporary = tmpdir();
const validate = createRequire(require.resolve('aws-cdk-lib'))('@aws/cloudformation-validate');
const engines = new Map<string, InstanceType<typeof validate.CompositeEngine>>();

class SharedEngine {
  private readonly engine;

  constructor(config: object) {
    const key = JSON.stringify(config);
    this.engine = engines.get(key) ?? new validate.CompositeEngine(ofThisRealm(config));
    engines.set(key, this.engine);
  }

  validateTemplate(template: unknown, options: object): unknown {
    return this.engine.validateTemplate(template, ofThisRealm(options));
  }

  free(): void {}
}

/** The engine accepts plain objects only, by their prototype, and those of a test have another one. */
const ofThisRealm = structuredClone;
