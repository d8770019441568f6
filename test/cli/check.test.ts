import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkSarif, checkText } from '../../lib/cli/check-output';
import { REPOSITORY } from '../../projenrc/publication';
import { folderWith } from '../folder';

const ROOT = resolve(__dirname, '..', '..');
const COMMAND = join(ROOT, 'build', 'bin', 'dynamo-stream-trigger.js');

const mapping = (properties: object) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2025-01-01T00:00:00.000', FunctionName: 'on-order', StartingPosition: 'TRIM_HORIZON',
    MaximumRetryAttempts: 3, DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:111122223333:failed' } }, ...properties,
  },
});
const ABOUT = { version: '1.0.0', repository: REPOSITORY };
const templates = folderWith({
  'good.json': JSON.stringify({ Resources: { Good: mapping({}) } }),
  'warned.json': JSON.stringify({ Resources: { Warned: mapping({ DestinationConfig: {} }) } }),
  'wrong.json': JSON.stringify({ Resources: { Wrong: mapping({ BatchSize: 0 }) } }, null, 2),
  'unknown.json': JSON.stringify({ Resources: { Unknown: mapping({ EventSourceArn: { Ref: 'Stream' } }) } }),
  'no.txt': 'no template',
});

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [COMMAND, 'check', ...args], { cwd: templates, encoding: 'utf8' });
}

test.each<[string[], number]>([
  [['good.json'], 0],
  [['warned.json'], 0],
  [['warned.json', '--strict'], 1],
  [['warned.json', '--strict', '--ignore', 'no-destination'], 0],
  [['good.json', 'wrong.json', 'good.json'], 1],
  [['wrong.json', '--ignore', 'batch-size-range'], 0],
  [['no.txt'], 2],
  [[], 2],
  [['good.json', '--ignore', 'batch-size'], 2],
  [['good.json', '--formats', 'json'], 2],
])('check %j ends with %d', (args, status) => {
  expect(run(...args).status).toBe(status);
});

test('in SARIF, a file is named from the folder of its repository, as an address', () => {
  const folder = folderWith({ '.git/HEAD': '', 'in fra/a.txt': '' });
  const mappings = ['in fra/t#1.yaml', '../t.yaml'].map((file) => ({
    file: join(folder, file), line: 1, logicalId: 'A', violations: [{ ruleId: 'no-destination', severity: 'warning' as const, message: '' }],
  }));
  const current = jest.spyOn(process, 'cwd').mockReturnValue(join(folder, 'in fra'));
  const { runs: [{ results }] } = JSON.parse(checkSarif({ mappings, undecided: [] }, ABOUT));
  current.mockRestore();

  expect(results.map(({ locations: [{ physicalLocation }] }: any) => physicalLocation.artifactLocation.uri))
    .toEqual(['in%20fra/t%231.yaml', pathToFileURL(join(folder, '..', 't.yaml')).href]);
});

test('in SARIF, a mapping is named by its path and its event, and a result stays the same where only its line changes', () => {
  const checked = (more: object) => ({
    file: join(process.cwd(), 't.yaml'), line: 7, logicalId: 'OnOrder', violations: [{ ruleId: 'no-destination', severity: 'warning' as const, message: 'M.' }], ...more,
  });
  const mappings = [checked({ path: 'Shop/OnOrder' }), checked({ event: 'Orders' }), checked({})];
  const { $schema, runs: [{ tool: { driver: { rules, ...driver } }, results }] } = JSON.parse(checkSarif({ mappings, undecided: [] }, { version: '1.2.3', repository: 'https://a.example/b' }));

  expect($schema).toBe('https://json.schemastore.org/sarif-2.1.0.json');
  expect(driver).toEqual({ name: 'dynamo-stream-trigger', version: '1.2.3', informationUri: 'https://a.example/b' });
  expect(results[0]).toEqual({
    ruleId: 'no-destination',
    ruleIndex: rules.findIndex(({ id }: { id: string }) => id === 'no-destination'),
    level: 'warning',
    message: { text: 'Shop/OnOrder (OnOrder): M.' },
    locations: [{
      physicalLocation: { artifactLocation: { uri: 't.yaml' }, region: { startLine: 7 } },
      logicalLocations: [{ name: 'OnOrder', fullyQualifiedName: 'Shop/OnOrder (OnOrder)', kind: 'resource' }],
    }],
    partialFingerprints: { mapping: 'Shop/OnOrder//no-destination' },
  });
  expect(results.slice(1).map(({ message, partialFingerprints }: any) => [message.text, partialFingerprints.mapping])).toEqual([
    ['OnOrder, event Orders: M.', 'OnOrder/Orders/no-destination'], ['OnOrder: M.', 'OnOrder//no-destination'],
  ]);
  const address = 'https://a.example/b/blob/main/docs/reference/rules.md#no-destination';
  const { shortDescription: { text: summary }, ...rule } = rules[results[0].ruleIndex];
  expect(rule).toEqual({
    id: 'no-destination',
    fullDescription: { text: summary },
    help: { text: `${summary} ${address}`, markdown: `${summary} [About this rule](${address})` },
    helpUri: address,
    defaultConfiguration: { level: 'warning' },
  });
});

