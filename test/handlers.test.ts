import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from './folder';
import { needing } from './needing';
import { simulateTrigger, streamEvent } from '../lib/testing';

/** The samples of docs/guide/handlers.md, run with the simulator's event: the second of three records fails. */
const PAGE = readFileSync(join(__dirname, '..', 'docs', 'guide', 'handlers.md'), 'utf8');
const EVENT = streamEvent(['good', 'bad', 'good'].map((state, index) => ({ newImage: { pk: String(index), state } })));
const [, BAD] = EVENT.Records.map(({ dynamodb }) => dynamodb!.SequenceNumber!);
const ANSWER = { batchItemFailures: [{ itemIdentifier: BAD }] };

function sampleIn(language: string): string {
  return new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(PAGE)![1];
}

/** Machines without a language can't try its sample. */
function where(command: string, ...version: string[]): jest.It {
  return needing(`${command}, which is missing`, spawnSync(command, version).status === 0);
}

where('python3', '--version')('Python', () => {
  const program = `${sampleIn('python')}
def process(record):
    if record["dynamodb"]["NewImage"]["state"]["S"] == "bad":
        raise ValueError()

import json, sys
answer = handler(json.load(sys.stdin), None)
sys.stdout = sys.__stdout__
print("ANSWER" + json.dumps(answer))
`;
  const output = execFileSync('python3', ['-c', program], { input: JSON.stringify(EVENT), encoding: 'utf8' });

  expect(JSON.parse(output.split('ANSWER')[1])).toEqual(ANSWER);
});

where('go', 'version')('Go', () => {
  const folder = folderWith({
    'go.mod': 'module sample\n\ngo 1.21\n',
    'handler.go': sampleIn('go'),
    'main.go': `package main
import ("context"; "encoding/json"; "errors"; "os")
func process(_ context.Context, record Record) error {
	if record.DynamoDB.NewImage["state"].(map[string]any)["S"] == "bad" { return errors.New("bad") }
	return nil
}
func main() {
	var event Event
	if err := json.NewDecoder(os.Stdin).Decode(&event); err != nil { panic(err) }
	response, _ := Handle(context.Background(), event)
	json.NewEncoder(os.Stdout).Encode(response)
}
`,
  });
  const output = execFileSync('go', ['run', '.'], { cwd: folder, input: JSON.stringify(EVENT), encoding: 'utf8', env: { ...process.env, GOFLAGS: '-mod=mod' }, stdio: ['pipe', 'pipe', 'ignore'] });

  expect(JSON.parse(output)).toEqual(ANSWER);
});

where('javac', '-version')('Java', () => {
  const folder = folderWith({
    'OnOrder.java': sampleIn('java'),
    'Orders.java': `import java.util.*;
class Orders {
    static void process(Map<String, Object> record) throws Exception {
        if (record.get("eventID").equals("bad")) { throw new Exception(); }
    }
    public static void main(String[] args) {
        List<Map<String, Object>> records = new ArrayList<>();
        for (String arg : args) { String[] parts = arg.split("="); records.add(Map.of("eventID", parts[1], "dynamodb", Map.of("SequenceNumber", parts[0]))); }
        System.out.print(new OnOrder().handle(Map.of("Records", records)));
    }
}
`,
  });
  execFileSync('javac', ['OnOrder.java', 'Orders.java'], { cwd: folder });
  const records = EVENT.Records.map(({ dynamodb }) => `${dynamodb!.SequenceNumber}=${dynamodb!.SequenceNumber === BAD ? 'bad' : 'good'}`);
  const output = execFileSync('java', ['-cp', '.', 'Orders', ...records], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  expect(output).toBe(`{batchItemFailures=[{itemIdentifier=${BAD}}]}`);
});

test('Node.js', async () => {
  const exports: { handler?: (event: object) => Promise<unknown> } = {};
  const process = async (record: any) => {
    if (record.dynamodb.NewImage.state.S === 'bad') {
      throw new TypeError();
    }
  };
  new Function('exports', 'process', 'console', sampleIn('js'))(exports, process, { error: () => {} });

  expect(await exports.handler!(EVENT)).toEqual(ANSWER);
});

test('with retryAttempts 0 and bisect, the bad record alone is given up', async () => {
  const records = Array.from({ length: 8 }, (_, index) => ({ pk: String(index) }));
  const run = await simulateTrigger({
    mapping: { batchSize: 8, retryAttempts: 0, bisectBatchOnError: true, reportBatchItemFailures: false },
    handler: async (event: any) => {
      if (event.Records.some(({ dynamodb }: any) => dynamodb.NewImage.pk.S === '5')) {
        throw new Error('bad');
      }
    },
    shards: [{ records }],
  });

  expect(run.failed.map((message) => /"batchSize":(\d+)/.exec(JSON.stringify(message))?.[1])).toEqual(['1']);
});
