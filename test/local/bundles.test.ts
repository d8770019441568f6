import { appendFileSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecipe, writtenRecipe } from '../../lib/assembly/bundle-recipe';
import type { LambdaFunction } from '../../lib/local/assembly/app';
import { bundle } from '../../lib/local/function/bundle';
import { bundlesOf } from '../../lib/local/function/bundles';
import { recordChildren, type Children } from '../../lib/local/process/children';
import { folderWith } from '../folder';

const recipe = writtenRecipe({ root: '.', entry: 'on-order.ts', outfile: 'index.js', args: ['--platform=node', '--target=node20'] })!;
const TOTAL = 'export const total = (numbers: number[]): number =>\n  numbers.reduce((sum, each) => sum + each);\n';

let children: Children;
let project: string;
beforeAll(() => children = recordChildren());
afterAll(() => children.killAll());
beforeEach(() => {
  project = realpathSync(folderWith({
    'on-order.ts': "import { total } from './total';\nexport const handler = async (numbers: number[]) => total(numbers);\n",
    'total.ts': TOTAL,
  }));
  symlinkSync(join(__dirname, '..', '..', 'node_modules'), join(project, 'node_modules'));
});

/** A function of an assembly that was made from these sources. */
async function synthesized(): Promise<LambdaFunction> {
  const { folder } = await bundle(recipe, { project, into: children.temporaryFolder() });
  return { arn: 'on-order', path: 'Shop/OnOrder', codeDirectory: folder, bundle: recipe } as LambdaFunction;
}

const onError = (_: LambdaFunction, error: Error) => expect(error).toBeUndefined();
/** What the function runs. */
let current: string | undefined;
const isUsed = (folder: string) => folder === current;
const codeIn = (folder: string | undefined) => readFileSync(join(folder!, 'index.js'), 'utf8');

test('without a watch, the code of the assembly gets a source map, and newer sources do not count', async () => {
  const target = await synthesized();
  const bundles = bundlesOf({ project, children, isUsed, onError });
  const folder = await bundles.codeOf(target);
  const { sources } = JSON.parse(readFileSync(join(folder!, 'index.js.map'), 'utf8'));
  expect(sources.map((source: string) => join(folder!, source))).toEqual(expect.arrayContaining([join(project, 'total.ts'), join(project, 'on-order.ts')]));

  appendFileSync(join(project, 'total.ts'), 'console.log(1);\n');
  expect(await bundles.codeOf(target)).toBeUndefined();
  current = folder;
  expect(await bundles.codeOf(target)).toBe(folder);
});

test('a function without a recipe, and one of another project, keep their code', async () => {
  const target = await synthesized();
  expect(await bundlesOf({ project, children, isUsed, onError }).codeOf({ ...target, bundle: readRecipe([]) })).toBeUndefined();
  expect(await bundlesOf({ project: children.temporaryFolder(), children, isUsed, onError }).codeOf(target)).toBeUndefined();
});

test('with a watch, a change of any source is reported, and what does not bundle keeps the code and has its place', async () => {
  const target = await synthesized();
  const errors: string[] = [];
  let changed = () => {};
  const bundles = bundlesOf({ project, children, isUsed, onChange: () => changed(), onError: (_, { message }) => errors.push(message) });
  const change = (file: string, text: string) => new Promise<void>((resolve) => {
    changed = resolve;
    writeFileSync(join(project, file), text);
  });
  current = await bundles.codeOf(target);
  expect(codeIn(current)).not.toContain('more');
  expect(await bundles.codeOf(target)).toBe(current);

  await change('total.ts', `import { more } from './more';\n${TOTAL}console.log(more);\n`);
  expect(await bundles.codeOf(target)).toBe(current);
  expect(errors).toEqual([expect.stringMatching(/Could not resolve "\.\/more"[^]*total\.ts:1:21:/)]);

  // No source so far, but the one that was missing.
  await change('more.ts', 'export const more = "more";\n');
  expect(codeIn(await bundles.codeOf(target))).toContain('more');
  await change('more.ts', 'export const more = "even more";\n');
  expect(codeIn(await bundles.codeOf(target))).toContain('even more');
  expect(errors).toHaveLength(1);
  bundles.stop();
  rmSync(project, { recursive: true });
});
