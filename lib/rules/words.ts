import { type Bounds, SETTINGS, type SettingName } from './settings';

/** What rules call things in their messages, so that readers find them where they wrote them. */
export interface Words {
  /** What a setting is called. */
  readonly name: (setting: Named) => string;
  /** Which numbers a setting may be. */
  readonly allowed: (setting: SettingName, range: Bounds) => string;
  /** How to get rid of a wrong value. */
  readonly omit: (setting: SettingName) => string;
  /** How to have fewer filters. */
  readonly combineFilters: string;
  /** The only metrics that a mapping of a DynamoDB stream has, as they are asked for. */
  readonly metrics: string;
  /** How to have a failure destination. */
  readonly addDestination: string;
}

/** What the rules of the wiring call things beside that. Sentences begin with the subjects. */
export interface WiringWords extends Words {
  readonly table: string;
  readonly stream: string;
  readonly streamArn: string;
  readonly handler: string;
  readonly switchStreamOn: string;
  /** How to name the one stream that is meant. */
  readonly nameStream: string;
  /** How to read the replica of the mapping's Region. */
  readonly giveReplica: string;
  readonly giveVersion: string;
  readonly giveTime: string;
  /** That the role of the function does not allow all that the mapping needs, and why. */
  readonly lacksGrants: string;
  /** How to allow it. */
  readonly addGrants: string;
}

/** What has a name in a message. */
export type Named = SettingName | 'startingPositionTimestamp' | 'metricsConfig' | 'onFailure';

/** For settings under the CDK's names, without the construct. */
export const SETTING_WORDS: Words = {
  name: (setting) => setting,
  allowed: (setting, { min, max, unlimited }) =>
    `${wholeNumber(setting)} from ${spelled(min)} to ${spelled(max)}${unlimited === undefined ? '' : `, or ${unlimited} for no limit`}`,
  omit: (setting) => `Omit it to ${SETTINGS[setting].omitTo}.`,
  combineFilters: 'Combine some with $or.',
  metrics: "['EventCount']",
  addDestination: 'Give a destination.',
};

/** For the props of a DynamoStreamTrigger. */
export const TRIGGER_WORDS: WiringWords = {
  ...SETTING_WORDS,
  // A Duration can't be negative.
  allowed: (setting, range) => SETTINGS[setting].unit === undefined
    ? SETTING_WORDS.allowed(setting, range)
    : `a Duration of ${SETTING_WORDS.allowed(setting, { ...range, unlimited: undefined })}`,
  combineFilters: 'Combine some with StreamFilter.anyOf(…).',
  metrics: '{ metrics: [lambda.MetricType.EVENT_COUNT] }',
  addDestination: 'Omit it to have a queue made for them.',
  table: 'table',
  stream: 'table\'s stream',
  streamArn: 'table\'s stream ARN',
  handler: 'handler',
  switchStreamOn: 'Switch it on: stream: StreamViewType.NEW_AND_OLD_IMAGES for a Table, dynamoStream for a TableV2.',
  nameStream: 'Put the trigger in a stack of the replica\'s Region, with StreamedTable.fromTable(this, id, table) as its table, which looks up the replica\'s stream '
    + 'at deployment.',
  giveReplica: 'give that: StreamedTable.fromTable(this, id, table).',
  giveVersion: 'Give an alias or a version: fn.addAlias(…), fn.currentVersion.',
  giveTime: 'Give the function a timeout of a minute or so, or use a StreamFunction.',
  lacksGrants: 'handler\'s role lacks permissions that the trigger could not grant, because the role is immutable or not known, a key is imported by its alias, or something other '
    + 'than the trigger named the failure destination.',
  addGrants: 'Its owner must add',
};

/** For the properties of an AWS::Lambda::EventSourceMapping. */
export const TEMPLATE_WORDS: WiringWords = {
  ...SETTING_WORDS,
  name: (setting) => setting in PROPERTIES ? PROPERTIES[setting]! : SETTINGS[setting as SettingName].property,
  omit: (setting) => {
    const { absent, default: ours, omitTo } = SETTINGS[setting];
    return absent === undefined ? `Use ${String(ours)}.` : `Omit it to ${absent === ours ? omitTo : typeof absent === 'boolean' ? 'have it off' : 'have no limit'}.`;
  },
  metrics: '{"Metrics": ["EventCount"]}',
  addDestination: 'Name a standard queue, a standard topic or a bucket.',
  table: 'The table',
  stream: 'The stream',
  streamArn: 'EventSourceArn',
  handler: 'The function',
  switchStreamOn: 'Switch it on: give the table a StreamSpecification with the StreamViewType NEW_AND_OLD_IMAGES.',
  nameStream: 'Give the LatestStreamArn of the table in the Region of the mapping.',
  giveReplica: 'name its stream.',
  giveVersion: 'Name an alias or a version in FunctionName.',
  giveTime: 'Give it a Timeout of a minute or so.',
  lacksGrants: 'The role of the function lacks permissions, as far as the templates show it.',
  addGrants: 'Add to its policies',
};

/** For the properties of a SAM function's event. */
export const SAM_WORDS: WiringWords = {
  ...TEMPLATE_WORDS,
  streamArn: 'Stream',
  giveVersion: 'Give the function an AutoPublishAlias.',
  addGrants: 'Add to the Policies of the function, or of its Role if it has one (for a queue or a topic, it is enough that OnFailure has the Type SQS or SNS)',
};

const PROPERTIES: { readonly [name in Named]?: string } = {
  filters: 'FilterCriteria.Filters',
  startingPositionTimestamp: 'StartingPositionTimestamp',
  metricsConfig: 'MetricsConfig',
  onFailure: 'DestinationConfig.OnFailure',
};

function wholeNumber(setting: SettingName): string {
  const { unit } = SETTINGS[setting];
  return unit === undefined ? 'a whole number' : `a whole number of ${unit}`;
}

/** A number as error messages have it. */
export function spelled(limit: number): string {
  return limit.toLocaleString('en-US');
}
