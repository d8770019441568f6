import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import {
  aws_dynamodb as dynamodb, aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs, CfnResource,
  Duration, RemovalPolicy, Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { TestApp } from './app';
import {
  type DynamoStreamTrigger, type DynamoStreamTriggerProps, NoFailureDestination, StreamEventName, StreamFilter, StreamPermissions,
  StreamTriggerMonitoring,
} from '../lib';
import { PROP_NAMES } from '../lib/trigger/props';

/**
 * docs/operate/changes.md says what CloudFormation does at each edit of a deployed trigger. Here each edit is made, and the templates before
 * and after it are compared as `cdk diff` compares them, by the replacement rules of CloudFormation's schema.
 */
const page = readFileSync(join(__dirname, '..', 'docs', 'operate', 'changes.md'), 'utf8');

/** What CloudFormation does at each edit, as the page says. */
const documented = new Map([...page.matchAll(/^\| ([^|]+) \| ([^|]+) \|.*\|.*\|$/gm)].map(([, edit, what]) => [edit, what]));

/** The stack that most triggers live in, and another one. */
class Orders extends TestApp {
  readonly other = this.addStack('Other');

  /** A trigger of the same table and function, whatever its id, unless given others. */
  trigger(props: Partial<DynamoStreamTriggerProps> = {}, id = 'Trigger', scope: Construct = this.stack): DynamoStreamTrigger {
    return super.trigger({ table: props.table ?? this.table(), handler: props.handler ?? this.fn(), ...props }, id, scope);
  }

  /** The queue that the trigger would make, made by hand. */
  queue(id = 'Queue'): sqs.Queue {
    return new sqs.Queue(this.stack, id, { enforceSSL: true, removalPolicy: RemovalPolicy.RETAIN });
  }
}

type Wiring = (orders: Orders) => void;

/** An edit of the app: the default trigger before it, unless said otherwise. */
interface Edit {
  readonly before?: Wiring;
  readonly after: Wiring;
}

const settings = (props: Partial<DynamoStreamTriggerProps>): Edit => ({ after: (orders) => void orders.trigger(props) });

function mappingOf(construct: { readonly eventSourceMapping: lambda.EventSourceMapping }): CfnResource {
  return construct.eventSourceMapping.node.defaultChild as CfnResource;
}

/** The mapping that the CDK's event source made under a function. */
function mappingUnder(fn: lambda.Function): CfnResource {
  return fn.node.findAll().find((child): child is lambda.CfnEventSourceMapping =>
    CfnResource.isCfnResource(child) && child.cfnResourceType === 'AWS::Lambda::EventSourceMapping')!;
}

function logicalIdOf(resource: CfnResource): string {
  return Stack.of(resource).resolve(resource.logicalId);
}

/** The CDK's event source as it is usually made: without a queue, and without reports. */
function eventSource(orders: Orders): CfnResource {
  const fn = orders.fn();
  const startingPosition = lambda.StartingPosition.TRIM_HORIZON;
  fn.addEventSource(new sources.DynamoEventSource(orders.table(), { startingPosition, retryAttempts: 3 }));
  return mappingUnder(fn);
}

function rawMapping(orders: Orders): CfnResource {
  const [table, fn] = [orders.table(), orders.fn()];
  table.grantStreamRead(fn);
  return new lambda.EventSourceMapping(orders.stack, 'Mapping', {
    target: fn, eventSourceArn: table.tableStreamArn, startingPosition: lambda.StartingPosition.TRIM_HORIZON,
  }).node.defaultChild as CfnResource;
}

const eventSourceId = logicalIdOf(eventSource(new Orders()));
const rawMappingId = logicalIdOf(rawMapping(new Orders()));
const triggerId = logicalIdOf(mappingOf(new Orders().trigger()));

const edits: { readonly [edit: string]: Edit } = {
  '`batchSize`': settings({ batchSize: 10 }),
  '`maxBatchingWindow`': settings({ maxBatchingWindow: Duration.seconds(5) }),
  '`parallelizationFactor`': settings({ parallelizationFactor: 2 }),
  '`retryAttempts`': settings({ retryAttempts: 3 }),
  '`maxRecordAge`': settings({ maxRecordAge: Duration.hours(1) }),
  '`bisectBatchOnError`': settings({ bisectBatchOnError: false }),
  '`tumblingWindow`': settings({ tumblingWindow: Duration.minutes(1) }),
  '`metricsConfig`': settings({ metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] } }),
  'An alarm on a metric of the mapping': {
    after: (orders) => void orders.trigger().metricDroppedEventCount().createAlarm(orders.stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 }),
  },
  'A `StreamTriggerMonitoring`': {
    after: (orders) => void new StreamTriggerMonitoring(orders.stack, 'Monitoring', { triggers: [orders.trigger()] }),
  },
  '`enabled`': settings({ enabled: false }),
  '`filters`': settings({ filters: [StreamFilter.eventName(StreamEventName.INSERT)] }),
  '`filterEncryption`': {
    before: (orders) => {
      new kms.Key(orders.stack, 'Key');
      orders.trigger({ filters: [StreamFilter.eventName(StreamEventName.INSERT)] });
    },
    after: (orders) => {
      const filterEncryption = new kms.Key(orders.stack, 'Key');
      orders.trigger({ filters: [StreamFilter.eventName(StreamEventName.INSERT)], filterEncryption });
    },
  },
  '`reportBatchItemFailures`, on to off': settings({ reportBatchItemFailures: false }),
  '`reportBatchItemFailures`, off to on': {
    before: (orders) => void orders.trigger({ reportBatchItemFailures: false }),
    after: (orders) => void orders.trigger(),
  },
  '`startingPosition`': settings({ startingPosition: lambda.StartingPosition.LATEST }),
  '`informHandler`, to `true`': settings({ informHandler: true }),
  '`informHandler`, omitted to `false`': settings({ informHandler: false }),
  '`informHandler`, `true` to `false`': {
    before: (orders) => void orders.trigger({ informHandler: true }),
    after: (orders) => void orders.trigger({ informHandler: false }),
  },
  '`permissions`': settings({ permissions: StreamPermissions.LEAST_PRIVILEGE }),

  '`onFailure`, made to given': {
    before: (orders) => {
      orders.queue();
      orders.trigger();
    },
    after: (orders) => void orders.trigger({ onFailure: new sources.SqsDlq(orders.queue()) }),
  },
  '`onFailure`, given to another': {
    before: (orders) => {
      orders.queue('Next');
      orders.trigger({ onFailure: new sources.SqsDlq(orders.queue()) });
    },
    after: (orders) => {
      orders.queue();
      orders.trigger({ onFailure: new sources.SqsDlq(orders.queue('Next')) });
    },
  },
  '`onFailure`, to `NoFailureDestination`': settings({ onFailure: NoFailureDestination.INSTANCE }),
  '`failureQueueKey`': {
    before: (orders) => {
      new kms.Key(orders.stack, 'Key');
      orders.trigger();
    },
    after: (orders) => void orders.trigger({ failureQueueKey: new kms.Key(orders.stack, 'Key') }),
  },
  '`failureQueueKey` of the trigger\'s stack, with a function of another stack': {
    before: (orders) => {
      new kms.Key(orders.stack, 'Key');
      orders.trigger({ handler: orders.fn('Fn', {}, orders.other) });
    },
    after: (orders) => void orders.trigger({ handler: orders.fn('Fn', {}, orders.other), failureQueueKey: new kms.Key(orders.stack, 'Key') }),
  },
  '`failureQueueRemovalPolicy`': settings({ failureQueueRemovalPolicy: RemovalPolicy.DESTROY }),

  '`handler`, to another function': {
    before: (orders) => {
      orders.fn('Next');
      orders.trigger();
    },
    after: (orders) => {
      orders.fn();
      orders.trigger({ handler: orders.fn('Next') });
    },
  },
  '`handler`, to an alias of it': {
    before: (orders) => {
      const handler = orders.fn();
      handler.addAlias('live');
      orders.trigger({ handler });
    },
    after: (orders) => void orders.trigger({ handler: orders.fn().addAlias('live') }),
  },
  '`handler`, to a function of another stack': {
    before: (orders) => {
      orders.fn('Next', {}, orders.other);
      orders.trigger();
    },
    after: (orders) => {
      orders.fn();
      orders.trigger({ handler: orders.fn('Next', {}, orders.other) });
    },
  },
  'The handlers of two triggers of a table swapped': {
    before: (orders) => {
      const [table, first, second] = [orders.table(), orders.fn('First'), orders.fn('Second')];
      orders.trigger({ table, handler: first }, 'One');
      orders.trigger({ table, handler: second }, 'Two');
    },
    after: (orders) => {
      const [table, first, second] = [orders.table(), orders.fn('First'), orders.fn('Second')];
      orders.trigger({ table, handler: second }, 'One');
      orders.trigger({ table, handler: first }, 'Two');
    },
  },
  'The function\'s own id': { after: (orders) => void orders.trigger({ handler: orders.fn('Renamed') }) },

  '`table`, to another table': {
    before: (orders) => {
      orders.table('Next');
      orders.trigger();
    },
    after: (orders) => {
      orders.table();
      orders.trigger({ table: orders.table('Next') });
    },
  },
  'The table\'s view type': {
    after: (orders) => void orders.trigger({ table: orders.table('Table', { dynamoStream: dynamodb.StreamViewType.NEW_IMAGE }) }),
  },
  'The table\'s key, or another property that replaces it': {
    after: (orders) => void orders.trigger({
      table: orders.table('Table', { partitionKey: { name: 'orderId', type: dynamodb.AttributeType.STRING } }),
    }),
  },

  'The trigger given its stream\'s ARN': {
    after: (orders) => {
      const [{ Resources: before }] = Object.values(templates((deployed) => void deployed.trigger()));
      const [tableStreamArn] = Object.keys(before).filter((id) => before[id].Type === 'AWS::DynamoDB::GlobalTable')
        .map((id) => streamArn(id, before));
      orders.table();
      orders.trigger({
        table: dynamodb.TableV2.fromTableAttributes(orders.stack, 'OldStream', {
          tableArn: tableStreamArn.replace(/\/stream\/.*/, ''), tableStreamArn,
        }),
      });
    },
  },

  'The trigger\'s id': { after: (orders) => void orders.trigger({}, 'Renamed') },
  'The trigger\'s id, with the logical ids kept': {
    after: (orders) => {
      const trigger = orders.trigger({}, 'Renamed');
      mappingOf(trigger).overrideLogicalId(triggerId);
      (trigger.failureQueue!.node.defaultChild as CfnResource)
        .overrideLogicalId(logicalIdOf(new Orders().trigger().failureQueue!.node.defaultChild as CfnResource));
    },
  },
  'The trigger\'s stack': {
    before: (orders) => void orders.trigger(),
    after: (orders) => void orders.trigger({ table: orders.table(), handler: orders.fn() }, 'Trigger', orders.other),
  },
  'The trigger removed': {
    after: (orders) => {
      orders.table();
      orders.fn();
    },
  },

  'From `DynamoEventSource`': { before: (orders) => void eventSource(orders), after: (orders) => void orders.trigger() },
  'From `DynamoEventSource`, with the logical id kept': {
    before: (orders) => void eventSource(orders),
    after: (orders) => mappingOf(orders.trigger()).overrideLogicalId(eventSourceId),
  },
  'From `EventSourceMapping`, with the logical id kept': {
    before: (orders) => void rawMapping(orders),
    after: (orders) => mappingOf(orders.trigger()).overrideLogicalId(rawMappingId),
  },
  'To `DynamoEventSource`, with the logical id kept': {
    before: (orders) => void orders.trigger(),
    after: (orders) => eventSource(orders).overrideLogicalId(triggerId),
  },
};

