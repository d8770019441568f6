import { mutated, mutationsOf } from './mutations';

/** What becomes of a text, one mutation at a time. */
const mutants = (text: string, kind: string) => mutationsOf(text).filter((one) => one.kind === kind).map((one) => mutated(text, one));

test.each<[kind: string, text: string, mutants: string[]]>([
  ['negated condition', 'if (a) { b(); }', ['if (!(a)) { b(); }']],
  ['negated condition', 'while (a) {} do {} while (b); for (; c;) {} d ? e : f', [
    'while (!(a)) {} do {} while (b); for (; c;) {} d ? e : f',
    'while (a) {} do {} while (!(b)); for (; c;) {} d ? e : f',
    'while (a) {} do {} while (b); for (; !(c);) {} d ? e : f',
    'while (a) {} do {} while (b); for (; c;) {} !(d) ? e : f',
  ]],
  ['other operator', 'a < b && c + d !== e', ['a <= b && c + d !== e', 'a < b || c + d !== e', 'a < b && c + d === e', 'a < b && c - d !== e']],
  ['other number', 'f(1_000, 2n)', ['f(1001, 2n)', 'f(999, 2n)', 'f(1_000, 3n)', 'f(1_000, 1n)']],
  ['empty text', "import x from 'x'; const y: 'a' | '' = 'a'; f(`${y}b`, y['c'], { 'd': '' })", [
    "import x from 'x'; const y: 'a' | '' = ''; f(`${y}b`, y['c'], { 'd': '' })",
    "import x from 'x'; const y: 'a' | '' = 'a'; f('', y['c'], { 'd': '' })",
  ]],
  ['empty array', 'f([], [1])', ['f([], [])']],
  ['dropped statement', 'f(); const a = g(); return a;', ['; const a = g(); return a;']],
  ['dropped await', 'await f(await g)', ['f(await g)', 'await f(g)']],
  ['early return', 'function f() { g(); } const h = () => 1;', [
    'function f() { return undefined as never; g(); } const h = () => 1;',
    'function f() { g(); } const h = () => undefined as never;',
  ]],
  ['swapped arguments', 'f(a, b, c); new G(a, a); h(a)', ['f(b, a, c); new G(a, a); h(a)', 'f(a, c, b); new G(a, a); h(a)']],
])('%s in %s', (kind, text, expected) => {
  expect(mutants(text, kind).sort()).toEqual([...expected].sort());
});
