// Compiles the sources of a strict consumer against the types of an installed package, each way that TypeScript finds them.
// Only those and the package's own types are checked: the rest is not ours, and takes most of the time.
// Arguments: the folder of the consumer, and for each way its folder, module and moduleResolution. Prints what TypeScript finds, as JSON.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const [consumer, ...ways] = process.argv.slice(2);
const types = join(import.meta.dirname, '..', 'node_modules', '@types');

console.log(JSON.stringify(ways.map((way) => {
  const [folder, module, moduleResolution] = way.split(',');
  const { options, errors } = ts.convertCompilerOptionsFromJson({
    noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: 'es2022', types: ['node'], typeRoots: [types], ignoreDeprecations: '6.0', module, moduleResolution,
  }, folder);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
  const program = ts.createProgram(sources, options);
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(consumer));
  const diagnostics = [...errors, ...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...own.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file),
  ])];
  const found = diagnostics.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  return { checked: own.map(({ fileName }) => fileName.slice(consumer.length + 1)), found };
})));
