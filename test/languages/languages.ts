import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleIn } from './samples';
import { PACKAGES } from '../../projenrc/publication';

export const ROOT = join(__dirname, '..', '..');
const versionOf = (path: string): string => JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')).version;

/** A command and its arguments. */
export type CommandLine = readonly string[];

/** How an app in a language is installed and run, in its folder. */
export interface Language {
  readonly name: string;
  /** What must be there to compile and run it, as a command that succeeds then. */
  readonly needs: readonly CommandLine[];
  /** Whether there is a larger app, in test/languages/apps. */
  readonly hasApp: boolean;
  /** Where the sample of docs/guide/languages.md goes. */
  readonly sample: { readonly fence: string; readonly file: string };
  install(packages: string): readonly CommandLine[];
  /** Runs the sample or the larger app. */
  run(app: 'sample' | 'app'): CommandLine;
}

export const LANGUAGES: { readonly [target: string]: Language } = {
  python: {
    name: 'Python',
    needs: [['python3', '-c', 'import venv']],
    sample: { fence: 'python', file: 'sample.py' },
    install: (packages) => [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', join(packages, 'python', wheelIn(packages))],
    ],
    run: (app) => ['venv/bin/python', `${app}.py`],
    hasApp: true,
  },
  java: {
    name: 'Java',
    needs: [['javac', '-version'], ['mvn', '--version']],
    sample: { fence: 'java', file: 'src/main/java/Orders.java' },
    install: () => [['mvn', '--batch-mode', '--quiet', 'compile']],
    run: (app) => ['mvn', '--batch-mode', '--quiet', 'exec:java', `-Dexec.mainClass=${app === 'sample' ? 'Orders' : 'ShopApp'}`],
    hasApp: true,
  },
  go: {
    name: 'Go',
    needs: [['go', 'version']],
    sample: { fence: 'go', file: 'sample/main.go' },
    install: () => [['go', 'mod', 'tidy']],
    run: (app) => ['go', 'run', `./${app}`],
    hasApp: true,
  },
  dotnet: {
    name: '.NET',
    needs: [['dotnet', '--version']],
    sample: { fence: 'csharp', file: 'Program.cs' },
    install: () => [['dotnet', 'build', '--nologo', '--verbosity', 'quiet']],
    run: () => ['dotnet', 'run', '--no-build'],
    hasApp: false,
  },
};

/** Writes the apps of a language, with the names under which the package is published and where it was built. */
export function writeApp(target: string, folder: string, packages: string): void {
  const { sample } = LANGUAGES[target];
  cpSync(join(ROOT, 'test', 'languages', 'apps', target), folder, { recursive: true });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name))) {
    writeFileSync(file, named(readFileSync(file, 'utf8'), packages));
  }
  mkdirSync(join(folder, sample.file, '..'), { recursive: true });
  writeFileSync(join(folder, sample.file), sampleIn('docs/guide/languages.md', sample.fence, /DynamoStreamTrigger/));
}

function named(text: string, packages: string): string {
  const { maven, nuget, go } = PACKAGES;
  const names: { readonly [placeholder: string]: string } = {
    JAVA_PACKAGE: maven.javaPackage,
    MAVEN_GROUP: maven.mavenGroupId,
    MAVEN_ARTIFACT: maven.mavenArtifactId,
    NUGET_PACKAGE: nuget.packageId,
    GO_MODULE: `${go.moduleName}/${go.packageName}`,
    GO_PACKAGE: go.packageName,
    PACKAGES: packages,
    VERSION: versionOf('.'),
    CDK_VERSION: versionOf('node_modules/aws-cdk-lib'),
  };
  return text.replace(/__([A-Z_]+?)__/g, (placeholder, name: string) => names[name] ?? placeholder);
}

export function wheelIn(packages: string): string {
  return readdirSync(join(packages, 'python')).find((name) => name.endsWith('.whl'))!;
}
