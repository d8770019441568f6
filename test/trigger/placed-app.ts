import {
  aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, type aws_lambda as lambdas, aws_lambda as lambda, aws_lambda_event_sources as sources,
  aws_sqs as sqs, CfnOutput, NestedStack, Stack,
} from 'aws-cdk-lib';
import fc from 'fast-check';
import { StreamPermissions } from '../../lib';
import { ENV, TestApp } from '../app';

/** Stacks of an app: three, three that are nested in the first, and one that is nested in one of those. */
export const PLACES = ['A', 'B', 'C', 'A/1', 'A/2', 'A/3', 'A/1/1'] as const;
type Place = typeof PLACES[number];

/** How something can come to need a function. */
const WAYS_BACK = ['none', 'output', 'policy of the table', 'policy of the key', 'table depends on it', 'queue depends on it', 'stack depends on it'] as const;

export interface Placement {
  readonly table: Place;
  readonly key: Place | undefined;
  readonly handler: Place;
  readonly other: Place;
  readonly queue: Place | undefined;
  readonly trigger: Place;
  /** Whether the trigger makes its queue with the key, if it is given no queue. */
  readonly keyOfQueue: boolean;
  readonly wayBack: typeof WAYS_BACK[number];
  /** Whether what needs a function needs the other one, which the trigger does not drive. */
  readonly toOther: boolean;
  readonly permissions: StreamPermissions;
}

const place = fc.constantFrom(...PLACES);

/** Where the parts of a trigger are, and whether one of them needs a function. */
export const placements: fc.Arbitrary<Placement> = fc.record({
  table: place, key: fc.option(place, { nil: undefined }), handler: place, other: place, queue: fc.option(place, { nil: undefined }), trigger: place,
  keyOfQueue: fc.boolean(),
  wayBack: fc.constantFrom(...WAYS_BACK),
  toOther: fc.boolean(),
  permissions: fc.constantFrom(...Object.values(StreamPermissions)),
});

/** What a trigger is made of, placed. */
export interface Parts {
  readonly app: TestApp;
  readonly table: dynamodb.TableV2;
  readonly key?: kms.Key;
  readonly handler: lambdas.Function;
  readonly queue?: sqs.Queue;
  readonly failureQueueKey?: kms.Key;
  readonly scope: Stack;
}

export function placed({ wayBack, toOther, keyOfQueue, ...at }: Placement): Parts {
  const app = new TestApp({ env: ENV });
  // A stack without resources is refused.
  new sqs.Queue(app.stack, 'Filler');
  const stacks = new Map<string, Stack>([['A', app.stack]]);
  const stackAt = (path: string): Stack => {
    const known = stacks.get(path);
    if (known !== undefined) {
      return known;
    }
    const outer = path.slice(0, path.lastIndexOf('/'));
    const made = path.includes('/') ? new NestedStack(stackAt(outer), `N${path.at(-1)}`) : app.addStack(path, { env: ENV });
    stacks.set(path, made);
    return made;
  };
  const key = at.key && new kms.Key(stackAt(at.key), 'Key');
  const table = app.table('Table', key && { encryption: dynamodb.TableEncryptionV2.customerManagedKey(key) }, stackAt(at.table));
  const queue = at.queue && new sqs.Queue(stackAt(at.queue), 'Queue', { encryptionMasterKey: key });
  const handler = app.fn('Fn', {}, stackAt(at.handler));
  const needed = toOther ? app.fn('Other', {}, stackAt(at.other)) : handler;
  switch (wayBack) {
    case 'output': new CfnOutput(stackAt(at.table), 'Output', { value: needed.functionArn }); break;
    case 'policy of the table': table.addToResourcePolicy(statement(needed.functionArn)); break;
    case 'policy of the key': key?.addToResourcePolicy(statement(needed.functionArn)); break;
    case 'table depends on it': table.node.addDependency(needed); break;
    case 'queue depends on it': queue?.node.addDependency(needed); break;
    case 'stack depends on it':
      if (stackAt(at.table) !== Stack.of(needed)) {
        stackAt(at.table).node.addDependency(needed);
      }
      break;
  }
  return {
    app, table, key: key || undefined, handler, queue: queue || undefined, failureQueueKey: (keyOfQueue && !queue && key) || undefined,
    scope: stackAt(at.trigger),
  };
}

/** Calls of one function. */
function statement(value: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['*'], resources: ['*'], principals: [new iam.AccountRootPrincipal()], conditions: { ArnEquals: { 'lambda:SourceFunctionArn': value } },
  });
}

/** The trigger as one wires it by hand, in the same place: a policy for the function's role, and a mapping. */
export function wireByHand({ table, key, handler, failureQueueKey, scope, ...given }: Parts): void {
  const queue = given.queue ?? (failureQueueKey && new sqs.Queue(scope, 'FailureQueue', { encryptionMasterKey: failureQueueKey }));
  const policy = new iam.Policy(scope, 'Policy', {
    roles: [iam.Role.fromRoleName(scope, 'Role', handler.role!.roleName)],
    statements: [
      new iam.PolicyStatement({ actions: ['dynamodb:GetRecords'], resources: [table.tableStreamArn!] }),
      ...key ? [new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] })] : [],
      ...queue ? [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] })] : [],
    ],
  });
  const mapping = new lambda.EventSourceMapping(scope, 'Mapping', {
    target: handler, eventSourceArn: table.tableStreamArn, startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    onFailure: queue && { bind: () => ({ destination: queue.queueArn }) },
  });
  mapping.node.addDependency(policy);
}

export function wireTrigger({ app, table, handler, queue, failureQueueKey, scope }: Parts, permissions: StreamPermissions): void {
  app.trigger({ table, handler, onFailure: queue && new sources.SqsDlq(queue), failureQueueKey, permissions }, 'Trigger', scope);
}
