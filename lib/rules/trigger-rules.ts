import { differ, isKnown, type Location, Misfit } from './facts';
import { type Rule, SOURCES } from './rule';

/** The props of a trigger that are not plain values of the mapping. Undefined is what was not given. */
export interface PropFacts {
  readonly table: Misfit | TablePropFacts | undefined;
  readonly handler: Misfit | HandlerPropFacts | undefined;
  /** For each filter, what was given in its place; of something that is not an array, what that is. */
  readonly filters: Misfit | readonly (Misfit | undefined)[];
  readonly informHandler: Misfit | boolean | undefined;
  readonly filterEncryption: Misfit | 'given' | undefined;
  readonly failureQueueRemovalPolicy: Misfit | 'given' | undefined;
  readonly failureQueueKey: Misfit | 'given' | undefined;
  readonly permissions: Misfit | undefined;
  /** Nameless: a destination that was bound and did not name what receives the batches. */
  readonly onFailure: Misfit | 'made' | 'given' | 'none' | 'nameless';
  readonly reportBatchItemFailures: unknown;
  /** Where the trigger is. */
  readonly trigger: Location;
}

/** The table that a trigger was given. */
export interface TablePropFacts {
  /** Whether it has a stream, or may get one before the tree is finished. */
  readonly streamNamed: boolean;
  /** Where it is, if it is of this app. */
  readonly location: Location | undefined;
  readonly apart: Apart | undefined;
}

/**
 * How a part of this app is apart from the trigger, so that the CDK can't refer to it: in another Stage, or in a stack whose account or
 * Region is left open while that of the trigger's stack is not, or the other way round.
 */
export interface Apart {
  readonly by: 'stage' | 'environment';
  /** The path of its Stage or stack, and that of the trigger's. */
  readonly path: string;
  readonly triggerPath: string;
}

/** The function that a trigger was given. */
export interface HandlerPropFacts {
  readonly location: Location;
  readonly apart: Apart | undefined;
  /** Whether it is of this app, so that its environment can be changed. */
  readonly isOwned: boolean;
  /** Whether its code is known to use this package's runtime. */
  readonly hasRuntime: boolean;
}

