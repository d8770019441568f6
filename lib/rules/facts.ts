/** Stands for what only the deployment knows, a token: for a whole value, or for a part of a text. No rule judges it. */
export const UNKNOWN = '${token}';

/** A value that is known, or a token. */
export type Known<Value> = Value | typeof UNKNOWN;

/** Whether a value is known, if it is a text in all of its parts. */
export function isKnown(value: unknown): boolean {
  return typeof value !== 'string' || !value.includes(UNKNOWN);
}

/** Whether two values are known and not the same. */
export function differ(a: Known<string>, b: Known<string>): boolean {
  return isKnown(a) && isKnown(b) && a !== b;
}

/** Where a resource is. */
export interface Location {
  readonly account: Known<string>;
  readonly region: Known<string>;
}

/** What an untyped caller gave where something of another kind belongs. */
export class Misfit {
  constructor(
    /** In words. */
    readonly given: string,
  ) {}
}

/** The types of the resources that have a DynamoDB stream. */
export const TABLE_RESOURCES: readonly string[] = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** Lambda's own timeout, in seconds: enough for one small thing. */
export const SHORT_TIMEOUT = 3;

/** What a stream's own policy must allow to the account of the function. */
export const SHARED_STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const;

/** What a table's own policy must allow to an account that looks its stream up. */
export const SHARED_TABLE_ACTIONS = ['dynamodb:DescribeTable'] as const;
