import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The reference of the constructs, API.md and Construct Hub's pages, is made of doc comments: whatever has none is a name without a text there.
 * `npx projen post-compile` compiles the examples, and fails if one can't be translated into the other languages.
 */
interface Docs {
  readonly docs?: { readonly summary?: string; readonly example?: string };
}

interface Named extends Docs {
  readonly name: string;
}

interface Callable extends Docs {
  readonly parameters?: Named[];
}

interface Type extends Named {
  readonly kind: 'class' | 'enum' | 'interface';
  readonly initializer?: Callable;
  readonly properties?: (Named & { readonly static?: boolean })[];
  readonly methods?: (Named & Callable & { readonly static?: boolean })[];
  readonly members?: Named[];
}

const root = resolve(__dirname, '..');
const types = Object.values<Type>(JSON.parse(readFileSync(join(root, '.jsii'), 'utf8')).types);

/** Every name of the reference. */
const documented: Named[] = types.flatMap((type) => [
  type,
  ...parametersOf(type.name, type.initializer),
  ...(type.properties ?? []).map((property) => within(type, property)),
  ...(type.methods ?? []).flatMap((method) => [within(type, method), ...parametersOf(`${type.name}.${method.name}`, method)]),
  ...(type.members ?? []).map((member) => within(type, member)),
]);

test('every construct, property, method, parameter and enum member has a text', () => {
  expect(documented.length).toBeGreaterThan(200);
  expect(documented.filter(({ docs }) => docs?.summary === undefined).map(({ name }) => name)).toEqual([]);
});

test('no text says only what the name says', () => {
  const silent = new Set(['a', 'an', 'the', 'of', 'this', 'that', 'is', 'it', 'its', 'for']);
  const saysLittle = ({ name, docs }: Named): boolean => {
    const known = wordsOf(name.split(/[.(]/).pop()!);
    return wordsOf(docs?.summary ?? '').every((word) => known.includes(word) || silent.has(word));
  };
  expect(documented.filter(saysLittle).map(({ name, docs }) => `${name}: ${docs?.summary}`)).toEqual([]);
});

test('every type and every static method has an example', () => {
  const shown = types.flatMap((type) => [type, ...(type.methods ?? []).filter((method) => method.static).map((method) => within(type, method))]);
  expect(shown.filter(({ docs }) => !docs?.example).map(({ name }) => name)).toEqual([]);
});

function within<Member extends Named>(type: Type, member: Member): Member {
  return { ...member, name: `${type.name}.${member.name}` };
}

function parametersOf(name: string, callable: Callable | undefined): Named[] {
  return (callable?.parameters ?? []).map((parameter) => ({ ...parameter, name: `${name}(${parameter.name})` }));
}

/** `failureQueue` has the same words as "The failure queue." */
function wordsOf(text: string): string[] {
  return text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
