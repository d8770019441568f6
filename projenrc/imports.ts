import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as ts from 'typescript';

/** An import, or an export of what another module exports. */
export interface Import {
  /** What stands in quotes. */
  readonly module: string;
  /** The imported file of this project, from its root; undefined for a package. */
  readonly file: string | undefined;
  /** Nothing of it is left when the code runs. */
  readonly typeOnly: boolean;
}

const ROOT = join(__dirname, '..');

/** The TypeScript files in a folder of the project and its subfolders, from the root. */
export function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .sort();
}

/** What a file imports, `import()` and `require()` of a literal included. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (module: ts.Node | undefined, typeOnly = false) => {
    if (module !== undefined && ts.isStringLiteral(module)) {
      found.push({ module: module.text, file: resolved(file, module.text), typeOnly });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, bringsTypesOnly(node.importClause));
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    } else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require'))) {
      add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  visit(ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), options));
  return found;
}

function bringsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined || clause.isTypeOnly) {
    return clause !== undefined;
  }
  const { name, namedBindings } = clause;
  return name === undefined && namedBindings !== undefined && ts.isNamedImports(namedBindings)
    && namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function resolved(importer: string, module: string): string | undefined {
  if (!module.startsWith('.')) {
    return undefined;
  }
  const path = join(ROOT, dirname(importer), module);
  const file = [`${path}.ts`, join(path, 'index.ts')].find(existsSync);
  return file && relative(ROOT, file);
}
