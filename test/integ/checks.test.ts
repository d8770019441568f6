import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { checks } from './checks';
import { Deployment, type Place } from './deployment';
import { outputOf } from './integ-app';
import { startLocal, type LocalRun } from '../../lib/local';

/**
 * The integration apps without an AWS account: what they deploy is as it was when it was last looked at, and on this machine, where
 * permissions are of no account, they do what they are checked for on AWS.
 */
jest.setTimeout(240_000);

let run: LocalRun | undefined;
let deployment: Deployment | undefined;
afterEach(async () => {
  deployment?.end();
  await run?.stop();
});

const integrationApp = (name: string): App => jest.requireActual<{ readonly app: App }>(join(__dirname, `${name}.integ`)).app;

test('every integration app has a check', () => {
  const apps = readdirSync(__dirname).filter((file) => file.endsWith('.integ.ts'));

  expect(Object.keys(checks).sort()).toEqual(apps.map((file) => file.replace('.integ.ts', '')).sort());
});

describe.each(Object.keys(checks))('%s', (name) => {
  test('deploys what it is known to deploy', () => {
    for (const { stackName, template } of integrationApp(name).synth().stacks) {
      const { Parameters, Rules, ...deployed } = template;

      expect(JSON.parse(JSON.stringify(deployed).replace(/[0-9a-f]{64}/g, 'ASSET'))).toMatchSnapshot(stackName);
    }
  });

  test('does what it is checked for', async () => {
    const assembly = integrationApp(name).synth();
    run = await startLocal({ assembly: assembly.directory });
    deployment = new Deployment(placeOf(run, assembly.stacks.map(({ template }) => template)));

    await checks[name](deployment, { every: 500, upTo: 200_000 });
  });
});

function placeOf({ endpoints, tables, queues, buckets }: LocalRun, templates: readonly any[]): Place {
  const client = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
  const outputs = Object.assign({}, ...templates.map(({ Outputs }) => Outputs));
  return {
    nameOf: (id) => {
      const isNamed = ({ logicalId }: { readonly logicalId: string }) => logicalId === outputs[outputOf(id)].Value.Ref;
      return queues.find(isNamed)?.url ?? [...tables, ...buckets].find(isNamed)!.name;
    },
    dynamodb: client(endpoints.dynamodb),
    sqs: client(endpoints.sqs),
    s3: { ...client(endpoints.s3), forcePathStyle: true },
  };
}