test.each(Object.keys(edits))('%s: CloudFormation does what the page says', (edit) => {
  const { before = (orders) => void orders.trigger(), after } = edits[edit];
  expect(effect(before, after)).toBe(documented.get(edit));
});

test('every edit of the page is made here', () => {
  expect([...documented.keys()].filter((edit) => !/^(edit|---|\*\*.*\*\*)$/.test(edit))).toEqual(Object.keys(edits));
});

test.each(PROP_NAMES)('the page says what an edit of %s does', (property) => {
  expect(Object.keys(edits).filter((edit) => edit.startsWith(`\`${property}\``))).not.toEqual([]);
});

test('logical ids never change between versions, because new ids would make new resources', () => {
  const orders = new Orders();
  orders.trigger();
  orders.trigger({ table: orders.table('OtherTable', {}, orders.other), handler: orders.fn('OtherFn') }, 'Trigger', orders.other);
  const ids = (stack: Stack) => Object.keys(orders.app.synth().getStackByName(stack.stackName).template.Resources);

  expect(ids(orders.stack)).toEqual(expect.arrayContaining([
    'TriggerEventSourceMapping4F855BA3', 'TriggerFailureQueueA63E351F', 'OtherFnFailureQueueOtherTrigger7BFFB023AD047118',
  ]));
  expect(ids(orders.other)).toEqual(expect.arrayContaining(['TriggerEventSourceMapping4F855BA3']));
});

