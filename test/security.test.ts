import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  aws_dynamodb as dynamodb, aws_lambda_event_sources as sources, aws_s3 as s3, aws_sns as sns, aws_sqs as sqs, type Stack,
} from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, type NagPack, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { S3FailureDestination, StreamFunction, StreamPermissions } from '../lib';
import { ENV, TestApp } from './app';
import { keyOf } from './trigger/variants';

const DOCS = readFileSync(join(__dirname, '..', 'docs', 'operate', 'security.md'), 'utf8');

/** The cells of a table of the page, without its head. */
function table(firstColumn: string): string[][] {
  const lines = DOCS.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
  const rest = lines.slice(head + 2);
  return rest.slice(0, rest.findIndex((line) => !line.startsWith('|')))
    .map((line) => line.slice(2, -2).split(' | '));
}

describe('the table of cdk-nag\'s findings', () => {
  const PACKS: readonly (readonly [string, NagPack])[] = [
    ['AwsSolutions', new AwsSolutionsChecks()],
    ['Serverless', new ServerlessChecks()],
    ['HIPAA', new HIPAASecurityChecks()],
    ['NIST 800-53 r5', new NIST80053R5Checks()],
    ['PCI', new PCIDSS321Checks()],
  ];
  const SETTINGS: readonly (readonly [string, StreamPermissions | undefined])[] = [
    ['defaults', undefined],
    ['least privilege', StreamPermissions.LEAST_PRIVILEGE],
  ];

  /** Finding, packs, resource and settings, in the form of the page. */
  function findings(): string[] {
    const rows = new Map<string, { packs: Set<string>; settings: Set<string> }>();
    for (const [setting, permissions] of SETTINGS) {
      const { app, stack } = triggerWith(({ stack: scope }) => ({
        handler: new StreamFunction(scope, 'OnOrder', { entry: join(__dirname, 'trigger', 'handlers', 'on-order.ts') }), permissions,
      }));
      for (const [name, pack] of PACKS) {
        for (const { ruleName, violatingResources } of pack.validateScope(app).violations) {
          for (const { constructPath } of violatingResources as unknown as { constructPath: string }[]) {
            const { cfnResourceType } = stack.node.root.node.findAll().find(({ node }) => node.path === constructPath) as any;
            const key = `\`${ruleName.slice(pack.readPackName.length + 1)}\` | ${cfnResourceType}`;
            const row = rows.get(key) ?? { packs: new Set(), settings: new Set() };
            row.packs.add(name);
            row.settings.add(setting);
            rows.set(key, row);
          }
        }
      }
    }
    return [...rows].map(([key, { packs, settings }]) => {
      const [finding, type] = key.split(' | ');
      return [finding, [...packs].join(', '), `\`${type}\``, settings.size === SETTINGS.length ? 'either' : [...settings].join()].join(' | ');
    });
  }

  test('has what cdk-nag finds, and nothing else', () => {
    expect(table('finding').map((cells) => cells.slice(0, 4).join(' | ')).sort()).toEqual(findings().sort());
  });

  test('says who decides and what to do', () => {
    for (const [, , , , who, what] of table('finding')) {
      expect(['this library', 'the app', 'the organisation']).toContain(who);
      expect(what).toMatch(/^.{10,}\.$/);
    }
  });
});

describe('the table of what is granted', () => {
  /** For each row, a trigger whose role has such a grant, and the start of the resource's logical id. */
  const ROWS: { readonly [row: string]: { readonly props: (app: TestApp) => Props; readonly on: string } } = {
    'the stream': { props: () => ({}), on: 'Table' },
    'the table\'s key': {
      props: (app) => ({ table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(keyOf(app.stack)) }) }), on: 'Key',
    },
    'the made queue': { props: () => ({}), on: 'TriggerFailureQueue' },
    '`SqsDlq`': { props: ({ stack }) => ({ onFailure: new sources.SqsDlq(queue(stack)) }), on: 'Queue' },
    '`SqsDlq`, the queue\'s key': { props: ({ stack }) => ({ onFailure: new sources.SqsDlq(queue(stack)) }), on: 'Key' },
    '`SnsDlq`': { props: ({ stack }) => ({ onFailure: new sources.SnsDlq(topic(stack)) }), on: 'Topic' },
    '`SnsDlq`, the topic\'s key': { props: ({ stack }) => ({ onFailure: new sources.SnsDlq(topic(stack)) }), on: 'Key' },
    '`S3FailureDestination`, `FailureStore`': { props: ({ stack }) => ({ onFailure: new S3FailureDestination(bucket(stack)) }), on: 'Bucket' },
    '`S3FailureDestination`, `FailureStore`, the bucket\'s key': { props: ({ stack }) => ({ onFailure: new S3FailureDestination(bucket(stack)) }), on: 'Key' },
    '`S3OnFailureDestination`': { props: ({ stack }) => ({ onFailure: new sources.S3OnFailureDestination(bucket(stack)) }), on: 'Bucket' },
  };
  const queue = (stack: Stack) => new sqs.Queue(stack, 'Queue', { encryptionMasterKey: keyOf(stack) });
  const topic = (stack: Stack) => new sns.Topic(stack, 'Topic', { masterKey: keyOf(stack) });
  const bucket = (stack: Stack) => new s3.Bucket(stack, 'Bucket', { encryptionKey: keyOf(stack) });

  /** The actions that the role is granted on a resource, or the managed policy that grants them. */
  function granted({ props, on }: (typeof ROWS)[string], permissions: StreamPermissions): string {
    const app = triggerWith((testApp) => ({ table: testApp.stack.node.tryFindChild('Table') as any, ...props(testApp), permissions }));
    const statements = Object.values(app.template().findResources('AWS::IAM::Policy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Resource }) => new RegExp(`"${on}[0-9A-F]{8}"`).test(JSON.stringify(Resource)));
    const actions = statements.flatMap(({ Action }) => Action);
    if (on === 'Table' && actions.length === 0) {
      actions.push(...managedPolicies(app));
    }
    return actions.map((action) => `\`${action}\``).join(', ');
  }

  /** The managed policies of the function's role, without the one that the CDK gives every function. */
  function managedPolicies(app: TestApp): string[] {
    return Object.values(app.template().findResources('AWS::IAM::Role'))
      .flatMap(({ Properties }) => Properties.ManagedPolicyArns)
      .map((policyArn) => policyArn['Fn::Join'][1].at(-1).split('/').at(-1))
      .filter((name) => name !== 'AWSLambdaBasicExecutionRole');
  }

  test('has a row for each kind of resource', () => {
    expect(table('for').map(([row]) => row)).toEqual(Object.keys(ROWS));
  });

  test.each(table('for'))('is right about %s', (row, managed, least) => {
    expect(granted(ROWS[row], StreamPermissions.LEAST_PRIVILEGE)).toBe(least);
    expect(granted(ROWS[row], StreamPermissions.MANAGED_POLICY)).toBe(managed);
  });
});

type Props = Parameters<TestApp['trigger']>[0];

function triggerWith(props: (app: TestApp) => Props): TestApp {
  const app = new TestApp({ env: ENV });
  const given = props(app);
  app.trigger({ ...given, table: given?.table ?? app.table() });
  return app;
}
