import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_RUN_ERRORS, LocalRunError, type LocalRunErrorCode } from '../../lib/local/errors';

test('docs/guide/local.md lists every code with its meaning', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'guide', 'local.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(documented).toEqual(Object.entries(LOCAL_RUN_ERRORS));
});

test.each(Object.keys(LOCAL_RUN_ERRORS) as LocalRunErrorCode[])('%s is the code of an error that is known by its name', (code) => {
  expect(new LocalRunError(code, 'It ended.')).toMatchObject({ name: 'LocalRunError', code, message: 'It ended.' });
});