/** What happens to the resources of both stacks, for example "mapping updated, queue created". */
function effect(before: Wiring, after: Wiring): string {
  const [from, to] = [before, after].map(templates);
  const words = Object.keys(from).flatMap((stack) => {
    const found: string[] = [];
    fullDiff(from[stack], to[stack]).resources.forEachDifference((_, change) => {
      const part = PARTS[(change.oldResourceType ?? change.newResourceType)!];
      if (change.changeImpact !== ResourceImpact.NO_CHANGE) {
        found.push(`${part} ${IMPACTS[change.changeImpact]}`);
      }
    });
    return found;
  });
  return [...new Set(words)].sort().join(', ') || 'nothing';
}

/** The templates by stack, with the ARNs of streams in place of what refers to them: CloudFormation compares values. */
function templates(wiring: Wiring): { [stack: string]: any } {
  const orders = new Orders();
  wiring(orders);
  const assembly = orders.app.synth();
  return Object.fromEntries(['Orders', 'Other'].map((stack) => {
    const { Resources = {} } = assembly.getStackByName(stack).template;
    return [stack, { Resources: withStreamArns(Resources, Resources) }];
  }));
}

function withStreamArns(value: any, resources: any): any {
  if (Array.isArray(value)) {
    return value.map((element) => withStreamArns(element, resources));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (value['Fn::GetAtt']?.[1] === 'StreamArn') {
    return streamArn(value['Fn::GetAtt'][0], resources);
  }
  const parts = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withStreamArns(part, resources)]));
  return parts['Fn::Join']?.[0] === '' ? { 'Fn::Join': ['', joined(parts['Fn::Join'][1])] } : parts;
}

