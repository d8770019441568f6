import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULE_BOOK } from '../../lib/rules/rule-book';
import { PROP_NAMES } from '../../lib/trigger/props';

const PROPS: readonly string[] = [...PROP_NAMES, 'startingPositionTimestamp'];
const DOCS = join(__dirname, '..', '..', 'docs', 'reference', 'rules.md');

test('docs/reference/rules.md is the rule book (UPDATE_DOCS=1 writes it)', () => {
  if (process.env.UPDATE_DOCS) {
    writeFileSync(DOCS, ruleBookPage());
  }

  expect(existsSync(DOCS) && readFileSync(DOCS, 'utf8')).toBe(ruleBookPage());
});

test('docs/reference/settings.md has every property of a trigger', () => {
  const page = readFileSync(join(DOCS, '..', 'settings.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);

  expect(listed.sort()).toEqual([...PROP_NAMES].sort());
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
    'What `DynamoStreamTrigger` checks. An **error** fails the synthesis: AWS refuses such a trigger, or documents that it never works.',
    'A **warning** is about what can be deployed and then hurts. Acknowledge a warning if you mean it:',
    '',
    '```ts',
    "Annotations.of(this).acknowledgeWarning('dynamo-stream-trigger:no-destination', 'The records can be recomputed.');",
    '```',
    '',
    'One error names everything that is wrong with a trigger. Values that only the deployment knows (tokens) are not checked. Settings and filters are',
    'checked again when the app is synthesized, with what an aspect, an injector or an escape hatch has changed, and with what a token turned out to be.',
    'Such warnings are acknowledged on the trigger or its stack: the CDK does not look for them on the `App`.',
    '',
    '`dynamo-stream-trigger check` applies those about settings, filters and what any mapping is wired to to every mapping in a template: see',
    '[Checking templates](../operate/check.md).',
    '',
    '`two-copies` is not about a trigger but about what is installed. If an app with two copies fails in a trigger, the error names them too.',
    ...RULE_BOOK.flatMap(({ when, rules }) => [
      '',
      `## ${when}`,
      '',
      '| id | | rule | props | source |',
      '|---|---|---|---|---|',
      ...rules.map(({ id, severity, summary, reads, source }) =>
        `| <a id="${id}"></a>\`${id}\` | ${severity} | ${cell(summary)} | ${propsAmong(reads)} | ${cell(source)} |`),
    ]),
    '',
  ].join('\n');
}

/** A rule also reads facts that are not props; one that reads no others is about all props. */
function propsAmong(facts: readonly string[]): string {
  return facts.filter((name) => PROPS.includes(name)).map((name) => `\`${name}\``).join(', ') || 'all';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