test('without a mapping, the text says so', () => {
  expect(checkText({ mappings: [], undecided: [] }, ABOUT)).toBe('No mapping of a DynamoDB stream was found.\n');
});

test('on a terminal, a message is broken between words, before the last column and at 120 columns at most', () => {
  const { isTTY, columns } = process.stdout;
  const messageAt = (width: number) => {
    Object.assign(process.stdout, { isTTY: true, columns: width });
    const message = `${'word '.repeat(23)}word12 ${'x'.repeat(130)} end`;
    const text = checkText({ mappings: [{ file: 't.yaml', line: 1, logicalId: 'A', violations: [{ ruleId: 'r', severity: 'error', message }] }], undecided: [] }, ABOUT);
    return text.slice(text.indexOf('    '), text.indexOf('\n\n')).split('\n').map((line) => line.replace(/(word )+/, (words) => `${words.length / 5} words `));
  };
  try {
    const long = `    ${'x'.repeat(130)}`;
    expect(messageAt(29)).toEqual(['    4 words word', '    4 words word', '    4 words word', '    4 words word', '    3 words word12', long, '    end']);
    expect(messageAt(28)).toEqual(['    4 words word', '    4 words word', '    4 words word', '    4 words word', '    3 words word12', long, '    end']);
    expect(messageAt(27).slice(0, 1)).toEqual(['    3 words word']);
    expect(messageAt(500)).toEqual(['    22 words word', '    word12', long, '    end']);
  } finally {
    Object.assign(process.stdout, { isTTY, columns });
  }
});

test('the text names the mapping, its place, each rule and its page, and counts', () => {
  const { stdout, stderr } = run('good.json', 'wrong.json', 'unknown.json', 'good.json');

  expect(stderr).toBe('');
  expect(stdout).toBe(`Wrong
wrong.json:3
  error batch-size-range
    BatchSize is 0 but must be a whole number from 1 to 10,000. Omit it to use 100.

Not checked, because only the deployment shows what they read:
  Unknown

2 mappings of DynamoDB streams: 1 error, 0 warnings.

About these rules:
  ${REPOSITORY}/blob/main/docs/reference/rules.md#batch-size-range
`);
});

test('a rule that does not exist can\'t be ignored', () => {
  const { stderr } = run('good.json', '--ignore', 'batch-size');

  expect(stderr).toMatch(/^--ignore names batch-size, but that is not a rule that a template is checked by\. Did you mean batch-size-range\? The ids are:\n/);
  expect(stderr).toContain('\nbatch-size-range\n');
});

test('JSON has every mapping, those in order too, and those that were not checked', () => {
  expect(JSON.parse(run('good.json', 'wrong.json', 'unknown.json', '--format', 'json').stdout)).toEqual({
    mappings: [
      { file: 'good.json', line: 1, logicalId: 'Good', findings: [] },
      {
        file: 'wrong.json',
        line: 3,
        logicalId: 'Wrong',
        findings: [{
          ruleId: 'batch-size-range', severity: 'error', message: expect.stringContaining('BatchSize is 0'), link: expect.stringMatching(/rules\.md#batch-size-range$/),
        }],
      },
    ],
    notChecked: [{ file: 'unknown.json', line: 1, logicalId: 'Unknown' }],
  });
});

test('SARIF has the rules, and each finding with its rule, place and level', () => {
  const { runs: [{ tool, results }], version } = JSON.parse(run('warned.json', 'wrong.json', '--format', 'sarif').stdout);

  expect(version).toBe('2.1.0');
  const found = ({ ruleId, ruleIndex, level, locations: [{ physicalLocation }] }: any) =>
    [ruleId, tool.driver.rules[ruleIndex].id, level, physicalLocation];
  expect(results.map(found)).toEqual([
    ['no-destination', 'no-destination', 'warning', { artifactLocation: { uri: 'warned.json' }, region: { startLine: 1 } }],
    ['batch-size-range', 'batch-size-range', 'error', { artifactLocation: { uri: 'wrong.json' }, region: { startLine: 3 } }],
  ]);
});

test('every rule has its place in the page that findings link to', () => {
  const page = readFileSync(join(ROOT, 'docs', 'reference', 'rules.md'), 'utf8');
  const { runs: [{ tool }] } = JSON.parse(run('good.json', '--format', 'sarif').stdout);

  expect(tool.driver.rules.length).toBeGreaterThan(30);
  expect(tool.driver.rules.filter(({ id }: { id: string }) => !page.includes(`<a id="${id}"></a>`))).toEqual([]);
});