/** Joins texts that are next to each other. */
function joined(pieces: unknown[]): unknown[] {
  return pieces.reduce<unknown[]>((result, piece) => {
    const last = result[result.length - 1];
    return typeof last === 'string' && typeof piece === 'string' ? [...result.slice(0, -1), last + piece] : [...result, piece];
  }, []);
}

/** Each stream has an ARN of its own: that of another table, of the table that takes a table's place, and of another view type. */
function streamArn(table: string, resources: any): string {
  const { KeySchema: [key], StreamSpecification: { StreamViewType: view } } = resources[table].Properties;
  return `arn:aws:dynamodb:eu-west-1:111122223333:table/${table}-by-${key.AttributeName}/stream/${view}`;
}

/** The resources by the page's words. */
const PARTS: { readonly [type: string]: string } = {
  'AWS::CloudWatch::Alarm': 'alarm',
  'AWS::DynamoDB::GlobalTable': 'table',
  'AWS::IAM::Policy': 'policy',
  'AWS::IAM::Role': 'role',
  'AWS::KMS::Key': 'key',
  'AWS::Lambda::Alias': 'alias',
  'AWS::Lambda::EventSourceMapping': '**mapping**',
  'AWS::Lambda::Function': 'function',
  'AWS::Lambda::Version': 'version',
  'AWS::SQS::Queue': 'queue',
  'AWS::SQS::QueuePolicy': 'queue policy',
};

const IMPACTS: { readonly [impact in ResourceImpact]: string } = {
  [ResourceImpact.WILL_CREATE]: 'created',
  [ResourceImpact.WILL_UPDATE]: 'updated',
  [ResourceImpact.WILL_REPLACE]: 'replaced',
  [ResourceImpact.MAY_REPLACE]: 'perhaps replaced',
  [ResourceImpact.WILL_DESTROY]: 'deleted',
  [ResourceImpact.WILL_ORPHAN]: 'left in the account',
  [ResourceImpact.WILL_IMPORT]: 'imported',
  [ResourceImpact.NO_CHANGE]: 'unchanged',
};
