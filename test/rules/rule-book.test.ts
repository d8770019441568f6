import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULE_BOOK } from '../../lib/rules/rule-book';

const DOCS = join(__dirname, '..', '..', 'docs', 'rules.md');

test('docs/rules.md is the rule book (UPDATE_DOCS=1 writes it)', () => {
  if (process.env.UPDATE_DOCS) {
    writeFileSync(DOCS, ruleBookPage());
  }

  expect(existsSync(DOCS) && readFileSync(DOCS, 'utf8')).toBe(ruleBookPage());
});

test('ids are unique, and made of letters and hyphens', () => {
  const ids = RULE_BOOK.flatMap(({ rules }) => rules.map(({ id }) => id));

  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
});

function ruleBookPage(): string {
  return [
    '# Rules',
    '',
    'What `DynamoStreamTrigger` checks. An **error** keeps the app from being synthesized: AWS refuses it, or documents that it never works.',
    'A **warning** is of what deploys and then hurts. Acknowledge one where it is meant:',
    '',
    '```ts',
    "Annotations.of(this).acknowledgeWarning('dynamo-stream-trigger:no-destination', 'The records can be recomputed.');",
    '```',
    '',
    'Everything that is wrong with a trigger is told at once. Values that only the deployment knows (tokens) are not judged. What an aspect, an',
    'injector or an escape hatch changes later is judged again when the app is synthesized, as far as the CDK does not tell of it by itself.',
    ...RULE_BOOK.flatMap(({ when, rules }) => [
      '',
      `## ${when}`,
      '',
      '| id | | rule | properties | source |',
      '|---|---|---|---|---|',
      ...rules.map(({ id, severity, summary, reads, source }) =>
        `| \`${id}\` | ${severity} | ${cell(summary)} | ${reads.map((name) => `\`${name}\``).join(', ')} | ${cell(source)} |`),
    ]),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
