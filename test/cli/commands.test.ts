import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import v8 from 'node:v8';
import { main } from '../../lib/cli';
import { folderWith } from '../folder';

/** The command line, in this process: what it prints, and its exit code. */
async function run(...args: string[]): Promise<{ code: unknown; out: string; errors: string }> {
  const printed = { out: '', errors: '' };
  const exit = new Error('The process would end.');
  let code: unknown;
  jest.spyOn(process, 'exit').mockImplementation((given) => {
    code ??= given;
    throw exit;
  });
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(printed.out += text));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(printed.errors += text));
  jest.spyOn(console, 'error').mockImplementation((text) => void (printed.errors += `${text}\n`));
  jest.spyOn(v8, 'setFlagsFromString').mockImplementation();
  // Help is as wide as the terminal.
  const { isTTY } = process.stdout;
  process.stdout.isTTY = false;
  try {
    await main(['node', 'dynamo-stream-trigger', ...args], { version: '1.2.3', repository: 'https://example.com/repository' });
  } catch (error) {
    if (error !== exit) {
      throw error;
    }
  } finally {
    jest.restoreAllMocks();
    process.stdout.isTTY = isTTY;
    code ??= process.exitCode;
    process.exitCode = undefined;
  }
  return { code, ...printed };
}

test.each([['all commands'], ['check', 'check'], ['local', 'local'], ['redrive', 'redrive'], ['view', 'view']])('help of %s', async (_, ...command) => {
  const { code, out, errors } = await run(...command, '--help');

  expect([code, errors]).toEqual([0, '']);
  expect(out).toMatchSnapshot();
});

test('the version is the package\'s', async () => {
  expect(await run('--version')).toEqual({ code: 0, out: '1.2.3\n', errors: '' });
});

test.each([
  [['check', '--formats', 'json'], 2, 'error: unknown option \'--formats\'\n(Did you mean --format?)\n'],
  [['local', '--port', '0'], 1, 'error: option \'--port <number>\' argument \'0\' is invalid. It must be a whole number from 1 to 65535.\n'],
  [['local', '--port', '65536'], 1, 'error: option \'--port <number>\' argument \'65536\' is invalid. It must be a whole number from 1 to 65535.\n'],
  [['local', '--inspect', '1.5'], 1, 'error: option \'--inspect [port]\' argument \'1.5\' is invalid. It must be a whole number from 1 to 65535.\n'],
  ...['eventbridge', 'eventbridge=localhost', 'eventbridge=ftp://a', '=http://127.0.0.1'].map((given): [string[], number, string] => [
    ['local', '--endpoint', given], 1, `error: option '--endpoint <service=URL>' argument '${given}' is invalid. It must be a service and a URL, such as eventbridge=http://127.0.0.1:4566.\n`,
  ]),
  [['redrive', '--batch-size', '0'], 2, 'error: option \'--batch-size <n>\' argument \'0\' is invalid. It must be a whole number from 1 to 10000.\n'],
  [['redrive', '--batch-size', '10001'], 2, 'error: option \'--batch-size <n>\' argument \'10001\' is invalid. It must be a whole number from 1 to 10000.\n'],
  [['redrive', '--batch-size', ' '], 2, 'error: option \'--batch-size <n>\' argument \' \' is invalid. It must be a whole number from 1 to 10000.\n'],
  [['redrive', '--concurrency', '1001'], 2, 'error: option \'--concurrency <n>\' argument \'1001\' is invalid. It must be a whole number from 1 to 1000.\n'],
  [['redrive', '--limit', '120001'], 2, 'error: option \'--limit <n>\' argument \'120001\' is invalid. It must be a whole number from 1 to 120000.\n'],
  [['redrive', '--visibility', '59'], 2, 'error: option \'--visibility <seconds>\' argument \'59\' is invalid. It must be a whole number from 60 to 43200.\n'],
  [['redrive', '--visibility', '43201'], 2, 'error: option \'--visibility <seconds>\' argument \'43201\' is invalid. It must be a whole number from 60 to 43200.\n'],
  [['redrive'], 2, 'Nothing says where the failures are. Give one of --queue-url, --bucket and --file.\n'],
  [['redrive', '--bucket', 'b', '--file', 'f'], 2, 'More than one option says where the failures are. Give one of --queue-url, --bucket and --file.\n'],
  [['redrive', '--file', 'f', '--prefix', 'p'], 2, '--prefix is for a bucket. Give --bucket with it, or omit it.\n'],
])('%j is refused with code %d, and the reason and what is allowed', async (args, code, errors) => {
  expect(await run(...args)).toEqual({ code, out: '', errors });
});