/** What is wrong with the props of a trigger, beside the settings that it has in common with every mapping. */
export const TRIGGER_RULES: readonly Rule<PropFacts>[] = [
  {
    id: 'required-property',
    severity: 'error',
    summary: '`table` and `handler` are given.',
    reads: ['table', 'handler'],
    source: SOURCES.apiModel,
    check: (facts) => (['table', 'handler'] as const)
      .filter((name) => facts[name] === undefined)
      .map((name) => `${name} is missing but a trigger needs a table and a function. Give both.`),
  },
  shape('table-type', 'table', 'a table', 'Give a Table or a TableV2, or import one with TableV2.fromTableAttributes(…).'),
  shape('handler-type', 'handler', 'a function', 'Give a Function, an Alias or a Version, or import one with Function.fromFunctionAttributes(…).'),
  shape('inform-handler-type', 'informHandler', 'true or false', 'Omit it to inform functions that can read the variable.'),
  shape('filter-encryption-type', 'filterEncryption', 'a key', 'Give a kms.Key, or import one with kms.Key.fromKeyArn(…).'),
  {
    id: 'filter-encryption-without-filters',
    severity: 'error',
    summary: '`filterEncryption` comes with `filters`.',
    // Of mappings that a template has, nobody has seen what AWS does.
    reads: ['filterEncryption', 'filters'],
    source: SOURCES.filtering,
    check: ({ filterEncryption, filters }) => filterEncryption === 'given' && !(filters instanceof Misfit) && filters.length === 0
      ? ['filterEncryption is given but there are no filters to encrypt. Omit it, or give filters.']
      : [],
  },
  shape('removal-policy', 'failureQueueRemovalPolicy', 'a RemovalPolicy other than SNAPSHOT', 'Omit it to use RemovalPolicy.RETAIN.'),
  shape('failure-queue-key-type', 'failureQueueKey', 'a key', 'Give a kms.Key, or import one with kms.Key.fromKeyArn(…). Omit it to use a key of SQS.'),
  shape('permissions', 'permissions', 'MANAGED_POLICY or LEAST_PRIVILEGE', 'Omit it to use StreamPermissions.MANAGED_POLICY.'),
  {
    id: 'not-a-filter',
    severity: 'error',
    summary: 'Every entry of `filters` is a `StreamFilter`.',
    reads: ['filters'],
    source: SOURCES.apiModel,
    check: ({ filters }) => filters instanceof Misfit
      ? [`filters is ${filters.given} but must be an array of StreamFilters, such as [StreamFilter.eventName(…)].`]
      : filters.flatMap((misfit, index) => misfit === undefined ? [] : [`filters[${index}] is ${misfit.given} but must be a StreamFilter. Give `
        + 'StreamFilter.fromCriteria(…) for what lambda.FilterCriteria.filter(…) returns, StreamFilter.fromPattern(…) for a pattern.']),
  },
  {
    id: 'destination-type',
    severity: 'error',
    summary: '`onFailure` is an `IEventSourceDlq`, which names the ARN of a destination when it is bound.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ onFailure }) => [
      ...onFailure instanceof Misfit ? [`onFailure is ${onFailure.given} but must be a destination with a method bind. Wrap a queue in new SqsDlq(queue), `
        + 'a topic in new SnsDlq(topic), a bucket in new S3FailureDestination(bucket).'] : [],
      ...onFailure === 'nameless' ? ['onFailure names no destination: its bind(…) must return { destination } with the ARN of a queue, a topic '
        + 'or a bucket. Return that, or give NoFailureDestination.INSTANCE to have none.'] : [],
    ],
  },
  {
    id: 'stream-arn-missing',
    severity: 'error',
    summary: 'An imported table is imported with its stream\'s ARN, or as a `StreamedTable`.',
    reads: ['table'],
    source: SOURCES.apiModel,
    check: ({ table }) => isTable(table) && !table.streamNamed
      ? ['table is imported without the ARN of its stream, which the mapping needs. Look it up at deployment with StreamedTable.fromTableName(scope, id, name), '
        + 'or import the table with Table.fromTableAttributes(scope, id, { tableArn, tableStreamArn }).']
      : [],
  },
  {
    id: 'stream-elsewhere',
    severity: 'error',
    summary: 'The stream of a table in another account or Region is looked up, not referred to.',
    reads: ['table', 'trigger'],
    source: 'CloudFormation: references don\'t cross accounts and Regions',
    check: ({ table, trigger }) => isTable(table) && table.location && isElsewhere(table.location, trigger)
      ? [`table is in ${spelled(table.location)} but the trigger is in ${spelled(trigger)}, and a template can't refer to a stream of another account `
        + 'or Region. Look the stream up with StreamedTable.fromTable(this, id, table), which finds the stream of the replica in another Region.']
      : [],
  },
  {
    id: 'handler-elsewhere',
    severity: 'error',
    summary: 'The function is in the account and Region of the trigger\'s stack.',
    reads: ['handler', 'trigger'],
    source: 'Seen on AWS: "Functions from … are not reachable in this region"',
    check: ({ handler, trigger }) => isHandler(handler) && isElsewhere(handler.location, trigger)
      ? [`handler is in ${spelled(handler.location)} but the trigger is in ${spelled(trigger)}, and a mapping invokes functions of its own account and `
        + 'Region only: it would look for a function of the same name there. Put the trigger in a stack where the function is, or make the function in this one.']
      : [],
  },
  {
    id: 'another-stage',
    severity: 'error',
    summary: 'Table and function are in the Stage of the trigger.',
    reads: ['table', 'handler'],
    source: 'CDK: "A dependency cannot cross stage boundaries"',
    check: ({ table, handler }) => [
      ...isTable(table) && table.apart?.by === 'stage' ? [`table is in ${table.apart.path} but the trigger is in ${table.apart.triggerPath}, and Stages are `
        + 'deployed apart, so a template can\'t refer to another one\'s stream. Look the stream up with StreamedTable.fromTable(this, id, table).'] : [],
      ...isHandler(handler) && handler.apart?.by === 'stage' ? [`handler is in ${handler.apart.path} but the trigger is in ${handler.apart.triggerPath}, and Stages are `
        + 'deployed apart. Put the trigger into the Stage of the function.'] : [],
    ],
  },
  {
    id: 'mixed-environments',
    severity: 'error',
    summary: 'The stacks of table, function and trigger all have an `env`, or none of them has.',
    reads: ['table', 'handler'],
    source: 'CDK: "Cannot use resource … in a cross-environment fashion"',
    check: ({ table, handler }) => [
      ...isTable(table) ? mixed('table', table) : [],
      ...isHandler(handler) ? mixed('handler', handler) : [],
    ],
  },
  {
    id: 'failure-queue-unused',
    severity: 'warning',
    summary: '`failureQueueRemovalPolicy` and `failureQueueKey` come without `onFailure`.',
    reads: ['failureQueueRemovalPolicy', 'failureQueueKey', 'onFailure'],
    source: 'docs/operate/security.md',
    check: (facts) => (['failureQueueRemovalPolicy', 'failureQueueKey'] as const)
      .filter((name) => facts[name] === 'given' && (facts.onFailure === 'given' || facts.onFailure === 'none'))
      .map((name) => `${name} is given, but so is onFailure, so the trigger makes no queue. Omit one of the two.`),
  },
  {
    id: 'not-informed',
    severity: 'warning',
    summary: 'A function with this package\'s runtime gets the variable `DYNAMO_STREAM_TRIGGER`.',
    reads: ['handler', 'informHandler'],
    source: 'docs/guide/runtime.md',
    check: ({ handler, informHandler }) => {
      if (!isHandler(handler)) {
        return [];
      }
      if (informHandler === false && handler.hasRuntime) {
        return ['informHandler is false but handler is a StreamFunction, whose runtime then does not know its trigger: it parks no records, and throws its failures '
          + 'instead of reporting them. Omit informHandler.'];
      }
      return informHandler === true && !handler.isOwned
        ? ['informHandler is true but handler is an imported function, whose environment this app can\'t change. Omit it, and give the handler '
          + 'streamHandler({ reportBatchItemFailures: true, … }). It parks no records then.']
        : [];
    },
  },
  {
    id: 'report-off',
    severity: 'warning',
    summary: 'A `StreamFunction`, or a function with `informHandler: true`, is driven with `reportBatchItemFailures` on.',
    reads: ['reportBatchItemFailures', 'handler'],
    source: 'Lambda guide, services-ddb-batchfailurereporting',
    check: ({ reportBatchItemFailures, handler }) => reportBatchItemFailures === false && isHandler(handler) && handler.hasRuntime
      ? ['reportBatchItemFailures is false: Lambda ignores it when the function names the first record that is not done, so one failed record makes '
        + 'Lambda retry the whole batch. Omit it to have it on.']
      : [],
  },
];

