import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGES } from '../projenrc/publication';

const { npm, pypi, maven, nuget, go } = PACKAGES;

test.each([
  npm, pypi.module, `${maven.mavenGroupId}:${maven.mavenArtifactId}`, `import ${maven.javaPackage}.`, `<groupId>${maven.mavenGroupId}</groupId>`,
  `dotnet add package ${nuget.packageId}`, `using ${nuget.dotNetNamespace};`, `go get ${go.moduleName}/${go.packageName}`, `trigger "${go.moduleName}/${go.packageName}"`,
])('docs/guide/languages.md has %s', (name) => {
  expect(readFileSync(join(__dirname, '..', 'docs', 'guide', 'languages.md'), 'utf8')).toContain(name);
});

test('the namespace of .NET does not hide the class DynamoStreamTrigger', () => {
  expect(nuget.dotNetNamespace.split('.')).not.toContain('DynamoStreamTrigger');
});