describe('a redrive from a file', () => {
  const folder = folderWith({ 'failures.jsonl': '{}\n\nno message\n{}\n', 'old.jsonl': '' });
  const redrive = (...args: string[]) => run('redrive', '--region', 'us-east-1', '--file', join(folder, 'failures.jsonl'), ...args);

  test('says what it found and what became of it, and writes a report that only its owner can read', async () => {
    const report = join(folder, 'report.jsonl');
    const { code, out, errors } = await redrive('--report', report, '--limit', '2');

    expect([code, errors]).toEqual([3, '']);
    expect(out.replaceAll(folder, '')).toMatchInlineSnapshot(`
"Reading /failures.jsonl
Messages       2: 0 failed batches, 0 parked records, 2 unknown
Left           1 message more: the limit is reached
Records        0, of 0 items
Unknown        2  not ours, or what they name can't be read
Messages       0 deleted, 2 given back, 1 not taken: run this again
"
`);
    expect(statSync(report).mode & 0o777).toBe(0o600);
    expect(readFileSync(report, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))).toMatchInlineSnapshot(`
[
  {
    "error": "It is neither a failed batch of a DynamoDB stream, nor a parked record, nor an event of S3",
    "message": "line 1",
    "outcome": "unknown",
  },
  {
    "error": "It is not a JSON object",
    "message": "line 3",
    "outcome": "unknown",
  },
]
`);
  });

  test('prints the same as JSON', async () => {
    const { code, out } = await redrive('--json');

    expect(code).toBe(3);
    expect(out.trimEnd().split('\n').map((line) => JSON.parse(line.replaceAll(folder, '')))).toMatchInlineSnapshot(`
[
  {
    "source": "/failures.jsonl",
    "type": "started",
  },
  {
    "inexact": 0,
    "items": 0,
    "kinds": {
      "batches": 0,
      "empty": 0,
      "pointers": 0,
      "records": 0,
      "unknown": 3,
    },
    "left": 0,
    "lost": 0,
    "messages": 3,
    "records": 0,
    "remarks": [],
    "sendable": 0,
    "superseded": 0,
    "type": "found",
    "ways": [],
  },
  {
    "exitCode": 3,
    "givenBack": 3,
    "left": 0,
    "removed": 0,
    "tally": {
      "done": 0,
      "failed": 0,
      "held": 0,
      "inexact": 0,
      "lost": 0,
      "notTried": 0,
      "overtaken": 0,
      "skipped": 0,
      "tooLarge": 0,
      "unknown": 3,
      "written": 0,
    },
    "type": "summary",
  },
]
`);
  });

  test.each(['--to-file', '--report'])('leaves alone a file that %s names and that exists, and refuses one that can\'t be written', async (option) => {
    const refusals = [await redrive(option, join(folder, 'old.jsonl')), await redrive(option, join(folder, 'none', 'new.jsonl'))];

    expect(refusals.map(({ code, out }) => [code, out])).toEqual([[2, ''], [2, '']]);
    expect(refusals.map(({ errors }) => errors.replaceAll(folder, ''))).toEqual([
      `The file /old.jsonl of ${option} exists already. Name a new one.\n`,
      expect.stringMatching(new RegExp(`^The file /none/new\\.jsonl of ${option} can't be written: ENOENT: [^\n]*\\.\n$`)),
    ]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  test('refuses a file that can\'t be read', async () => {
    const { code, errors } = await run('redrive', '--region', 'us-east-1', '--file', join(folder, 'none.jsonl'));

    expect([code, errors]).toEqual([2, expect.stringMatching(/^The file .*none\.jsonl can't be read: ENOENT: .*\.\n$/)]);
  });
});