/** The props that have a type of their own. */
type Shaped = 'table' | 'handler' | 'informHandler' | 'failureQueueKey' | 'filterEncryption' | 'failureQueueRemovalPolicy' | 'permissions';

function shape(id: string, property: Shaped, allowed: string, wayOut: string): Rule<PropFacts> {
  return {
    id,
    severity: 'error',
    summary: `\`${property}\` is ${allowed}.`,
    reads: [property],
    source: SOURCES.apiModel,
    check: ({ [property]: given }) => given instanceof Misfit ? [`${property} is ${given.given} but must be ${allowed}. ${wayOut}`] : [],
  };
}

function mixed(name: string, { apart }: { readonly apart: Apart | undefined }): string[] {
  return apart?.by === 'environment'
    ? [`${name} is in the stack ${apart.path} and the trigger in ${apart.triggerPath}, but only one of the two stacks has an env that names account and Region, `
      + 'so the CDK can\'t refer from one to the other. Give both stacks the same env.']
    : [];
}

function isTable(table: PropFacts['table']): table is TablePropFacts {
  return table !== undefined && !(table instanceof Misfit);
}

function isHandler(handler: PropFacts['handler']): handler is HandlerPropFacts {
  return handler !== undefined && !(handler instanceof Misfit);
}

function isElsewhere(location: Location, trigger: Location): boolean {
  return differ(location.account, trigger.account) || differ(location.region, trigger.region);
}

function spelled({ account, region }: Location): string {
  return [account, region].filter(isKnown).join('/');
}
