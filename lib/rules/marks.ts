/** Marks a construct, in the metadata of a synthesized app, of which the rules have warned: what it was not warned of then is in order or acknowledged. */
export const CHECKED_MARK = 'dynamo-stream-trigger:checked';

/** What a warning of a rule is acknowledged by. */
export function warningId(ruleId: string): string {
  return `dynamo-stream-trigger:${ruleId}`;
}
