import * as ts from 'typescript';

/** A small change of a source file that makes it do something else. */
export interface Mutation {
  readonly kind: string;
  /** Where the text that is replaced starts and ends. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Every mutation of a source file. Some do not compile. */
export function mutationsOf(text: string): Mutation[] {
  const found: Mutation[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isInterfaceDeclaration(node)) {
      return;
    }
    for (const [kind, mutate] of Object.entries(KINDS)) {
      found.push(...mutate(node).map(([place, replacement]) => ({ kind, start: place.getStart(), end: place.end, replacement })));
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(ts.createSourceFile('mutated.ts', text, ts.ScriptTarget.Latest, true), visit);
  return found.filter(({ start, end, replacement }) => text.slice(start, end) !== replacement);
}

export function mutated(text: string, { start, end, replacement }: Mutation): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** What stands at a node, or between two, is replaced by a text. */
type Replacement = readonly [place: Pick<ts.Node, 'getStart' | 'end'>, replacement: string];

/** Of whatever type is asked for. */
const NOTHING = 'undefined as never';

const KINDS: Record<string, (node: ts.Node) => readonly Replacement[]> = {
  'negated condition': (node) => {
    const condition = ts.isConditionalExpression(node) || ts.isForStatement(node) ? node.condition
      : ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node) ? node.expression : undefined;
    return condition === undefined ? [] : [[condition, `!(${condition.getText()})`]];
  },
  'other operator': (node) => {
    const operator = ts.isBinaryExpression(node) ? OPERATORS[node.operatorToken.getText()] : undefined;
    return operator === undefined ? [] : [[(node as ts.BinaryExpression).operatorToken, operator]];
  },
  'other number': (node) => ts.isNumericLiteral(node) ? [[node, String(Number(node.text) + 1)], [node, String(Number(node.text) - 1)]]
    : ts.isBigIntLiteral(node) ? [[node, `${BigInt(node.text.slice(0, -1)) + 1n}n`], [node, `${BigInt(node.text.slice(0, -1)) - 1n}n`]] : [],
  'empty text': (node) => isText(node) ? [[node, "''"]] : [],
  'empty array': (node) => ts.isArrayLiteralExpression(node) && node.elements.length > 0 ? [[node, '[]']] : [],
  'dropped statement': (node) => ts.isExpressionStatement(node) ? [[node, ';']] : [],
  'dropped await': (node) => ts.isAwaitExpression(node) ? [[node, node.expression.getText()]] : [],
  'early return': (node) => {
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      return [[node.body, NOTHING]];
    }
    return ts.isBlock(node) && ts.isFunctionLike(node.parent) && node.statements.length > 0
      ? [[node.statements[0], `return ${NOTHING}; ${node.statements[0].getText()}`]] : [];
  },
  'swapped arguments': (node) => {
    const given = ts.isCallExpression(node) || ts.isNewExpression(node) ? [...node.arguments ?? []] : [];
    return given.slice(1).map((right, at) => [
      { getStart: () => given[at].getStart(), end: right.end }, `${right.getText()}, ${given[at].getText()}`,
    ]);
  },
};

const OPERATORS: Record<string, string> = {
  '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===', '&&': '||', '||': '&&',
  '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '+=': '-=', '-=': '+=',
};

/** A text that the program has, and that names no property. */
function isText(node: ts.Node): boolean {
  if (ts.isTemplateExpression(node)) {
    return true;
  }
  const isName = ts.isPropertyAssignment(node.parent) ? node.parent.name === node : ts.isElementAccessExpression(node.parent);
  return ts.isStringLiteralLike(node) && node.text !== '' && !isName;
}
