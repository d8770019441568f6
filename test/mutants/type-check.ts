import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as ts from 'typescript';

/** What a mutation may leave unused or out of reach: a compiler's complaint, but a program that runs. */
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198, 7027]);

/**
 * Makes a check of types that is fast for one changed file after another.
 *
 * @returns whether the file compiles with this text, and so do those that import it
 */
export function typeCheck(root: string, importersOf: (file: string) => readonly string[]): (file: string, text: string) => boolean {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), { noEmit: true }, {
    ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined,
  })!;
  const changed: { file?: string; text: string; version: number } = { text: '', version: 0 };
  const service = ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => config.options,
    getScriptFileNames: () => config.fileNames,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptVersion: (path) => relative(root, path) === changed.file ? `changed ${changed.version}` : 'as it was',
    getScriptSnapshot: (path) => {
      const text = relative(root, path) === changed.file ? changed.text : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
  });
  return (file, text) => {
    Object.assign(changed, { file, text, version: changed.version + 1 });
    return [file, ...importersOf(file)].every((one) => {
      const path = join(root, one);
      return service.getSyntacticDiagnostics(path).length === 0 && service.getSemanticDiagnostics(path).every(({ code }) => UNUSED.has(code));
    });
  };
}

/** A file as the compiler writes it into build/. */
export function compiled(root: string, file: string): string {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return ts.transpileModule(readFileSync(join(root, file), 'utf8'), { compilerOptions: options, fileName: join(root, file) }).outputText;
}
